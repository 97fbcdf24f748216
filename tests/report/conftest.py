"""Translated rows and runs as `babelset translate` leaves them, made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from babelset.files.row import KEY

Row = dict[str, Any]


def make_row(
    number: int = 0,
    source: str = "Say hello.",
    target: str | None = "Saluda.",
    *,
    lang: str = "spa_Latn",
    failing: Sequence[tuple[str, str]] = (),
    keeps: Sequence[str] = (),
    scores: dict[str, float | None] | None = None,
    **more: Any,
) -> Row:
    """A row of one text; `failing` are the checks that turn it away, with their reasons."""
    scores = scores or {}
    reasons = dict(failing)
    verdicts = [
        {"check": name, "ok": name not in reasons, "score": scores.get(name), "reason": reasons.get(name, "")}
        for name in dict.fromkeys([*scores, *reasons])
    ]
    evidence = {
        "row": number, "file": "greetings.json", "line": number + 1,
        "status": "rejected" if failing else "accepted", "schema": "alpaca",
        "source": "eng_Latn", "target": lang, "translator": "test|v:1",
        "fields": [{"path": ["instruction"], "role": "instruction", "source": source, "keeps": list(keeps)}],
        "segments": [{"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""}],
        "scores": {name: [score] for name, score in scores.items()},
        "verdicts": verdicts,
    }  # fmt: skip
    return {"instruction": target, KEY: {**evidence, **more}}


@pytest.fixture
def row() -> Callable[..., Row]:
    return make_row


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Writes the files of a run and returns its output."""

    def write(*rows: Row, name: str = "es", failed: Sequence[Row] = (), manifest: Any = None) -> str:
        parts = {
            status: [each for each in rows if each[KEY]["status"] == status] for status in ("accepted", "rejected")
        }
        texts = {f"{name}.jsonl": parts["accepted"], f"{name}.rejected.jsonl": parts["rejected"]}
        for file, lines in {**texts, f"{name}.failed.jsonl": failed}.items():
            (tmp_path / file).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        if manifest is not None:
            (tmp_path / f"{name}.manifest.json").write_text(json.dumps(manifest), "utf-8")
        return str(tmp_path / f"{name}.jsonl")

    return write
