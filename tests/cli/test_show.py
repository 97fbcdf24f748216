"""A row and its evidence, as a person reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.rows import told

OFF = "[filters]\nlanguage = false\ncopied = false\ntask = false\nintact = false\n"
ROWS = [
    {"id": 7, "instruction": "Run `ls` now.", "input": "", "output": "Done.\nThen rest."},
    {"id": 8, "instruction": "Greet the baker.", "input": "", "output": "Good day."},
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("off.toml").write_text(OFF)
    assert run("translate in.jsonl --to ca --translator echo -q --config off.toml -o ca.jsonl")[0] == 0


def run(command: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, command.split())
    return done.exit_code, done.output


def test_a_translated_row_is_told_with_texts_keeps_and_verdicts() -> None:
    code, output = run("show ca.jsonl")
    lines = output.splitlines()
    assert code == 0 and lines[0] == "row 0 of in.jsonl, line 1: accepted"
    assert lines[1].startswith("English to Catalan, by echo") and lines[1].endswith("read as alpaca")
    at = lines.index("instruction (instruction)")
    assert lines[at + 1] == "  before: Run `ls` now." and "`ls`" in lines[at + 2] and lines[at + 3] == "  kept:   `ls`"
    assert "  before: Done." in lines and "          Then rest." in lines  # both lines of a text
    assert any(line.startswith("passed length") for line in lines)
    assert "  id: 7" in lines and "_babelset" not in output


def test_a_rejected_row_says_why() -> None:
    row = told(json.loads(Path("ca.jsonl").read_text().splitlines()[1]))
    row["_babelset"]["status"] = "rejected"
    row["_babelset"]["verdicts"] = [{"check": "task", "ok": False, "score": 0.25, "reason": "it rhymes"}]
    Path("no.jsonl").write_text(json.dumps(row))
    lines = run("show no.jsonl")[1].splitlines()
    assert lines[0].endswith(": rejected") and "REJECTED task 0.25: it rhymes" in lines


@pytest.mark.parametrize("file", ["in.jsonl", "ca.parquet"])
def test_any_file_is_shown(file: str) -> None:
    run("translate in.jsonl --to ca --translator echo -q --config off.toml -o ca.parquet")
    code, output = run(f"show {file} --row 1")
    assert code == 0 and "Greet the baker." in output
    assert ("no evidence" in output) is (file == "in.jsonl")


def test_the_evidence_as_data_is_whole() -> None:
    row = json.loads(run("show ca.jsonl --row 1 --json")[1])
    assert row["id"] == 8 and row["_babelset"]["segments"][0]["source"] == "Greet the baker."


def test_a_row_that_is_not_there() -> None:
    code, output = run("show ca.jsonl --row 2")
    assert code == 2 and "ca.jsonl has no row 2; rows count from 0" in output
