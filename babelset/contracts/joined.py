"""
Columns that are made of the others: tatsu-lab's `text` is a template around instruction, input and output.

Such a column is not translated by itself: it is made again of the translated columns, and its template stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from babelset.text.prose import reads_as_prose

Piece = str | tuple[str | int, ...]  # a text of the template, or the path of a column
MOST = 64  # columns that one is made of
# How a template's opening words end, in front of the first text that it is filled with.
MARKER = re.compile(r"(?:#{2,}[^\n]*|<\|[^\n]*\|>|\[/?[A-Z]+\]|<<?/?[A-Za-z]+>?>|\b[\w ]{1,30}:)\s*$")


class Told(Protocol):
    @property
    def path(self) -> tuple[str | int, ...]: ...

    @property
    def text(self) -> str: ...


def template(text: str, fields: Sequence[Told]) -> list[Piece] | None:
    """
    How `text` is made of the texts of `fields`; None where it is not, or where other prose is between them.

    "### Task:\\nGreet.\\n\\n### Answer:\\nHello." -> ["### Task:\\n", ("instruction",), "...", ("output",), ""]
    """
    if len(fields) < 2:
        return None
    found = _places(text, fields)
    if len(found) < 2:
        return None
    pieces, at = list[Piece](), 0
    for start, field in sorted(found, key=lambda item: item[0]):
        pieces += [text[at:start], field.path]
        at = start + len(field.text)
    pieces.append(text[at:])
    return pieces if _is_glue(pieces) else None


def _is_glue(pieces: Sequence[Piece]) -> bool:
    """Whether no prose is around the columns, but for opening words that lead to a marker like "### Instruction:"."""
    first, *others = (piece for piece in pieces if isinstance(piece, str))
    if MARKER.search(first):
        first = ""
    return not any(reads_as_prose(line) for piece in (first, *others) for line in piece.splitlines())


def _places(text: str, fields: Sequence[Told]) -> list[tuple[int, Told]]:
    """Where the fields stand in `text`: the longest are looked for first, and none overlap."""
    found: list[tuple[int, Told]] = []
    taken: list[tuple[int, int]] = []
    distinct = {each.text: each for each in reversed(fields) if len(each.text) < len(text)}
    for field in sorted(distinct.values(), key=lambda each: len(each.text), reverse=True)[:MOST]:
        start = _free(text, field.text, taken)
        if start >= 0:
            found.append((start, field))
            taken.append((start, start + len(field.text)))
    return found


def _free(text: str, part: str, taken: Sequence[tuple[int, int]]) -> int:
    """The last place of `part` in `text`, as words of their own, that is not taken; -1 where there is none."""
    at = text.rfind(part)
    for _ in range(MOST):
        if at < 0:
            break
        end = at + len(part)
        inside = text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()
        if not inside and not any(at < other_end and start < end for start, other_end in taken):
            return at
        at = text.rfind(part, 0, end - 1)
    return -1


def joined(pieces: Sequence[Piece], texts: Mapping[tuple[str | int, ...], Any]) -> str | None:
    """The column made again; None where one of the others has no translation."""
    parts = [piece if isinstance(piece, str) else texts.get(piece) for piece in pieces]
    return None if None in parts else "".join(map(str, parts))
