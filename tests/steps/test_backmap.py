"""Answers find their rows again, and their language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.rows import rows_of


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("test.jsonl", [{"id": name, "question": f"Which is {name}?"} for name in ("q-1", "q-2", "q-3")])


def write(name: str, rows: list[object]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(
        app, ["run", "backmap", "told.jsonl", "-o", "back.jsonl", "-O", "rows=test.jsonl", "-q", *words]
    )
    assert done.exit_code == code, done.output
    return done.output


def test_answers_of_ones_own_and_of_lm_eval() -> None:
    write(
        "told.jsonl",
        [{"id": "q-2", "prediction": "Two."}, {"doc_id": 0, "doc": {"id": "q-1"}, "filtered_resps": [["One."]]}],
    )
    run()
    rows = [{key: row[key] for key in ("id", "prediction")} for row in rows_of(Path("back.jsonl"))]
    assert rows == [{"id": "q-2", "prediction": "Two."}, {"id": "q-1", "prediction": "One."}]


def test_with_a_language_they_are_translated_back() -> None:
    write("told.jsonl", [{"id": "q-2", "prediction": "It is two. So it is."}])
    run("--from", "en", "--to", "ca", "-O", "translator=echo")
    [row] = rows_of(Path("back.jsonl"))
    assert row["prediction"] == "It is two. So it is." and "two" in row["prediction_translated"]
    assert "echo" in row["_babelset"]["made"]["models"]["echo"]


def test_what_belongs_to_no_row_fails() -> None:
    write(
        "told.jsonl",
        [
            {"id": "q-9", "prediction": "x"},
            {"id": "q-1", "prediction": 3},
            {"id": "q-1", "prediction": "a"},
            {"id": "q-1", "prediction": "b"},
        ],
    )
    run(code=1)
    reasons = [row["reason"] for row in rows_of(Path("back.failed.jsonl"))]
    assert [reason.partition(":")[0] for reason in reasons] == ["id", "prediction", "id"]
    assert [row["prediction"] for row in rows_of(Path("back.jsonl"))] == ["a"]


def test_translate_test_writes_tasks(tmp_path: Path) -> None:
    rows = [
        {"question": f"Quants en fan {n} i {n}?", "answer": None, "answer_number": 2 * n, "equation_solution": None}
        for n in range(3)
    ]
    write("mgsm.jsonl", rows)
    off = [
        f"--set=translate.filters.{name}=false"
        for name in ("language", "copied", "script", "task", "length", "repetition", "intact")
    ]
    command = [
        "run",
        "translate-test",
        "mgsm.jsonl",
        "--from",
        "ca",
        "-o",
        "out/mgsm.jsonl",
        "-O",
        "translate.translator=echo",
        *off,
        "-q",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert {path.suffix for path in Path("out/lm-eval").iterdir()} >= {".jsonl", ".yaml"}
    assert any("_ca_to_en" in path.name for path in Path("out/lm-eval").iterdir())
