"""Code-switching: what is switched can be undone, and nothing is switched that is not proved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.step import Failed, Made, Rejected
from babelset.files.encoded import placed, value_at
from babelset.files.row import KEY
from babelset.languages import Pair, find
from babelset.steps.alignment.changes import restored
from babelset.steps.alignment.passages import kept
from babelset.steps.switch import Switch
from babelset.translators.apertium import Apertium
from tests.steps.conftest import WORDS, Work, made

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
apertium = [
    pytest.mark.engine,
    pytest.mark.skipif(not Apertium().supports(Pair(find("en"), find("ca"))), reason="Apertium is not installed"),
]

ROW = {
    "instruction": "Where is the old bridge? Run `old bridge` now.",
    "output": "The old bridge stands behind the garden.",
}
# As babelset translates it.
TRANSLATED = {
    "instruction": "On és la vella pont? Executa `old bridge` ara.",
    "id": 7,
    KEY: {
        "row": 0, "file": "a.jsonl", "line": 1, "status": "accepted", "schema": "columns", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "dictionary", "scores": {}, "verdicts": [],
        "fields": [
            {"path": ["instruction"], "role": "instruction", "source": ROW["instruction"], "keeps": ["`old bridge`"]}
        ],
        "segments": [
            {"field": 0, "source": "Where is the old bridge?", "target": "On és la vella pont?", "keeps": [],
             "flags": [], "reason": ""},
            {"field": 0, "source": "Run `old bridge` now.", "target": "Executa `old bridge` ara.",
             "keeps": ["`old bridge`"], "flags": [], "reason": ""},
        ],
    },
}  # fmt: skip


def check_undone(row: dict[str, Any], source: dict[str, Any]) -> None:
    """What was switched stands where it is said to; undone, the texts are those of the source; code is as it was."""
    switched = row[KEY]["switched"]
    paths = {tuple(each["path"]) for each in switched}
    for path in paths:
        mine = [each for each in switched if tuple(each["path"]) == path]
        text, before = value_at(row, path), value_at(source, path)
        for each in mine:
            assert text[each["start"] : each["end"]] == each["target"] != each["source"]
        assert restored(text, mine) == before
        assert [before[slice(*span)] for span in kept(before)] == [
            held for held in (before[slice(*span)] for span in kept(before)) if held in text
        ]
    undone = placed(row, {path: value_at(source, path) for path in paths})
    assert {**undone, KEY: None, "messages": None} == {**source, KEY: None, "messages": None}


def test_every_proved_word_is_switched_and_nothing_else(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(rate=1, shortest=3), [ROW])
    row = made(outcome)
    assert row["instruction"] == "On is la vella pont? Run `old bridge` now."
    assert row["output"] == "The vella pont es troba darrere the jardí."
    check_undone(row, ROW)
    assert {each["proof"] for each in row[KEY]["switched"]} == {"containment"}
    told = row[KEY]["switch"]
    assert told["proved"] == told["switched"] == told["containment"] == 9 and told["units"] == 13
    assert row[KEY]["language"] == "eng_Latn"


def test_rows_that_babelset_translated_are_switched_either_way(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(rate=1, shortest=3), [TRANSLATED])
    row = made(outcome)
    assert row["instruction"] == "On is la vella pont? Run `old bridge` now." and row["id"] == 7
    assert "segments" not in row[KEY], "they are those of another text"
    [outcome] = work(Switch(rate=1, matrix="target", shortest=3), [TRANSLATED])
    row = made(outcome)
    assert row["instruction"] == "Where és the old bridge? Executa `old bridge` ara."
    assert restored(row["instruction"], row[KEY]["switched"]) == TRANSLATED["instruction"]
    assert row[KEY]["language"] == "cat_Latn"


def test_words_that_share_a_target_are_not_switched(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(rate=1), [{"text": "The ancient house behind the old house."}])
    assert made(outcome)["text"] == "The ancient house darrere the old house."


def test_a_damaged_or_changed_row(dictionary: Any, work: Work) -> None:
    changed = {**TRANSLATED, "instruction": "Una altra cosa."}
    damaged = {**TRANSLATED, KEY: {**TRANSLATED[KEY], "fields": 3}}  # type: ignore[dict-item]
    assert work(Switch(rate=1), [changed]) == [Rejected("nothing in it is proved")]
    [outcome] = work(Switch(rate=1), [damaged])
    assert isinstance(outcome, Failed) and "damaged evidence" in outcome.reason


def test_tags_stand_inside_the_offsets(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(rate=1, tags=True), [{"text": "The green river."}])
    row = made(outcome)
    assert row["text"] == "The <ca>verd</ca> <ca>riu</ca>."
    check_undone(row, {"text": "The green river."})


def test_restoring_makes_pairs(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(rate=1, target="restore"), [ROW])
    assert isinstance(outcome, Made) and len(outcome.rows) == 2
    for row, (name, text) in zip(outcome.rows, ROW.items(), strict=True):
        assert row["id"] == f"rows.jsonl:0:{name}" and row["target"] == text != row["source"]
        assert restored(row["source"], row[KEY]["switched"]) == text
    assert outcome.counts["switched"] == sum(len(row[KEY]["switched"]) for row in outcome.rows), "counted once"


def test_sentences(dictionary: Any, work: Work) -> None:
    [outcome] = work(Switch(mode="sentences", rate=1), [ROW])
    row = made(outcome)
    assert row["instruction"] == "On is la vella pont? Run `old bridge` now.", "the second has nothing to switch"
    check_undone(row, ROW)


def test_a_lexicon_needs_no_translator(work: Work, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("old bridge\tpont vell\tca\nriver\trío\tes\n", "utf-8")
    [outcome, other] = work(Switch(rate=1, lexicon=str(tmp_path / "t.tsv")), [ROW, {"text": "A river."}])
    row = made(outcome)
    assert row["output"] == "The pont vell stands behind the garden." and "`old bridge`" in row["instruction"]
    assert {each["proof"] for each in row[KEY]["switched"]} == {"lexicon"}
    assert other == Rejected("nothing in it is proved")


LABELS = "coral reef\tKorallenriff\tde\ncoral reef\tarrecife de coral\tes\nParis\tParís\tes\nParis\tПариж\tru\nNile\tNilo\tes\nNile\tNil\tfr\n"


def test_entities_as_entitycs_writes_them(work: Work, tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text(LABELS, "utf-8")
    step = Switch(mode="entities", shape="entitycs", tags=True, lexicon=str(tmp_path / "labels.tsv"))
    rows = [{"id": "7", "text": "A coral reef. The coral reef near Paris is `Paris`. Nothing."}, {"text": "Nothing."}]
    first, second = work(step, rows, target="")
    assert isinstance(first, Made)
    told = [(row["en_sentence"], row["cs_sentence"], row["language"]) for row in first.rows]
    assert told == [
        ("A <en>coral reef</en>.", "A <de>Korallenriff</de>.", "de"),
        ("A <en>coral reef</en>.", "A <es>arrecife de coral</es>.", "es"),
        (
            "The <en>coral reef</en> near <en>Paris</en> is `Paris`.",
            "The <es>arrecife de coral</es> near <es>París</es> is `Paris`.",
            "es",
        ),
    ]
    assert [row["id"] for row in first.rows] == ["7.0", "7.0", "7.1"]
    assert restored(first.rows[0]["cs_sentence"], first.rows[0][KEY]["switched"]) == "A coral reef."
    assert second == Rejected("no entity with labels in the language")


def test_languages_of_entities_are_drawn(work: Work, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("".join(f"Nile\tN{code}\t{code}\n" for code in ("es", "fr", "de", "it", "pt")))
    step = Switch(mode="entities", lexicon=str(tmp_path / "t.tsv"), languages=2)
    outcomes = work(step, [{"text": "The Nile."}] * 40, target="")
    drawn = [tuple(row["text"] for row in outcome.rows) for outcome in outcomes if isinstance(outcome, Made)]
    assert {len(each) for each in drawn} == {2} and len(set(drawn)) > 5
    assert drawn == [
        tuple(row["text"] for row in each.rows)
        for each in work(step, [{"text": "The Nile."}] * 40, target="")
        if isinstance(each, Made)
    ]
    [one] = work(step, [{"text": "The Nile."}], target="ita_Latn")
    assert made(one)["text"] == "The Nit."


def test_fragments_of_few_shot_questions(dictionary: Any, work: Work) -> None:
    said = ["The green river crosses town.", "It is the green river.", "Where is the bridge?", "Behind the garden."]
    messages = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]
    [outcome] = work(Switch(mode="fewshot", rate=1, shortest=3), [{"messages": messages}])
    row = made(outcome)
    assert [one["content"] for one in row["messages"]] == ["La verd riu travessa poble.", *said[1:]]
    check_undone(row, {"messages": messages})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.sampled_from([*WORDS, "`old house`", "$x^2$", "\n\n", "Prague.", "unspeakable", "—", "नमस्ते", "12"]), min_size=1, max_size=25),
    st.floats(0, 1), st.booleans(), st.sampled_from(["words", "sentences"]),
)  # fmt: skip
def test_whatever_the_text_undoing_gives_it_back(
    dictionary: Any, work: Work, parts: list[str], rate: float, tags: bool, mode: Any
) -> None:
    source = {"text": " ".join(parts)}
    for outcome in work(Switch(mode=mode, rate=rate, tags=tags, shortest=2), [source]):
        if isinstance(outcome, Made):
            check_undone(made(outcome), source)


def test_the_rate_is_reached_over_short_rows(dictionary: Any, work: Work) -> None:
    rows = [{"text": "The green river crosses the town behind."} for _ in range(300)]
    told = [made(outcome)[KEY]["switch"] for outcome in work(Switch(rate=0.3), rows)]
    assert abs(sum(each["switched"] for each in told) / sum(each["units"] for each in told) - 0.3) < 0.05
    assert {each["switched"] for each in told} == {1, 2}


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in ("run", *arguments)])


BAD = [
    ("a rate above 1", ["rate=1.5"], "rate"),
    ("a rate below 0", ["rate=-0.1"], "rate"),
    ("a mode that there is not", ["mode=word"], "mode"),
    ("a lexicon whose third column is no language", ["lexicon=bad.tsv"], "bad.tsv:2: the third column is no language"),
    ("a lexicon that is not there", ["lexicon=none.tsv"], "none.tsv"),
    ("entities without labels", ["mode=entities"], "needs labels"),
    ("another shape for words", ["shape=entitycs"], "goes with mode entities"),
    ("few-shot without messages", ["mode=fewshot"], "'messages'"),
    ("an option that there is not", ["ratio=0.3"], "ratio"),
]


@pytest.mark.parametrize(("given_", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_wrong_options_are_told_before_any_row(
    given_: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.tsv").write_text("a\tb\tes\nhouse\tcasa\tblue\n")
    Path("in.jsonl").write_text(json.dumps({"text": "The old house."}) + "\n")
    done = run(
        "switch", "in.jsonl", "-o", "out.jsonl", "--to", "ca", *(part for each in given_ for part in ("--set", each))
    )
    assert done.exit_code == 2 and said in done.output, done.output
    assert not Path("out.jsonl").exists()


def test_counts_by_proof_are_in_the_manifest_whatever_the_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.tsv").write_text("house\tcasa\tca\n")
    rows = [{"text": "The house is old."}] * 600 + [{"text": "Nothing."}]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run(
        "switch", "in.jsonl", "-o", "out.jsonl", "--to", "ca", "--set", "lexicon=t.tsv", "--set", "rate=0.5", "-q"
    )
    assert done.exit_code == 0, done.output
    manifest = json.loads(Path("out.manifest.json").read_text())
    assert manifest["rows"] == {"read": 601, "used": 600, "rejected": 1, "failed": 0, "written": 600}
    assert manifest["counts"]["switch"] == {"units": 600, "proved": 600, "lexicon": 600} | {
        "switched": manifest["counts"]["switch"]["switched"]
    }
    assert manifest["rejections"] == {"nothing in it is proved": 1}
    first = Path("out.jsonl").read_bytes()
    monkeypatch.setattr(Switch, "chunk", 7)
    assert (
        run(
            "switch",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--to",
            "ca",
            "--set",
            "lexicon=t.tsv",
            "--set",
            "rate=0.5",
            "-q",
            "--force",
        ).exit_code
        == 0
    )
    assert Path("out.jsonl").read_bytes() == first


def test_another_lexicon_of_the_same_name_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text(json.dumps({"text": "The house."}) + "\n")
    Path("t.tsv").write_text("house\tcasa\n")
    command = ("switch", "in.jsonl", "-o", "out.jsonl", "--to", "ca", "--set", "lexicon=t.tsv", "-q")
    assert run(*command).exit_code == 0
    Path("t.tsv").write_text("house\tllar\n")
    assert run(*command).exit_code == 2


def test_the_translator_must_do_the_pair(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "The house."}) + "\n")
    done = run("switch", tmp_path / "in.jsonl", "-o", tmp_path / "o.jsonl", "--to", "zu", "-O", "translator=apertium")
    assert done.exit_code == 2 and "Zulu" in done.output, done.output


@pytest.mark.shared
@pytest.mark.parametrize("step", [pytest.param(Switch(rate=0.3), marks=apertium, id="words")])
def test_alpaca_with_apertium(step: Switch, work: Work) -> None:
    path = SHARED / "instruction/lf_alpaca_en_demo.json"
    if not path.exists():
        pytest.skip("the shared data is not here")
    rows = json.loads(path.read_text())
    outcomes = work(step, rows)
    units = switched = 0
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, Made):
            check_undone(made(outcome), row)
            told = made(outcome)[KEY]["switch"]
            units, switched = units + told["units"], switched + told["switched"]
    assert abs(switched / units - 0.3) < 0.05 and sum(isinstance(outcome, Made) for outcome in outcomes) > 950
