"""Names are what several engines say, counted as M-NTA counts; a copy of the source is nobody's vote twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.measures.names import Gold, coverage, precision
from babelset.steps.ballot import agreed, count, elected
from tests.rows import rows_of
from tests.steps.engines import translators


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*words: str, voters: str = "one,two,three", code: int = 0) -> str:
    words = ("run", "vote", "in.jsonl", "-o", "out.jsonl", "--to", "ca", "--set", f"with={voters}", "-q", *words)
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Saint-Étienne", "saint étienne", False),  # a hyphen goes, a space stays: as M-NTA has it
        ("Saint-Étienne", "SaintÉtienne", True),
        ("ＡＢＣ", "abc", True),
        ("  Roma. ", "roma", True),
        ("Étienne", "E\u0301tienne", True),
        ("Étienne", "Etienne", False),
        ("कि", "का", False),
        ("İzmir", "i̇zmir", True),
        ("№ 5", "No 5", True),
    ],
)
def test_what_is_the_same(one: str, other: str, same: bool) -> None:
    assert (agreed(one) == agreed(other)) is same


@pytest.mark.parametrize(
    ("by", "values", "chosen"),
    [
        ({"a": "Roma", "b": "roma", "c": "Rom"}, [(2, "Roma"), (1, "Rom")], "Roma"),
        ({"a": "Rome", "b": "rome", "c": "ROME."}, [(1, "Rome")], None),
        ({"a": "Rome", "b": "Rome", "c": "Roma", "d": "Roma"}, [(2, "Roma"), (1, "Rome")], "Roma"),
        ({"a": "Roma", "b": "Rom", "c": "Rom", "d": "Roma"}, [(2, "Roma"), (2, "Rom")], None),
        ({"a": "...", "b": "!"}, [], None),
        ({}, [], None),
    ],
)
def test_how_votes_are_counted(by: dict[str, str], values: list[tuple[int, str]], chosen: str | None) -> None:
    found = count("Rome", by)
    assert [(value.votes, value.name) for value in found] == values and elected(found, 2) == chosen


def test_two_engines_that_leave_the_text_as_it_is_do_not_agree() -> None:
    write("in.jsonl", [{"name": "Rome"}, {"name": "Paris"}])
    with translators(one={"Paris": "París"}, two={"Paris": "PARÍS"}):
        run(voters="one,two")
    [row] = rows_of(Path("out.jsonl"))
    assert row["values"] == [[2, "París", False]] and row["by"] == {"one": "París", "two": "PARÍS"}
    [lost] = rows_of(Path("out.rejected.jsonl"))
    assert lost["name"] == "Rome" and lost["_babelset"]["verdicts"][-1]["reason"] == "no agreement"


def test_columns_and_lists_of_labels_are_filled_where_all_agree() -> None:
    rows = [{"label": "yes", "options": ["yes", "no", ""], "n": 1}, {"label": "no", "options": ["maybe"], "n": 2}]
    write("in.jsonl", rows)
    with translators(one={"yes": "sí", "no": "no és"}, two={"yes": "Sí", "no": "No és", "maybe": None}) as asked:
        run("--set", "fields=label,options", voters="one,two")
    [row] = rows_of(Path("out.jsonl"))
    assert (row["label"], row["options"], row["n"]) == ("sí", ["sí", "no és", ""], 1)
    assert row["_babelset"]["votes"]["yes"] == [[2, "sí", False]]
    assert (
        rows_of(Path("out.rejected.jsonl"))[0]["_babelset"]["verdicts"][-1]["reason"] == "no agreement on 1 of 2 texts"
    )
    assert sorted(asked["one"]) == ["maybe", "no", "yes"], "each text once"


def test_what_comes_back_has_one_vote_more_but_no_copy_has() -> None:
    write("in.jsonl", [{"id": 1, "name": "yes"}, {"id": 2, "name": "bank"}, {"id": 3, "name": "Rome"}])
    with translators(one={"yes": "sí", "sí": "Yes", "bank": "banc", "banc": "bench"}):
        run(voters="one,roundtrip")
    [row] = rows_of(Path("out.jsonl"))
    assert (row["id"], row["values"], row["by"]) == (1, [[2, "sí", False]], {"one": "sí", "roundtrip": "sí"})
    assert [row["id"] for row in rows_of(Path("out.rejected.jsonl"))] == [2, 3]


def test_another_engine_may_go_back_and_known_names_are_marked() -> None:
    write("in.jsonl", [{"id": 1, "name": "yes", "there": ["SÍ"]}])
    with translators(one={"yes": "sí"}, two={"sí": "yes"}) as asked:
        run("--set", "known=there", voters="one,roundtrip:two")
    assert rows_of(Path("out.jsonl"))[0]["values"] == [[2, "sí", True]] and asked["two"] == ["sí"]


def test_engines_are_asked_once_and_a_failure_is_no_vote() -> None:
    write("in.jsonl", [{"name": "yes"}, {"name": "no"}] * 40)
    with translators(one={"yes": "sí", "no": None}, two={"yes": "sí", "no": "no és"}) as asked:
        run(voters="one,two")
    assert asked["one"].count("yes") == asked["two"].count("yes") == asked["two"].count("no") == 1
    assert len(rows_of(Path("out.jsonl"))) == 40 == len(rows_of(Path("out.rejected.jsonl")))


@pytest.mark.parametrize(
    ("voters", "more", "said"),
    [
        ("one,one", [], "one is named twice"),
        ("roundtrip", [], "no engine is named"),
        ("one:model", [], "one takes no model"),
        ("nobody", [], "unknown translator 'nobody'"),
        ("one", ["--set", "gold=gone.jsonl"], "gone.jsonl is not there"),
        ("one", ["--set", "gold=in.jsonl", "--set", "fields=name"], "leave `fields` out"),
        ("one", ["--set", "fields=nome"], "no earlier step and no input makes the field 'nome'"),
    ],
)
def test_what_cannot_be_is_said_before(voters: str, more: list[str], said: str) -> None:
    write("in.jsonl", [{"name": "yes"}])
    with translators(one={}):
        output = run(*more, voters=voters, code=2)
    assert said in output and not Path("out.jsonl").exists()


def test_rows_without_a_name_fail() -> None:
    write("in.jsonl", [{"name": 5}, {"name": " "}, {"name": ["a"]}, {"name": None}])
    with translators(one={}):
        run("--set", "least=1", voters="one", code=1)
    reasons = [json.loads(line)["reason"] for line in Path("out.failed.jsonl").read_text().splitlines()]
    assert reasons == ["name: is no text", "name: holds no name", "name: is no text", "name: is no text"]


def test_the_table_is_that_of_m_nta() -> None:
    """Fifty entities, three engines that are right, wrong and copy: the figures as M-NTA's evaluation has them."""
    draw, rows, gold = Random(7), [], []
    tables: dict[str, dict[str, str | None]] = {"one": {}, "two": {}, "three": {}}
    for number in range(50):
        name, right, wrong = f"Place {number}", f"Lloc {number}", f"Indret {number}"
        rows.append({"wikidata_id": f"Q{number}", "name": name})
        for table in tables.values():
            table[name] = draw.choice([right, right.upper() + "!", wrong, name, None])
        correct = draw.choice([[right], [right, f"El {right}"], []])
        gold.append({"wikidata_id": f"Q{number}", "correct_values": correct, "incorrect_values": [wrong, name]})
    write("in.jsonl", rows)
    write("gold.jsonl", [*gold[:45], {"wikidata_id": "elsewhere", "correct_values": ["Enlloc"]}])
    with translators(**tables):
        said = run("--set", "least=1", "--set", "gold=gold.jsonl")
    told = json.loads(Path("out.manifest.json").read_text())["gold"]
    assert [line["least"] for line in told] == [1, 2, 3] and "at least 3 of the votes: coverage P" in said
    answers = {row["wikidata_id"]: row["values"] for row in rows_of(Path("out.jsonl"))}
    judged = {row["wikidata_id"]: row for row in map(json.loads, Path("gold.jsonl").read_text().splitlines())}
    for line in told:
        for what, formula in (("coverage", their_coverage), ("precision", their_precision)):
            p, r = formula(answers, judged, line["least"])
            assert line[what] == pytest.approx({"p": p, "r": r, "f1": 2 * p * r / (p + r)}, abs=1e-12), (line, what)
    assert told[0]["coverage"] != told[1]["coverage"], "the threshold does something"


