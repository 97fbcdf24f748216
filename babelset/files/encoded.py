"""
Lists and objects that stand in a row as text: messages as a JSON string, choices in a cell of a table.

A path goes into such a text by the step ENCODED: ("names", ENCODED, 1) is 'Ob' in {"names": "['Nile', 'Ob']"}.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from babelset.files.lossless import dumps, loads

ENCODED = "\u0000encoded"
LONGEST_LITERAL = 1 << 20  # Python's parser needs much memory for its input

Path = Sequence[str | int]


def decode(text: str) -> Any:
    """The list or object that a text spells in JSON or as a Python literal; None where it spells none."""
    start = text.lstrip()[:1]
    if start not in ("[", "{"):
        return None
    try:
        return loads(text)
    except ValueError:
        return _literal(text)


def _literal(text: str) -> Any:
    """Only what Python would print so again: "['a' 'b']" is numpy's list of two, and Python's of one."""
    if len(text) > LONGEST_LITERAL:
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return value if isinstance(value, list | dict) and repr(value) == text.strip() else None


def encode(value: Any, like: str) -> str:
    """`value` spelt in the way in which `like` spells its own; in plain JSON where that way is not found."""
    before = decode(like)
    spelt = next((spell for spell in _spellings() if _same(spell, before, like)), dumps)
    return spelt(value)


def _same(spell: Callable[[Any], str], value: Any, text: str) -> bool:
    try:
        return spell(value) == text
    except (TypeError, ValueError):
        return False


def _spellings() -> Iterator[Callable[[Any], str]]:
    yield dumps
    for escaped in (False, True):
        for indent in (None, 1, 2, 4):
            yield partial(json.dumps, ensure_ascii=escaped, indent=indent)
        yield partial(json.dumps, ensure_ascii=escaped, separators=(",", ":"))
    yield repr


def value_at(data: Any, path: Path) -> Any:
    """The value that `path` leads to, None where it leads nowhere."""
    for part in path:
        try:
            data = decode(data) if part == ENCODED else data[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            return None
    return data


def placed(data: Mapping[str, Any], values: Mapping[tuple[str | int, ...], Any]) -> dict[str, Any]:
    """
    A copy of `data` with each value at its path; `data` stays as it is.

    >>> placed({"choices": "['Nile']"}, {("choices", ENCODED, 0): "Nil"})
    {'choices': "['Nil']"}

    Raises KeyError, IndexError or TypeError where a path leads nowhere.
    """
    new = dict(data)
    copied: dict[tuple[str | int, ...], Any] = {(): new}  # lists and objects, by path
    opened: list[tuple[str | int, ...]] = []
    for path, value in values.items():
        _container(copied, opened, path[:-1])[path[-1]] = value
    for path in reversed(opened):  # the inner ones first
        home: Any = copied.get(path[:-1], new)
        home[path[-1]] = encode(copied[(*path, ENCODED)], home[path[-1]])
    return new


def _container(copied: dict[tuple[str | int, ...], Any], opened: list[tuple[str | int, ...]], path: Any) -> Any:
    """The copy of the object or list at `path`, made the first time it is asked for."""
    if path in copied:
        return copied[path]
    if path[-1] == ENCODED:
        home = _container(copied, opened, path[:-2])
        copied[path] = decode(home[path[-2]])
        opened.append(path[:-1])
    else:
        parent = _container(copied, opened, path[:-1])
        parent[path[-1]] = copied[path] = parent[path[-1]].copy()
    return copied[path]
