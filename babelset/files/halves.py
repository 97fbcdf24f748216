"""Half a surrogate pair: JSON can spell one, `"\\ud83d"`, and no other format can."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babelset.files.lossless import dumps
from babelset.files.reading import format_of
from babelset.files.row import BadRow, Row, excerpt

HALF = re.compile("[\ud800-\udfff]")
REASON = "a text holds half a surrogate pair, which only JSON can spell"


def halved(data: Mapping[str, Any]) -> str:
    """The first column with half a surrogate pair in its name or its value, "" where there is none."""
    return next((name for name, value in data.items() if _within(name) or _within(value)), "")


def _within(value: Any) -> bool:
    if isinstance(value, str):
        return not value.isascii() and HALF.search(value) is not None
    if isinstance(value, dict):
        return any(map(_within, value)) or any(map(_within, value.values()))
    return isinstance(value, list) and any(map(_within, value))


def spells_halves(path: str) -> bool:
    """Whether the format of an output can spell them; standard output is JSON lines."""
    return path == "-" or not {"json", "jsonl"}.isdisjoint(format_of(Path(path)).names)


def fit_for(output: str, rows: Iterable[Row | BadRow]) -> Iterator[Row | BadRow]:
    """The rows; one that the format of `output` cannot spell as a BadRow, so that it does not end the run."""
    every = spells_halves(output)
    for row in rows:
        if every or isinstance(row, BadRow) or not (name := halved(row.data)):
            yield row
        else:
            reason = f"{name}: {REASON}; write .jsonl"
            yield BadRow(row.number, row.file, row.line, reason, excerpt(dumps(row.data)))
