"""Columns from the command line: what stops a run, what is said, what is rejected, what the manifest tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.rows import told

ROW = {"instruction": "Where do bees sleep?", "output": "They sleep in the hive."}
CLUE = {**ROW, "clue": "Think of a hive.", "area": "life of bees"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("none.toml").write_text("[filters]\nlanguage = false\ncopied = false\ntask = false\n")


def translate(*rows: dict[str, Any], options: str = "", code: int = 0) -> str:
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = f"translate in.jsonl --to es -o out.jsonl --translator echo -q --force --config none.toml {options}"
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def rows(name: str = "out") -> list[dict[str, Any]]:
    return [told(json.loads(line)) for line in Path(f"{name}.jsonl").read_text().splitlines()]


def columns() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("out.manifest.json").read_text())["columns"]
    return found


def test_unknown_prose_stops_before_the_first_row_and_the_line_can_be_pasted() -> None:
    said = translate(CLUE, code=2)
    assert "clue: 'Think of a hive.' area: 'life of bees'" in said
    assert not Path("out.jsonl").exists() and not Path("out.work").exists()
    line = said.partition("which to leave: ")[2].partition(" or leave all")[0]
    assert line == "--field clue --leave area"
    translate(CLUE, options=line)
    assert rows()[0]["clue"].startswith("⟦es⟧") and rows()[0]["area"] == CLUE["area"]
    assert columns() == {"translated": {"instruction": 1, "output": 1, "clue": 1}, "left": {"area": {"--leave": 1}}}
    translate(CLUE, options="--leave-unknown")
    assert set(columns()["left"]) == {"clue", "area"}


def test_unknown_prose_in_a_later_row_fails_that_row() -> None:
    translate(*[ROW] * 25, CLUE, code=1)
    [failed] = rows("out.failed")
    assert failed["row"] == 25 and "--field clue" in failed["reason"]


def test_equal_texts_come_out_equal_and_are_listed() -> None:
    both = {
        **ROW,
        "conversations": [{"from": "human", "value": ROW["instruction"]}, {"from": "gpt", "value": ROW["output"]}],
    }
    translate(both)
    [row] = rows()
    assert [turn["value"] for turn in row["conversations"]] == [row["instruction"], row["output"]]
    assert len(row[KEY]["fields"]) == 4


def test_a_row_of_which_nothing_was_taken_is_not_accepted() -> None:
    tool = {"messages": [{"role": "tool", "content": "It is cold outside."}]}
    translate({"messages": [{"role": "user", "content": "Is it cold?"}]}, tool)
    [rejected] = rows("out.rejected")
    [verdict] = [each for each in rejected[KEY]["verdicts"] if not each["ok"]]
    assert verdict["check"] == "columns" and "nothing was translated" in verdict["reason"]
    said = (
        CliRunner().invoke(app, ["filter", "out.rejected.jsonl", "-o", "again.jsonl", "--config", "none.toml"]).output
    )
    assert "0 accepted + 1 rejected" in said


def test_an_answer_that_is_kept_whole_has_a_reason() -> None:
    translate({"instruction": "Print a word.", "output": '```python\nprint("word")\n```'})
    assert rows()[0][KEY]["left"] == {"output": "kept whole: code"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"context": "Bees sleep in hives.", "question": "Where do bees sleep?", "answers": {"text": ["in hives"], "answer_start": [11]}}, "answer_start"),
        ({"prompt": 'Write of bees and say "honey" twice.', "kwargs": [{"keywords": ["honey"]}]}, "keyword"),
    ],
)  # fmt: skip
def test_what_depends_on_a_text_and_is_lost_rejects_the_row(row: dict[str, Any], reason: str) -> None:
    translate(row)  # echo marks the start of a text, so a part of it is not found in it again
    [verdict] = [each for each in rows("out.rejected")[0][KEY]["verdicts"] if not each["ok"]]
    assert verdict["check"] == "columns" and reason in verdict["reason"]


def test_a_speaker_is_named() -> None:
    row = {"conversations": [{"from": "zorg", "value": "Hello there."}]}
    assert "--role zorg=assistant" in translate(row, code=2)
    translate(row, options="--role zorg=assistant")
    assert rows()[0][KEY]["fields"][0]["role"] == "turn/assistant"


def test_the_first_reason_is_said_where_nothing_can_be_read() -> None:
    Path("in.jsonl").write_text('{"instruction": "x",}\n{"a": 1, "a": 2}\n')
    result = CliRunner().invoke(app, ["translate", "in.jsonl", "--to", "es", "-o", "out.jsonl", "--translator", "echo"])
    assert result.exit_code == 3 and "in.jsonl:1: none of the first rows can be read" in " ".join(result.output.split())


def test_a_wrapped_file_comes_out_wrapped() -> None:
    Path("in.json").write_text(json.dumps({"version": "1", "data": [ROW]}))
    command = "translate in.json --to es -o out.json --translator echo --config none.toml"
    result = CliRunner().invoke(app, command.split())
    assert "the rows are under 'data'" in result.output
    out = json.loads(Path("out.json").read_text())
    assert "under 'data'" in json.loads(Path("out.json.manifest.json").read_text())["reading"][0]
    assert out["version"] == "1" and out["data"][0]["output"].startswith("⟦es⟧")


CASES = Path(__file__).resolve().parents[3] / "shared/cases"
TAKEN = ["01", "02", "03", "04", "05", "06", "22", "23", "26", "27", "28", "29", "30", "31", "32"]


@pytest.mark.shared
@pytest.mark.skipif(not CASES.exists(), reason="the collection of cases is not here")
@pytest.mark.parametrize("number", TAKEN)
def test_cases_that_once_failed(number: str) -> None:
    [file] = CASES.glob(f"{number}-*.*")
    command = f"translate {file} --to es -o out.jsonl --translator echo -q --config none.toml"
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 0, result.output
    for row in rows():
        fields = row[KEY]["fields"]
        assert len(fields) >= 2 and row[KEY]["segments"]
