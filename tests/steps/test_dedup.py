from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from babelset.errors import ConfigError
from babelset.steps.dedup import Dedup
from tests.steps.rows import done, read, write

ROWS = [
    {"instruction": "Name three fruits that are red.", "output": "Apple, cherry, berry."},
    {"instruction": "Name three fruits that are blue.", "output": "None."},
    {"instruction": "Name three fruits that are red!", "output": "Apple, cherry, berry!"},
    {"instruction": "تین سرخ پھلوں کے نام بتائیں", "output": "سیب"},
    {"instruction": "تین سرخ پھلوں کے نام بتائیں۔", "output": "سیب!"},
    {"instruction": "", "output": ""},
    {"instruction": "", "output": ""},
]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [0, 1, 3, 5, 6]),
        ({"fields": ["instruction"]}, [0, 3, 5, 6]),
        ({"fields": ["instruction"], "threshold": 1}, [0, 1, 3, 5, 6]),
        ({"fields": ["output"], "threshold": 0}, [0, 1, 3, 5, 6]),
        ({"near": 0.9}, [0, 1, 3, 5, 6]),
    ],
)
def test_rows_that_are_too_similar_are_rejected(tmp_path: Path, options: dict[str, Any], kept: list[int]) -> None:
    source = write(tmp_path / "in.jsonl", ROWS)
    manifest = done(Dedup(**options), [source], tmp_path / "out.jsonl")
    assert [row["_babelset"]["made"]["id"] for row in read(tmp_path / "out.jsonl")] == [f"in.jsonl:{n}" for n in kept]
    assert manifest["rows"]["rejected"] == len(ROWS) - len(kept)


def test_every_row_tells_what_it_is_similar_to(tmp_path: Path) -> None:
    done(Dedup(threshold=0.9, fields=["instruction"]), [write(tmp_path / "in.jsonl", ROWS)], tmp_path / "out.jsonl")
    similar = [row["_babelset"]["similar"] for row in read(tmp_path / "out.jsonl")]
    assert similar == [[], [{"id": "in.jsonl:0", "score": 0.8333}], [], [], []]
    rejected = [row["_babelset"]["similar"] for row in read(tmp_path / "out.rejected.jsonl")]
    assert [each[0] for each in rejected] == [{"id": f"in.jsonl:{n}", "score": 1.0} for n in (0, 3)]


def test_the_same_with_other_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "in.jsonl", [{"text": f"row {n % 30} is like row {n % 7}"} for n in range(200)])
    done(Dedup(), [source], tmp_path / "a.jsonl")
    monkeypatch.setattr(Dedup, "chunk", 3)
    done(Dedup(), [source], tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_columns_that_no_rule_knows_must_be_named(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"zzz": "This is a sentence of some length, is it not?"}] * 2)
    with pytest.raises(ConfigError, match="--set fields="):
        done(Dedup(), [source], tmp_path / "out.jsonl")
    assert done(Dedup(fields=["zzz"]), [source], tmp_path / "out.jsonl")["rows"]["rejected"] == 1


def test_messages(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "Hello there."}, {"role": "assistant", "content": "Good day!"}]}
    source = write(tmp_path / "in.jsonl", [chat, chat])
    for number, fields in enumerate(([], ["messages[*].content"])):
        assert done(Dedup(fields=fields), [source], tmp_path / f"{number}.jsonl")["rows"]["rejected"] == 1


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rapidfuzz", None)
    with pytest.raises(ConfigError, match=r"babelset\[dedup\]"):
        done(Dedup(), [write(tmp_path / "in.jsonl", ROWS)], tmp_path / "out.jsonl")
