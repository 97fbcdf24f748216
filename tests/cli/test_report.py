from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run
from tests.rows import told

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for name, target in (("alpaca.jsonl", "ur"), ("text.txt", "es")):
        run(
            "translate", EXAMPLES / name, "--to", target, "-o", folder / f"{target}.jsonl", "--translator", "echo", "-q"
        )
    return folder


def data(*runs: Path) -> Any:
    return json.loads(run("report", *runs, "--json"))


def test_the_numbers_are_those_of_the_manifest(translated: Path) -> None:
    manifest = json.loads((translated / "ur.manifest.json").read_text("utf-8"))
    found = data(translated / "ur.jsonl")
    (section,) = found["sections"]
    assert section["target"] == "urd_Arab"
    assert section["rows"] == manifest["rows"]
    assert {reason["check"]: reason["rows"] for reason in section["reasons"]} == manifest["rejections"]
    whole = {name: rows for name, rows in section["uncovered"].items() if "." not in name}
    assert whole == manifest["not_covered"], "the manifest does not count parts"
    assert (section["segments"], section["kept_spans"]) == tuple(
        manifest["segments"][name] for name in ("translated", "kept_spans")
    )
    assert found["runs"][0]["notice"] == manifest["notice"]


def test_terminal_and_page_tell_the_same(translated: Path, tmp_path: Path) -> None:
    both = (translated / "ur.jsonl", translated / "es.jsonl")
    told = run("report", *both)
    assert run("report", *both, "-o", tmp_path / "report.html") == ""
    page = (tmp_path / "report.html").read_text("utf-8")
    for section in data(*both)["sections"]:
        for text in (str(section["rows"]["read"]), *(reason["check"] for reason in section["reasons"])):
            assert text in told
            assert text in page
    for name in ("Urdu", "Spanish", "echo"):
        assert name in told
        assert name in page


def test_the_same_run_makes_the_same_page(translated: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        run("report", translated / "ur.jsonl", "-o", tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_filtered_run_needs_no_manifest(translated: Path, tmp_path: Path) -> None:
    parts = (translated / "ur.jsonl", translated / "ur.rejected.jsonl")
    run("filter", *parts, "-o", tmp_path / "again.jsonl")
    again, before = data(tmp_path / "again.jsonl")["sections"][0], data(parts[0])["sections"][0]
    assert again["reasons"] == before["reasons"]
    assert [score["limits"] for score in again["scores"]] == [score["limits"] for score in before["scores"]]


def test_a_page_is_not_replaced_unasked(translated: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("mine")
    assert "add --force" in run("report", translated / "ur.jsonl", "-o", page, code=2)
    assert page.read_text() == "mine"
    run("report", translated / "ur.jsonl", "-o", page, "--force")
    run("report", translated / "ur.jsonl", "-o", page)  # the same again changes nothing
    assert page.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [("no.jsonl", 3, "there is no such file"), ("no", 2, "the ending tells no format"), (".", 2, "ending")],
)
def test_a_run_that_is_none(tmp_path: Path, name: str, code: int, message: str) -> None:
    assert message in run("report", tmp_path / name, code=code)


def test_no_place_for_the_page(translated: Path, tmp_path: Path) -> None:
    assert "cannot be written" in run("report", translated / "ur.jsonl", "-o", tmp_path / "no" / "x.html", code=5)


def test_damaged_rows_end_with_one(translated: Path, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "no evidence"}\n{\n')
    assert "2 rows could not be read" in run("report", tmp_path / "x.jsonl", code=1)


def test_control_characters_do_not_reach_the_terminal(translated: Path, tmp_path: Path) -> None:
    lines = (translated / "ur.rejected.jsonl").read_text("utf-8").splitlines()
    row = told(json.loads(lines[0]))
    row["_babelset"]["verdicts"] = [{"check": "\x1b[2J\ud800[bold]", "ok": False, "score": 1.0, "reason": "\x1b[2J"}]
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")
    said = run("report", tmp_path / "x.jsonl")
    assert "\x1b" not in said
    assert "␛[2J\ufffd[bold]" in said


def test_a_file_that_is_gone_is_named_and_one_that_was_never_needed_is_not(translated: Path, tmp_path: Path) -> None:
    for file in translated.glob("ur.*"):
        if file.suffix in (".jsonl", ".json"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "missing here" not in run("report", tmp_path / "ur.jsonl"), "no row failed"
    (tmp_path / "ur.rejected.jsonl").unlink()
    said = run("report", tmp_path / "ur.jsonl")
    assert "there is no ur.rejected.jsonl: its rows are missing here" in said and "ur.failed" not in said
