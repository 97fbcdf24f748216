"""What rows say of themselves may be anything: a step fails the row, or believes nothing of it, and goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.step import RowStep
from babelset.steps.fewshot import Fewshot
from babelset.steps.grounded import Grounded, folded, stands
from babelset.steps.mix import Mix
from babelset.steps.pairs import Pairs
from babelset.steps.running import run_step
from babelset.work.watch import Watch
from tests.steps.test_running import read, stage

ODD: list[Any] = [None, True, 7, -1.5, "x", "\ud800", [], [None], [[1]], [[[1], 2]], {}, {"a": 1}, 10**40]
ROW = {
    "lang": "en", "answers": ["a", "b"], "ranks": [1, 2], "question": "Where?", "answer": "There.", "paragraph_en": "x",
    "paragraph_target": "El Montseny.", "correct_answer": "Montseny", "distractors": ["a", "b", "c"],
}  # fmt: skip
STEPS: list[RowStep] = [Pairs(), Mix(by="answer"), Mix(), Grounded(), Fewshot(shots=0, to="ca")]


@pytest.mark.parametrize("key", ["made", "ranked", "verdicts", "fields", "file", "row", "source", "target", "language"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_damaged_knowledge_stops_no_step(tmp_path: Path, step: RowStep, key: str) -> None:
    rows = [{**ROW, "_babelset": {"file": "a.jsonl", "row": 0, key: value}} for value in ODD]
    account = run_step(step, stage(tmp_path, rows), Watch())["rows"]
    assert account["read"] == len(ODD)


@pytest.mark.parametrize("part", ["id", "language", "parents", "models", "licenses"])
def test_what_is_damaged_in_made_is_not_believed(tmp_path: Path, part: str) -> None:
    rows = [{**ROW, "_babelset": {"made": {part: value}}} for value in ODD]
    assert run_step(Mix(), stage(tmp_path, rows), Watch())["rows"]["written"] == len(ODD)


def test_a_label_may_be_a_number_of_any_length(tmp_path: Path) -> None:
    rows = ['{"lang": "en", "n": 123456789012345678901234567890}', '{"lang": "en", "n": 1e999}']
    run_step(Mix(by="n", order="input"), stage(tmp_path, rows), Watch())
    assert [line.partition(",\"_")[0] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == [
        '{"lang":"en","n":123456789012345678901234567890', '{"lang":"en","n":1e999',
    ]  # fmt: skip


def test_answers_that_are_too_many_fail(tmp_path: Path) -> None:
    many = {**ROW, "answers": ["a"] * 5000, "ranks": list(range(5000))}
    assert run_step(Pairs(), stage(tmp_path, [many, ROW]), Watch())["rows"]["failed"] == 1
    assert "5000 answers" in read(tmp_path / "out.failed.jsonl")[0]["reason"]


@pytest.mark.parametrize(
    ("answer", "paragraph", "there"),
    [("ур", "натуральный", False), ("Ур", "город Ур стоял", True), ("río", "aríol", False), ("川", "山川草木", True)],
)
def test_a_short_word_stands_by_itself_in_any_script(answer: str, paragraph: str, there: bool) -> None:
    assert stands(folded(answer), folded(paragraph), 90) == there
