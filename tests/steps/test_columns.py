"""Columns are named, copied and put together; what is missing fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.step import Stage
from babelset.errors import ConfigError
from babelset.steps.columns import Columns
from babelset.steps.running import run_step
from babelset.work.watch import Watch
from tests.steps.test_running import read, stage

ROW = {"instruction": "Greet.", "input": "", "answers": ["a", "b"], "english": {"output": "Hello."}, "n": 1.5}


@pytest.mark.parametrize(
    ("take", "only", "made"),
    [
        ({"prompt": "{instruction}\n\n{input}"}, True, {"prompt": "Greet."}),
        ({"chosen": "{answers.1}", "n": "{n}"}, True, {"chosen": "b", "n": 1.5}),
        ({"both": "{english.output} {instruction}"}, True, {"both": "Hello. Greet."}),
        ({"all": "{english}"}, True, {"all": {"output": "Hello."}}),
        ({"l": "{:language}"}, True, {"l": ""}),
        ({"lang": "ca"}, False, {**ROW, "lang": "ca"}),
        ({"instruction": "{input}"}, False, {**ROW, "instruction": ""}),
    ],
)
def test_what_is_taken(tmp_path: Path, take: dict[str, str], only: bool, made: dict[str, Any]) -> None:
    run_step(Columns(take=take, only=only), stage(tmp_path, [ROW]), Watch())
    [row] = read(tmp_path / "out.jsonl")
    assert row.pop("_babelset")["made"] and row == made


@pytest.mark.parametrize("place", ["{gone}", "{answers.2}", "{answers.x}", "{english.gone}", "{n.x}", "x {gone}"])
def test_what_is_missing_fails(tmp_path: Path, place: str) -> None:
    assert run_step(Columns(take={"a": place}), stage(tmp_path, [ROW]), Watch())["rows"]["failed"] == 1
    assert "is missing" in read(tmp_path / "out.failed.jsonl")[0]["reason"]


def test_what_is_known_is_no_column() -> None:
    with pytest.raises(ConfigError, match="name another column"):
        Columns(take={"_babelset": "{n}"}).check(Stage((), "", ""))
