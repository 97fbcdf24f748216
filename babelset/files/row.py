"""A row is one input record, kept whole; one that cannot be read is kept too, as a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KEY = "_babelset"  # of a translated row: what is known about it, see contracts.evidence
EXCERPT = 2000  # characters of an unreadable row that are kept


@dataclass(frozen=True, slots=True)
class Row:
    """
    One input record, whole: `Row(0, "a.jsonl", 1, {"instruction": "Greet.", "output": "Hello."})`.

    `number` counts from 0 over all inputs of a run, bad rows too; `line` from 1 in its file. `note` says what was
    changed in reading: "NaN read as null".
    """

    number: int
    file: str
    line: int
    data: dict[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read, and why; `raw` is the beginning of it."""

    number: int
    file: str
    line: int
    reason: str
    raw: str


def excerpt(raw: bytes | str) -> str:
    """The beginning of a raw row as text, whatever its bytes."""
    if isinstance(raw, bytes):
        raw = raw[: EXCERPT * 4].decode("utf-8", "backslashreplace")
    return raw[:EXCERPT].rstrip("\r\n")
