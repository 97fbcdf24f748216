"""Labels on the other side: their offsets are true, or the row is turned away."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.step import Failed, Made, Rejected
from babelset.files.row import KEY
from babelset.languages import Pair, find
from babelset.steps.alignment.labels import joined
from babelset.steps.project import Project
from babelset.translators.apertium import Apertium
from tests.steps.conftest import WORDS, Work, made

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
UNPROVED = Rejected("a labelled span is not proved")


def span(text: str, part: str, label: str = "X") -> dict[str, Any]:
    start = text.index(part)
    return {"start": start, "end": start + len(part), "label": label}


def labelled(text: str, *parts: str) -> dict[str, Any]:
    return {"id": 3, "text": text, "spans": [span(text, part) for part in parts]}


def test_text_and_spans(dictionary: Any, work: Work) -> None:
    text = "The old bridge crosses the river. Run `x` in Prague."
    row = made(*work(Project(), [labelled(text, "old bridge", "Prague", "river")]))
    assert row["text"] == "La vella pont travessa la riu. Run `x` in Praga." and row["id"] == 3
    places = [(each["start"], each["end"]) for each in row["spans"]]
    assert [row["text"][start:end] for start, end in places] == ["vella pont", "riu", "Praga"]
    assert [(each["source"], each["target"], each["proof"]) for each in row[KEY]["projected"]] == [
        ("old bridge", "vella pont", "containment"), ("river", "riu", "containment"),
        ("Prague", "Praga", "containment"),
    ]  # fmt: skip
    assert row[KEY]["project"] == {"spans": 3, "dropped": 0, "containment": 3} and row[KEY]["language"] == "cat_Latn"


def test_tokens_and_tags(dictionary: Any, work: Work) -> None:
    tokens = ["The", "old", "bridge", ",", "Prague", "(", "Africa", ")", "."]
    tags = ["O", "B-X", "I-X", "O", "B-LOC", "O", "B-LOC", "O", "O"]
    row = made(*work(Project(), [{"tokens": tokens, "tags": tags}]))
    assert row["tokens"] == ["La", "vella", "pont", ",", "Praga", "(", "Àfrica", ")", "."] and row["tags"] == tags


NEIGHBOURS = ["O", "B-LOC", "B-LOC", "O"]


def test_neighbours_of_one_label_stay_two(dictionary: Any, work: Work) -> None:
    row = made(*work(Project(), [{"tokens": ["In", "Prague", "Africa", "."], "tags": NEIGHBOURS}]))
    assert row["tags"] == NEIGHBOURS


def squad(context: str, *answers: str) -> dict[str, Any]:
    starts = [context.index(answer) for answer in answers]
    return {
        "id": "q",
        "title": "T",
        "context": context,
        "question": "Where is the bridge?",
        "answers": {"text": [*answers], "answer_start": starts},
    }


def test_squad(dictionary: Any, work: Work) -> None:
    row = made(
        *work(Project(), [squad("The bridge stands behind the garden. It is old.", "garden", "the garden", "old")])
    )
    assert (row["question"], row["title"], row["id"]) == ("On is la pont?", "T", "q")
    assert row["answers"] == {"text": ["jardí", "la jardí", "vella"], "answer_start": [28, 25, 41]}
    assert all(row["context"][at:].startswith(text) for text, at in zip(*row["answers"].values(), strict=True))


def test_a_question_without_an_answer_stays_one(dictionary: Any, work: Work) -> None:
    row = made(*work(Project(), [squad("The bridge stands.")]))
    assert row["answers"] == {"text": [], "answer_start": []} and row["context"] == "La pont es troba."


LOST = [
    ("twice in its sentence", labelled("An old house, an old bridge.", "old")),
    ("over two sentences", {"text": "The river. The house.", "spans": [{"start": 4, "end": 20, "label": "X"}]}),
    ("inside code", labelled("Run `house` now.", "house")),
    ("two spans with one target each", labelled("The ancient house, old.", "ancient")),
]


@pytest.mark.parametrize("row", [case[1] for case in LOST], ids=[case[0] for case in LOST])
def test_spans_that_nothing_proves(row: dict[str, Any], dictionary: Any, work: Work) -> None:
    assert work(Project(), [row]) == [UNPROVED]
    new = made(*work(Project(missing="drop"), [row]))
    assert new["spans"] == [] and new[KEY]["project"] == {"spans": 1, "dropped": 1}


def test_an_answer_may_be_dropped_but_not_all_of_them(dictionary: Any, work: Work) -> None:
    context = "The old house is old. The bridge is green."
    some, none = work(Project(missing="drop"), [squad(context, "old", "green"), squad(context, "old")])
    assert made(some)["answers"] == {"text": ["verd"], "answer_start": [made(some)["context"].index("verd")]}
    assert none == UNPROVED


def test_no_translation_no_row(dictionary: Any, work: Work) -> None:
    assert work(Project(), [labelled("An unspeakable house.", "house")]) == [Rejected("a text has no translation")]


BAD = [
    ("beyond the text", {"text": "abc", "spans": [{"start": 0, "end": 9}]}, "spans[0]", "not inside the text of 3"),
    ("before it", {"text": "abc", "spans": [{"start": -1, "end": 2}]}, "spans[0]", "not inside"),
    ("turned round", {"text": "abc", "spans": [{"start": 2, "end": 1}]}, "spans[0]", "not inside"),
    ("empty", {"text": "abc", "spans": [{"start": 1, "end": 1}]}, "spans[0]", "not inside"),
    ("no numbers", {"text": "abc", "spans": [{"start": "0", "end": 2}]}, "spans[0]", "whole numbers"),
    ("truth values", {"text": "abc", "spans": [{"start": False, "end": True}]}, "spans[0]", "whole numbers"),
    ("no object", {"text": "abc", "spans": [3]}, "spans[0]", "whole numbers"),
    ("no list", {"text": "abc", "spans": "x"}, "spans", "no list"),
    ("no text", {"text": None, "spans": []}, "text", "no text"),
    ("a label that is a number", {"text": "abc", "spans": [{"start": 0, "end": 1, "label": 3}]}, "spans[0]", "label"),
    ("more tags than tokens", {"tokens": ["a"], "tags": ["O", "O"]}, "tags", "1 tokens and 2 tags"),
    ("tags that are numbers", {"tokens": ["a"], "tags": [3]}, "tags", "names in place of numbers"),
    ("no tag", {"tokens": ["a"], "tags": ["X-PER"]}, "tags[0]", "no tag of IOB2"),
    ("a tag without a label", {"tokens": ["a"], "tags": ["B-"]}, "tags[0]", "no tag of IOB2"),
    ("an empty token", {"tokens": [""], "tags": ["O"]}, "tokens", "no list of texts"),
    ("an answer elsewhere", {"context": "a b", "question": "?", "answers": {"text": ["b"], "answer_start": [0]}}, "answers.answer_start[0]", "does not hold 'b'"),
    ("an answer before", {"context": "a b", "question": "?", "answers": {"text": ["b"], "answer_start": [-1]}}, "answers.answer_start[0]", "does not hold"),
    ("two lengths", {"context": "a b", "question": "?", "answers": {"text": ["b"], "answer_start": []}}, "answers", "of one length"),
    ("answers as a text", {"context": "a b", "question": "?", "answers": "b"}, "answers", "of one length"),
    ("other columns", {"text": "abc"}, "", "no columns with labels"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "field", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_labels_that_are_wrong(row: dict[str, Any], field: str, said: str, dictionary: Any, work: Work) -> None:
    [outcome, good] = work(Project(), [row, labelled("The house.", "house")])
    assert isinstance(outcome, Failed) and outcome.field == field and said in outcome.reason
    assert isinstance(good, Made)


def test_offsets_beyond_the_text_are_told_with_their_line(dictionary: Any, tmp_path: Path) -> None:
    rows = [labelled("The house.", "house"), {"text": "abc", "spans": [{"start": 0, "end": 9, "label": "X"}]}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["run", "project", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "o.jsonl"), "--to", "ca", "-q"]
    assert CliRunner().invoke(app, command).exit_code == 1
    [line] = map(json.loads, (tmp_path / "o.failed.jsonl").read_text().splitlines())
    assert line["line"] == 2 and line["reason"].startswith("spans[0]: 0 to 9 is not inside")
    manifest = json.loads((tmp_path / "o.manifest.json").read_text())
    assert manifest["counts"]["project"] == {"spans": 1, "dropped": 0, "containment": 1}


def test_conll_in_conll_out(dictionary: Any, tmp_path: Path) -> None:
    (tmp_path / "in.conll").write_text("The O\nold B-X\nhouse I-X\n\nPrague\tB-LOC\n")
    command = ["run", "project", str(tmp_path / "in.conll"), "-o", str(tmp_path / "o.conll"), "--to", "ca", "-q"]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert (tmp_path / "o.conll").read_text() == "La\tO\nvella\tB-X\ncasa\tI-X\n\nPraga\tB-LOC\n\n"


def translated(
    data: dict[str, Any], path: list[str | int], source: str, target: str, **fields: tuple[str, str]
) -> dict[str, Any]:
    """The row as babelset translate writes it."""
    texts = [{"path": path, "role": "text", "source": source, "keeps": []}]
    segments = [{"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""}]
    known = {"row": 0, "file": "a", "line": 1, "status": "accepted", "schema": "columns", "source": "eng_Latn",
             "target": "cat_Latn", "translator": "x", "scores": {}, "verdicts": []}  # fmt: skip
    return {**data, KEY: {**known, "fields": texts, "segments": segments}}


def test_rows_that_babelset_translated_are_not_translated_again(dictionary: Any, work: Work) -> None:
    row = translated(
        {"text": "Aquí, la casa vella.", "spans": [span("the old house", "house")]},
        ["text"],
        "the old house",
        "la casa vella",
    )
    dictionary.seen.clear()
    row["text"] = "la casa vella"
    assert made(*work(Project(), [row]))["spans"] == [{"start": 3, "end": 7, "label": "X"}]
    assert dictionary.seen == ["house"]


JOINED = [
    (["Hello", ",", "world", "!"], "Hello, world!"),
    (["(", "a", ")", "$", "5"], "(a) $5"),
    (["l'", "aigua"], "l' aigua"),
    ([], ""),
]


@pytest.mark.parametrize(("tokens", "text"), JOINED)
def test_tokens_as_text(tokens: list[str], text: str) -> None:
    found, places = joined(tokens)
    assert found == text and [found[slice(*place)] for place in places] == tokens


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*WORDS, ".", ",", "`ls`", "Prague", "12"]),
            st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_the_tags_offsets_are_true(dictionary: Any, work: Work, tagged: list[tuple[str, str]]) -> None:
    tokens, tags = [list(each) for each in zip(*tagged, strict=True)]
    [outcome] = work(Project(missing="drop"), [{"tokens": tokens, "tags": tags}])
    row = made(outcome)
    assert len(row["tokens"]) == len(row["tags"])
    begun = sum(tag.startswith("B-") for tag in row["tags"])
    assert begun == len(row[KEY]["projected"])
    for each in row[KEY]["projected"]:
        assert each["target"].replace(" ", "") in "".join(row["tokens"])
    before = "O"
    for tag in row["tags"]:
        assert not tag.startswith("I-") or before[2:] == tag[2:], "IOB2"
        before = tag


@pytest.mark.engine
@pytest.mark.shared
@pytest.mark.skipif(not Apertium().supports(Pair(find("en"), find("es"))), reason="Apertium is not installed")
def test_two_hundred_rows_like_xquad_with_apertium(work: Work) -> None:
    path = SHARED / "ntrex128/newstest2019-src.eng.txt"
    if not path.exists():
        pytest.skip("the shared data is not here")
    lines, chance = path.read_text("utf-8").splitlines(), random.Random(5)
    rows = []
    for start in range(0, 800, 4):
        context = " ".join(lines[start : start + 4])
        answers = [
            chance.choice([word.strip(".,;:\"'()”“’") for word in context.split() if len(word) > 6]) for _ in "ab"
        ]
        rows.append({**squad(context, *answers), "question": "What is it?"})
    outcomes = work(Project(missing="drop"), rows, target="spa_Latn")
    accepted = [made(outcome) for outcome in outcomes if isinstance(outcome, Made)]
    for row in accepted:
        for text, start in zip(*row["answers"].values(), strict=True):
            assert text and row["context"][start : start + len(text)] == text
    assert len(accepted) >= 120