def their_fold(name: str) -> str:
    return "".join(filter(lambda char: char == " " or char.isalnum(), name.lower()))


def their_coverage(answers: Mapping[str, Any], judged: Mapping[str, Any], least: int) -> tuple[float, float]:
    hits, recalled = list[bool](), list[bool]()
    for key, row in judged.items():
        right = {their_fold(name) for name in row["correct_values"]}
        mine = {their_fold(name) for votes, name, _ in answers.get(key, ()) if votes >= least}
        if right:
            hits += [name in right for name in mine]
            recalled += [name in mine for name in right]
    return sum(hits) / len(hits), sum(recalled) / len(recalled)


def their_precision(answers: Mapping[str, Any], judged: Mapping[str, Any], least: int) -> tuple[float, float]:
    good, bad = list[bool](), list[bool]()
    for key, row in judged.items():
        mine = [their_fold(name) for votes, name, _ in answers.get(key, ()) if votes >= least]
        good += [their_fold(name) in mine for name in row["correct_values"]]
        bad += [their_fold(name) not in mine for name in row.get("incorrect_values", ())]
    return (sum(good) + sum(bad)) / (len(good) + len(bad)), sum(bad) / len(bad)


def test_nothing_to_count_is_no_error() -> None:
    for measure in (coverage, precision):
        assert measure({}, {}, 1).f1 == 0 == measure({"Q1": [(1, "a")]}, {"Q2": Gold(None, None)}, 1).f1


