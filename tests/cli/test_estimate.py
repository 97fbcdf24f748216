from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from babelset.cli.app import app

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def estimate(*arguments: str) -> dict[str, object]:
    command = ["estimate", *arguments, "--to", "ca", "--translator", "echo", "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_rows_segments_and_what_is_protected() -> None:
    found = estimate(str(EXAMPLES / "alpaca.jsonl"))
    assert found["rows"] == {"read": 25, "failed": 0}
    assert found["segments"] > found["unique_segments"] - 1 > 20
    assert 0.05 < found["share_protected"] < 0.9
    assert found["trial_segments"] == found["unique_segments"]
    assert found["seconds_about"] >= 0


def test_the_same_text_twice_is_translated_once(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "Hello there. Hello there."}\n' * 50)
    found = estimate(str(tmp_path / "in.jsonl"))
    assert (found["segments"], found["unique_segments"]) == (100, 1)


def test_no_trial_no_time() -> None:
    found = estimate(str(EXAMPLES / "text.txt"), "--trial", "0")
    assert found["seconds_about"] is None and found["trial_segments"] == 0


def test_bad_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "Hello."}\n{broken\n')
    assert estimate(str(tmp_path / "in.jsonl"))["rows"] == {"read": 2, "failed": 1}
