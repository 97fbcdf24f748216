from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def translated(tmp_path: Path) -> Path:
    run("translate", EXAMPLES / "alpaca.jsonl", "--to", "ca", "-o", tmp_path / "ca.jsonl", "--translator", "echo", "-q")
    return tmp_path


def both(folder: Path) -> list[Path]:
    return [folder / "ca.jsonl", folder / "ca.rejected.jsonl"]


def test_the_same_thresholds_decide_the_same(translated: Path) -> None:
    run("filter", *both(translated), "-o", translated / "again.jsonl")
    assert rows(translated / "again.jsonl") == rows(translated / "ca.jsonl")
    assert rows(translated / "again.rejected.jsonl") == rows(translated / "ca.rejected.jsonl")


def test_another_threshold_moves_rows_and_keeps_scores(translated: Path) -> None:
    (translated / "loose.toml").write_text("[filters]\ntask = false\nlanguage = false\ncopied = false\n")
    account = json.loads(
        run(
            "filter",
            *both(translated),
            "-o",
            translated / "loose.jsonl",
            "--config",
            translated / "loose.toml",
            "--json",
        )
    )
    total = len(rows(translated / "ca.jsonl")) + len(rows(translated / "ca.rejected.jsonl"))
    assert account["rows"]["read"] == total
    assert account["rows"]["accepted"] > len(rows(translated / "ca.jsonl"))
    again = {row["_babelset"]["row"]: row["_babelset"]["scores"] for row in rows(translated / "loose.jsonl")}
    for row in rows(translated / "ca.jsonl"):
        assert again[row["_babelset"]["row"]] == row["_babelset"]["scores"]


def test_stored_scores_are_believed(translated: Path) -> None:
    changed = rows(translated / "ca.jsonl")
    for row in changed:
        row["_babelset"]["scores"]["numbers"] = [0.0] * len(row["_babelset"]["segments"])
    (translated / "changed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    run("filter", translated / "changed.jsonl", "-o", translated / "none.jsonl")
    assert rows(translated / "none.jsonl") == []


def test_a_check_that_is_new_scores_the_row(translated: Path) -> None:
    changed = rows(translated / "ca.jsonl")
    for row in changed:
        del row["_babelset"]["scores"]["length"]
    (translated / "changed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    run("filter", translated / "changed.jsonl", "-o", translated / "all.jsonl")
    assert [row["_babelset"]["scores"]["length"] for row in rows(translated / "all.jsonl")] == [
        row["_babelset"]["scores"]["length"] for row in rows(translated / "ca.jsonl")
    ]


def test_rejected_rows_can_go_elsewhere(translated: Path) -> None:
    run("filter", *both(translated), "-o", translated / "a.jsonl", "--rejected", translated / "b.csv")
    assert (translated / "b.csv").exists() and not (translated / "a.rejected.jsonl").exists()


def test_rows_without_evidence_fail_and_are_listed(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    run("filter", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", code=1)
    [entry] = rows(tmp_path / "out.failed.jsonl")
    assert "no '_babelset' key" in entry["reason"] and entry["line"] == 1
