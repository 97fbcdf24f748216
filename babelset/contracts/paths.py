"""Paths into a row, "messages[*].content", and the places that they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babelset.contracts.shape import Where
from babelset.errors import ConfigError
from babelset.files.encoded import ENCODED, decode

STEP = re.compile(r"\.?([^.\[\]]+)|\[(\*\*?)\]")


def steps(path: str) -> tuple[str, ...]:
    """`steps("messages[*].content")` -> ("messages", "*", "content"); ConfigError for anything else."""
    found = STEP.findall(path)
    if not found or "".join(match[0] for match in STEP.finditer(path)) != path or path[0] in "[.":
        raise ConfigError(f"{path!r} is not a path; write it as 'instruction' or 'messages[*].content'")
    return tuple(key or star for key, star in found)


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to: the objects on the way, the innermost last; `missing` where the way breaks off."""

    path: Where
    value: Any
    around: tuple[Mapping[str, Any], ...] = ()
    missing: bool = False


def walk(data: Any, path: Sequence[str], at: Where = (), around: tuple[Any, ...] = ()) -> Iterator[Place]:
    """Every place in `data` that `path` leads to."""
    if not path:
        yield Place(at, data, around)
        return
    step, rest = path[0], path[1:]
    if isinstance(data, str) and (opened := decode(data)) is not None:
        yield from walk(opened, path, (*at, ENCODED), around)
    elif step in ("*", "**"):
        if not isinstance(data, list):
            yield Place(at, data, around, missing=True)
            return
        for index, item in enumerate(data):
            yield from walk(item, rest, (*at, index), around)
            if step == "**" and isinstance(item, dict) and item.get(str(at[-1])):
                yield from walk(item[str(at[-1])], path, (*at, index, at[-1]), (*around, item))
    elif isinstance(data, dict) and (length := _key(data, path)):
        key = ".".join(path[:length])
        yield from walk(data[key], path[length:], (*at, key), (*around, data))
    else:
        yield Place((*at, step), None, around, missing=True)


def _key(data: Mapping[str, Any], path: Sequence[str]) -> int:
    """How many steps are the next key, which may hold full stops: "claude-3.5"; 0 where there is none."""
    return next((length for length in range(1, len(path) + 1) if ".".join(path[:length]) in data), 0)
