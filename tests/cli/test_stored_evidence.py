"""Every reader of evidence makes the same of what is written now, of files that hold all of it, and of any format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.reading import read
from babelset.files.row import KEY, Row
from babelset.files.writing import writing
from babelset.review.choice import known
from babelset.review.item import item_of
from tests.rows import told

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CHECKS = "[filters]\nlanguage = false\ncopied = false\ntask = false\n"  # so that the echo is accepted
DONE, REJECTED = "es.jsonl", "es.rejected.jsonl"


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


def rows(path: Path) -> list[dict[str, Any]]:
    return [told(row.data) for row in read([str(path)]) if isinstance(row, Row)]


def write(path: Path, found: list[dict[str, Any]]) -> None:
    with writing(path) as writer:
        for row in found:
            writer.write(row)


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """As files were written before: an object with every key."""
    return told(row)


def as_text(row: dict[str, Any]) -> dict[str, Any]:
    """As tables were written before."""
    return {**row, KEY: json.dumps(told(row)[KEY])}


def parsed(row: dict[str, Any]) -> dict[str, Any]:
    """As somebody may have rewritten it."""
    return {**row, KEY: json.loads(row[KEY])}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "checks.toml").write_text(CHECKS)
    source = [EXAMPLES / "alpaca.jsonl", "--config", folder / "checks.toml", "-q"]
    run("translate", *source, "--to", "es", "--translator", "echo", "-o", folder / DONE)
    return folder


def scored(folder: Path) -> Any:
    run("score", folder / DONE, folder / REJECTED, "--with", "copied", "--force", "-o", folder / "s.jsonl")
    return rows(folder / "s.jsonl")


def filtered(folder: Path) -> Any:
    run("filter", folder / DONE, folder / REJECTED, "--where", "copied < 0.5", "-o", folder / "f.jsonl")
    return rows(folder / "f.jsonl"), rows(folder / "f.rejected.jsonl")


def reported(folder: Path) -> Any:
    return run("report", folder / DONE, "--json").replace(str(folder), "")


def reviewed(folder: Path) -> Any:
    return [item_of(*known(row.data), DONE, ()) for row in read([str(folder / DONE)]) if isinstance(row, Row)]


def exported(folder: Path) -> Any:
    for shape in ("alpaca", "messages", "taco"):
        run("export", folder / DONE, "--as", shape, "--with-evidence", "-o", folder / f"{shape}.jsonl")
    return [rows(folder / f"{shape}.jsonl") for shape in ("alpaca", "messages", "taco")]


def exported_again(folder: Path) -> Any:
    run("export", folder / DONE, "--as", "alpaca", "--with-evidence", "-o", folder / "e.jsonl")
    run("export", folder / "e.jsonl", "--as", "messages", "-o", folder / "again.jsonl")
    return rows(folder / "again.jsonl")


def applied(folder: Path) -> Any:
    run("review", folder / DONE, "--all", "--export", folder / "sheet.csv")
    run("apply-review", folder / DONE, "-o", folder / "a.jsonl")
    return rows(folder / "a.jsonl")


READERS = [scored, filtered, reported, reviewed, exported, exported_again, applied]


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_takes_every_form(made: Path, tmp_path: Path, reader: Callable[[Path], Any]) -> None:
    found = {
        name: [json.loads(line) for line in (made / name).read_text("utf-8").splitlines()] for name in (DONE, REJECTED)
    }
    assert all(isinstance(row[KEY], str) for rows in found.values() for row in rows)

    def read_as(form: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
        folder = tmp_path / form.__name__
        folder.mkdir()
        for name, rows in found.items():
            write(folder / name, list(map(form, rows)))
        return reader(folder)

    now = read_as(dict)
    for form in (whole, as_text, parsed):
        assert read_as(form) == now, form.__name__


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_every_format_holds_the_same(made: Path, tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    written = [{**row, "input": row["input"] or ""} for row in map(json.loads, (made / DONE).read_text().splitlines())]
    write(tmp_path / f"es.{ending}", written)
    assert rows(tmp_path / f"es.{ending}") == [told(row) for row in written]
    run("filter", tmp_path / f"es.{ending}", "-o", tmp_path / f"f.{ending}", "--config", made / "checks.toml")
    assert [row[KEY]["scores"] for row in rows(tmp_path / f"f.{ending}")] == [
        told(row)[KEY]["scores"] for row in written
    ]


def test_a_text_that_was_edited_by_hand_can_be_scored(made: Path, tmp_path: Path) -> None:
    [first, *rest] = [json.loads(line) for line in (made / DONE).read_text().splitlines()]
    write(tmp_path / DONE, [{**first, "output": "Otra cosa."}, *rest])
    run("score", tmp_path / DONE, "--with", "copied", "--force", "-o", tmp_path / "s.jsonl")
    changed, *others = rows(tmp_path / "s.jsonl")
    assert changed["output"] == "Otra cosa." and changed[KEY]["scores"]["copied"][-1] is None
    assert len(others) == len(rest) and all(None not in row[KEY]["scores"]["copied"] for row in others)
