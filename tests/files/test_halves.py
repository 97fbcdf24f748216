"""Half a surrogate pair in one row fails that row, where only JSON could spell it, and the others are written."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.halves import halved
from babelset.review.choice import Choice
from babelset.review.store import Store

HALF = '"The lake is deep \\ud83d and cold."'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f'{{"instruction": {text}, "output": "The river is cold."}}\n' for text in (HALF, '"The lake is wide."')]
    Path("in.jsonl").write_text("".join(rows))
    Path("off.toml").write_text("[filters]\nlanguage = false\ncopied = false\ntask = false\nintact = false\n")


def run(command: str, code: int) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == code, done.output
    return done.output


def translate(output: str, code: int = 0) -> str:
    return run(f"translate in.jsonl --to ca --translator echo -q --config off.toml -o {output}", code)


@pytest.mark.parametrize(
    ("shape", "output"),
    [
        ("csv", "new.csv"), ("csv", "new.tsv"), ("tsv", "new.tsv"), ("interlinear", "new.txt"), ("tmx", "new.tmx"),
        ("parquet", "new.parquet"), ("alma", "new.parquet"), ("alpaca", "new.json"), ("alma", "new.jsonl"),
    ],
)  # fmt: skip
def test_an_export_lists_the_row_and_writes_the_others(shape: str, output: str) -> None:
    translate("done.jsonl")
    json_ = "json" in output
    said = json.loads(run(f"export done.jsonl --as {shape} -o {output} --json", 0 if json_ else 1))
    assert said["rows"]["failed"] == (not json_) and Path(output).stat().st_size
    if not json_ and shape != "tmx":
        assert "instruction" not in said["failures"] and "half a surrogate pair" in next(iter(said["failures"]))


@pytest.mark.parametrize(("output", "failed"), [("ca.csv", 1), ("ca.tsv", 1), ("ca.parquet", 1), ("ca.json", 0)])
def test_a_translation_lists_the_row_and_writes_the_others(output: str, failed: int) -> None:
    assert f"{2 - failed} accepted + 0 rejected + {failed} failed" in translate(output, failed)
    if failed:
        [line] = map(json.loads, Path(f"{output}.failed.jsonl").read_text().splitlines())
        assert "half a surrogate pair" in json.dumps(line)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize(
    "command",
    [
        "score done.jsonl --with length", "filter done.jsonl",
        "run dedup done.jsonl", "apply-review done.jsonl",
    ],
)  # fmt: skip
def test_every_command_that_writes_rows_lists_the_row_and_writes_the_others(command: str, ending: str) -> None:
    translate("done.jsonl")
    with closing(Store.open(Path("done.review.sqlite"))) as store:
        store.add(Choice(["done.jsonl"], everything=True))
    failed = int(ending != "jsonl")
    run(f"{command} -o new.{ending}", failed)
    assert Path(f"new.{ending}").exists()
    assert ("half a surrogate pair" in Path(f"new.{ending}.failed.jsonl").read_text()) if failed else True


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"a": "x", "b": "\ud83d"}, "b"), ({"a": ["x", {"\udc00": 1}]}, "a"), ({"\udc00": 1}, "\udc00"),
        ({"a": "😀", "n": 5, "z": None}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_which_column_it_is_in(row: dict[str, object], column: str) -> None:
    assert halved(row) == column