def test_what_was_finished_gives_the_same_votes_again() -> None:
    write("in.jsonl", [{"id": number, "name": f"Place {number}"} for number in range(600)])
    table: dict[str, str | None] = {f"Place {number}": f"Lloc {number}" for number in range(600)}
    write("gold.jsonl", [{"id": number, "correct_values": [f"Lloc {number}"]} for number in range(600)])
    with translators(one=table, two=table):
        run("--set", "gold=gold.jsonl", voters="one,two")
    whole, table_ = Path("out.jsonl").read_bytes(), json.loads(Path("out.manifest.json").read_text())["gold"]
    for path in Path().glob("out*"):
        path.unlink()
    with translators(one=table, two={**table, "Place 500": None}), pytest.MonkeyPatch.context() as patch:
        patch.setattr("babelset.work.journal.Chunks.write", stopping(1))
        CliRunner().invoke(
            app,
            [
                "run",
                "vote",
                "in.jsonl",
                "-o",
                "out.jsonl",
                "--to",
                "ca",
                "--set",
                "with=one,two",
                "--set",
                "gold=gold.jsonl",
                "-q",
            ],
        )
        assert not Path("out.jsonl").exists() and Path("out.work").exists()
    with translators(one=table, two=table):
        run("--set", "gold=gold.jsonl", voters="one,two")
    assert Path("out.jsonl").read_bytes() == whole
    assert json.loads(Path("out.manifest.json").read_text())["gold"] == table_


def stopping(after: int) -> Any:
    """A journal that is stopped behind so many chunks."""
    from babelset.work.journal import Chunks

    write, seen = Chunks.write, list[int]()

    def stopped(self: Chunks, chunk: int, entries: Any) -> None:
        if len(seen) == after:
            raise KeyboardInterrupt
        seen.append(chunk)
        write(self, chunk, entries)

    return stopped


@pytest.mark.engine
@pytest.mark.skipif(not Path("/usr/share/apertium/modes").exists(), reason="Apertium is not installed")
def test_the_recipe_with_apertium() -> None:
    write(
        "in.jsonl",
        [{"id": "Q1", "name": "United Kingdom"}, {"id": "Q2", "name": "Rome"}, {"id": "Q3", "name": "Kubernetes"}],
    )
    done = CliRunner().invoke(app, ["run", "m-nta", "in.jsonl", "-o", "out.jsonl", "--to", "ca", "-q"])
    assert done.exit_code == 0, done.output
    rows = {row["id"]: row["values"][0] for row in rows_of(Path("out.jsonl"))}
    assert rows["Q1"] == [2, "Regne Unit", False] and rows["Q3"][0] == 1
