"""
Rows inside of one object: {"version": "1", "data": [{...}, {...}]}.

What is around the rows is written around the translated ones, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MARK = re.compile(rb'["\[\]{}]')
STRING = re.compile(rb'((?:[^"\\\n]++|\\[^\n])*+)"')
OPENS = re.compile(rb"\s*:\s*\[\s*\{")
NEXT = re.compile(rb"\s*:")
# Under which keys rows are found; "paragraphs" are those of a SQuAD article.
ROW_KEYS = ("data", "examples", "rows", "instances", "records", "samples", "entries", "dataset", "train", "questions")
ROW_LIKE = {
    "instruction",
    "question",
    "prompt",
    "messages",
    "conversations",
    "input",
    "output",
    "context",
    "text",
    "query",
}


@dataclass(frozen=True, slots=True)
class Wrapping:
    """`key` holds the rows; their array begins at byte `start`. `around` are the other keys seen so far."""

    key: str
    start: int
    around: tuple[str, ...]


def wrapping(head: bytes) -> Wrapping | None:
    """How rows are wrapped in a file that begins so; None where it is an array, or objects one after another."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    found: tuple[str, int] | None = None
    keys: list[str] = []
    for key, end, closed in _top_keys(head):
        if closed:
            if head[end:].strip():
                return None  # another object comes behind it
            break
        keys.append(key)
        opens = OPENS.match(head, end)
        if found is None and opens and key.lower() in ROW_KEYS:
            found = key, head.index(b"[", end)
    if found is None or ROW_LIKE & {key.lower() for key in keys}:
        return None
    return Wrapping(*found, tuple(key for key in keys if key != found[0]))


def _top_keys(head: bytes) -> Iterator[tuple[str, int, bool]]:
    """The keys of the first object with where each ends, and at last, as closed, where the object itself does."""
    at = depth = 0
    while mark := MARK.search(head, at):
        at = mark.end()
        if mark[0] == b'"':
            string = STRING.match(head, at)
            if string is None:
                return
            at = string.end()
            if depth == 1 and NEXT.match(head, at):
                yield string[1].decode("utf-8", "replace"), at, False
        elif mark[0] in b"[{":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                yield "", at, True
                return


def unfolded(row: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """
    A SQuAD article as a row for each question; None for any other row.

    {"title": "Nile", "paragraphs": [{"context": "...", "qas": [{"id": "1", "question": "...", "answers": [...]}]}]}
    -> [{"title": "Nile", "context": "...", "id": "1", "question": "...", "answers": [...]}]
    """
    paragraphs = row.get("paragraphs")
    if not isinstance(paragraphs, list) or not paragraphs:
        return None
    if not all(isinstance(each, dict) and isinstance(each.get("qas"), list) for each in paragraphs):
        return None
    top = {key: value for key, value in row.items() if key != "paragraphs"}
    rows = []
    for each in paragraphs:
        inner = {key: value for key, value in each.items() if key != "qas"}
        rows += [{**top, **inner, **(asked if isinstance(asked, dict) else {"qas": asked})} for asked in each["qas"]]
    return rows
