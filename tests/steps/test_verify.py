"""Answers are held against the instructions of their prompts, turn by turn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from babelset.steps.running import run_step
from babelset.steps.verify import Verify
from babelset.work.watch import Watch
from tests.steps.test_running import read, stage

NO_COMMA, TITLE, WORDS = "punctuation:no_comma", "detectable_format:title", "length_constraints:number_words"
MANY = {"num_words": 3, "relation": "at least"}
ROW = {"key": 7, "prompt": "Escriu.", "instruction_id_list": [NO_COMMA, WORDS], "kwargs": [{}, MANY], "lang": "ca"}


def verified(folder: Path, *rows: dict[str, Any], **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    manifest = run_step(Verify(**options), stage(folder, rows), Watch())
    return dict(manifest), read(folder / "out.jsonl")


def test_each_instruction_and_all_of_them(tmp_path: Path) -> None:
    manifest, rows = verified(
        tmp_path, {**ROW, "response": "El riu baixa fred."}, {**ROW, "response": "Sí, fred."}, {**ROW, "response": "Hola, bé\nEl riu baixa fred."},
    )  # fmt: skip
    assert [(row["follow"], row["strict"], row["loose"]) for row in rows] == [
        ([True, True], True, True), ([False, False], False, False), ([False, True], False, True),
    ]  # fmt: skip
    assert {row["key"] for row in rows} == {7} and {row["language"] for row in rows} == {"ca"}
    assert manifest["notes"] == [
        "followed: 33.3 % of prompts strict, 66.7 % of prompts loose, 50.0 % of instructions strict, "
        "66.7 % of instructions loose"
    ]


def test_the_cells_of_multi_if_are_json_in_json(tmp_path: Path) -> None:
    row = {
        "key": "k", "language": "Catalan", "turn_index": 2,
        "turn_1_prompt": json.dumps({"role": "user", "content": "Escriu."}),
        "turn_1_instruction_id_list": json.dumps([NO_COMMA]), "turn_1_kwargs": json.dumps(["{}"]),
        "turn_2_prompt": json.dumps({"role": "user", "content": "I ara?"}),
        "turn_2_instruction_id_list": json.dumps([NO_COMMA, WORDS]), "turn_2_kwargs": json.dumps(["{}", json.dumps(MANY)]),
    }  # fmt: skip
    both = {**row, "response": json.dumps(["Un riu", "Un riu, fred i gran"])}
    _, rows = verified(tmp_path, both, {**row, "response": "Un riu fred"})
    assert [(made["turn"], made["follow"]) for made in rows] == [(1, [True]), (2, [False, True]), (2, [True, True])]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"response": None}, "response: is no text"),
        ({"kwargs": [{}]}, "kwargs: is no list of 2 arguments"),
        ({"kwargs": ["{", "{}"]}, "kwargs[0]: is not JSON"),
        ({"kwargs": [3, {}]}, "kwargs[0]: is no object"),
        ({"kwargs": [{}, {}]}, "kwargs[1]: relation is None"),
        ({"lang": "Klingonish"}, "lang: unknown language 'Klingonish'"),
        ({"instruction_id_list": "x"}, "instruction_id_list: is no list of instructions"),
        ({"instruction_id_list": ["a:b", WORDS]}, "kwargs[0]: nobody knows the instruction 'a:b'"),
    ],
)
def test_what_cannot_be_read_fails(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    manifest, rows = verified(tmp_path, {**ROW, "response": "Un riu fred.", **change})
    assert manifest["rows"]["failed"] == 1 and not rows
    assert said in read(tmp_path / "out.failed.jsonl")[0]["reason"]


def test_another_column_may_hold_the_answer(tmp_path: Path) -> None:
    _, [row] = verified(tmp_path, {**ROW, "answer": "Un riu fred."}, answer="answer")
    assert row["strict"] and row["_babelset"]["made"]["parents"] == ["in.jsonl:0"]


@pytest.mark.parametrize("turn", ["x", "", 0, -1, [1], {}, True, 1.5, "1e999"])
def test_a_turn_that_is_no_number_fails(tmp_path: Path, turn: Any) -> None:
    row = {"turn_1_instruction_id_list": [NO_COMMA], "turn_1_kwargs": [{}], "turn_index": turn, "response": "Un riu"}
    manifest, rows = verified(tmp_path, row, {**row, "turn_index": 1})
    assert manifest["rows"]["read"] == 2 and rows[-1]["turn"] == 1
    if manifest["rows"]["failed"]:
        assert read(tmp_path / "out.failed.jsonl")[0]["reason"] == "turn_index: is no number of a turn"


def test_chinese_without_its_script_counts_characters(tmp_path: Path) -> None:
    few = {**ROW, "lang": "", "language": "Chinese", "response": "河水很冷"}
    many = {"num_words": 5, "relation": "at least"}
    _, rows = verified(tmp_path, few, {**few, "kwargs": [{}, many]})
    assert [row["strict"] for row in rows] == [True, False] and rows[0]["language"] == "zh-Hans"


def test_without_a_column_the_language_is_that_of_the_pipeline(tmp_path: Path) -> None:
    row = {**ROW, "lang": None, "response": "河水很冷"}
    asked = replace(stage(tmp_path, [row]), source="zho_Hans")
    run_step(Verify(), asked, Watch())
    assert read(tmp_path / "out.jsonl")[0]["strict"]
