"""HPLT's annotations of a translated document: the language of each line, a score of 10 with its parts, a filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.checks import DEFAULT
from babelset.contracts.filter import Outcome, Scored, with_units
from babelset.files.row import KEY
from babelset.filters.documents import Documents
from babelset.languages import Pair, find
from babelset.measures.documents import PARTS
from tests.rows import rows_of

LINE = (
    "La biblioteca del poble és oberta cada dia de la setmana, també els diumenges, i tothom hi pot llegir els diaris"
    " que arriben de la ciutat. Quan plou, la gent hi passa tota la tarda i parla amb els veïns del temps que fa."
)  # 219 characters, 173 letters
LONG = f"{LINE} {LINE}"
ENGLISH = "The library of the village is open every day of the week, and everybody may read the papers there."


def rating(text: str, language: str = "ca") -> tuple[float | None, dict[str, float], dict[str, Any]]:
    unit = Scored(ENGLISH, text, Pair(find("en"), find(language)), "text", "text")
    check, outcome = Documents(), Outcome([], [unit], unit)
    units = check.units(outcome)
    [found] = with_units(check.score(units), units)
    return found.score, dict(found.parts), dict(check.columns([found]))


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        (LONG + "\n" + LONG, "ca", "keep"),
        (LINE, "ca", "length_500"),
        ("x " * 250 + "y", "ca", "keep"),  # 501 characters
        ("x " * 249 + "yy", "ca", "length_500"),  # 500
        ("\n".join(["un dos tres quatre cinc"] * 50), "ca", "word_avg_5"),
        ("\n".join(["un dos tres quatre cinc sis"] * 50), "ca", "keep"),
        ("图书馆今天开门了吗呢" + "\n图书馆今天开门了吗呢" * 60, "zho_Hans", "char_avg_10"),
        ("图书馆今天开门了吗呢吧" + "\n图书馆今天开门了吗呢吧" * 60, "zho_Hans", "keep"),
        ("ห้องสมุดเปิดทุกวันของสัปดาห์" * 30, "th", "keep"),
    ],
)
def test_the_filter_has_the_limits_of_hplt(text: str, language: str, told: str) -> None:
    assert rating(text, language)[2]["filter"] == told


def test_each_line_has_a_language() -> None:
    score, parts, columns = rating(f"{LONG}\n{ENGLISH}\n***\n\n{LONG}")
    assert columns["seg_langs"] == ["cat_Latn", "eng_Latn", "und", "und", "cat_Latn"]
    letters = [sum(character.isalpha() for character in line) for line in (LONG, ENGLISH)]
    assert parts["language"] == pytest.approx(10 * 2 * letters[0] / (2 * letters[0] + letters[1]))
    assert columns["doc_scores"] == [round(each, 2) for each in [score, *(parts[name] for name in PARTS)]]


def test_the_score_is_that_of_the_description_worked_out_by_hand() -> None:
    """One line: a long one, with somewhat many marks and numbers for its letters, and nothing else is wrong."""
    text = f"{LONG} 2024"
    letters, marks = sum(map(str.isalpha, text)), sum(text.count(mark) for mark in ".,")
    assert 250 < letters < 625 and 0.9 < 100 * marks / letters < 9
    too_much = 1 - 0.3 * max(100 * marks / letters - 2.5, 0) / 6.5
    numbers = 1 - 0.3 * max(100 * 4 / letters - 1, 0) / 9
    lowest = sorted([1, too_much, 1, numbers, 1])
    expected = (8 + 0.1) * lowest[0] * lowest[1] * sum(lowest[2:]) / 3
    score, parts, _ = rating(text)
    assert score == pytest.approx(expected)
    assert (parts["long_segments"], parts["great_segment"], parts["urls"]) == (1, 0, 10)


@pytest.mark.parametrize(
    ("part", "better", "worse"),
    [
        ("language", LONG, f"{LONG}\n{ENGLISH}"),
        ("urls", LONG, f"{LONG} https://example.com/a http://example.com/b"),
        ("punctuation", LONG, LONG.replace(" ", " ... ")),
        ("punctuation", LONG, LONG.replace(",", "").replace(".", "")),
        ("singular_chars", LONG, LONG.replace(" ", " ✓ ")),
        ("numbers", LONG, LONG.replace(" ", " 11 ")),
        ("repeated", f"{LONG}\n{LINE}", f"{LONG}\n{LONG}"),
        ("long_segments", f"{LONG}\n{LONG} Encara.", LONG),
        ("great_segment", f"{LONG} {LONG} {LONG}", LONG),
    ],
)
def test_each_part_tells_what_it_is_named_for(part: str, better: str, worse: str) -> None:
    good, bad = rating(better), rating(worse)
    assert good[1][part] > bad[1][part] and all(0 <= each <= 10 for each in [*good[1].values(), *bad[1].values()])
    assert good[0] is not None and bad[0] is not None and good[0] > bad[0]


@pytest.mark.parametrize(("text", "language"), [("", "ca"), ("  \n ", "ca"), (LONG, "bam_Latn")])
def test_what_cannot_be_told_has_no_score(text: str, language: str) -> None:
    score, _, columns = rating(text, language)
    assert score is None and columns["seg_langs"] is columns["doc_scores"] is None


def row(text: str, **more: Any) -> dict[str, Any]:
    segment = {"field": 0, "source": ENGLISH, "target": text, "keeps": [], "flags": [], "reason": ""}
    evidence = {
        "row": 0, "file": "in.jsonl", "line": 1, "status": "accepted", "schema": "text", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "test|v:1", "segments": [segment], "scores": {}, "verdicts": [],
        "fields": [{"path": ["text"], "role": "text", "source": ENGLISH, "keeps": []}],
    }  # fmt: skip
    return {"text": text, "u": "https://example.com", **more, KEY: evidence}


def run(line: str, code: int = 0) -> None:
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == code, f"{done.output}{done.exception!r}"


def test_score_writes_the_columns_and_filter_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stale = {"seg_langs": ["eng_Latn"], "filter": "adult_ut1"}
    rows = [row(f"{LONG}\n{LONG} Encara."), row(LINE), row(ENGLISH * 9, **stale)]
    Path("in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    run("score in.jsonl -o scored.jsonl --with documents")
    found = rows_of(Path("scored.jsonl"))
    assert [each["filter"] for each in found] == ["keep", "length_500", "keep"]
    assert [each["seg_langs"] for each in found] == [["cat_Latn"] * 2, ["cat_Latn"], ["eng_Latn"]]
    assert [len(each["doc_scores"]) for each in found] == [1 + len(PARTS)] * 3
    assert [(each["text"], each["u"]) for each in found] == [(each["text"], each["u"]) for each in rows]
    scores = [each["doc_scores"][0] for each in found]
    assert scores[0] >= 5 > scores[2] and all(
        each[KEY]["scores"]["documents"][0] == pytest.approx(score, abs=0.01)
        for each, score in zip(found, scores, strict=True)
    )
    others = "".join(f"{name} = false\n" for name in DEFAULT)
    Path("hplt.toml").write_text(f"[filters]\ndocuments = {{ least = 5 }}\n{others}")
    run("filter scored.jsonl -o kept.jsonl --config hplt.toml", code=0)
    assert [each["text"] for each in rows_of(Path("kept.jsonl"))] == [rows[0]["text"]]
    before = Path("scored.jsonl").read_bytes()
    run("score scored.jsonl -o again.jsonl --with documents")
    assert [each["doc_scores"] for each in rows_of(Path("again.jsonl"))] == [each["doc_scores"] for each in found]
    assert Path("scored.jsonl").read_bytes() == before


def test_a_sample_alone_is_annotated_and_a_translated_column_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = row(LINE)
    named[KEY]["fields"][0]["path"] = ["filter"]
    named["filter"] = named.pop("text")
    Path("in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in [row(LINE), named]))
    run("score in.jsonl -o scored.jsonl --with documents")
    assert rows_of(Path("scored.jsonl"))[1]["filter"] == LINE
    run("score in.jsonl -o one.jsonl --with documents --sample 1")
    assert sum("doc_scores" in each for each in rows_of(Path("one.jsonl"))) == 1
