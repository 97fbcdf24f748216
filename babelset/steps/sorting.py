"""Entries in the order of their `place`, whatever their number: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from babelset.files.lossless import dumps, loads
from babelset.work.journal import Entry

SIZE = 16_000_000  # characters of entries that are sorted in memory
RUNS = 100  # files that are open at once


def in_order(entries: Iterable[Entry], folder: Path) -> Iterator[Entry]:
    """The entries in the order of `place`; those without one first, equal ones as they came."""
    with TemporaryDirectory(dir=folder) as scratch:
        runs: list[Path] = []
        for number, lines in enumerate(_sorted(entries)):
            runs.append(_written(lines, Path(scratch, str(number))))
            if len(runs) == RUNS:
                runs = [_written(map(dumps, _merged(runs)), Path(scratch, f"{number} merged"))]
        yield from _merged(runs)


def _sorted(entries: Iterable[Entry]) -> Iterator[list[str]]:
    """The entries as lines, as many at a time as memory is for; text, since bytes of orjson take 4 KB or more each."""
    lines: list[tuple[list[Any], str]] = []
    size = 0
    for entry in entries:
        lines.append((_place(entry), dumps(entry)))
        size += len(lines[-1][1])
        if size > SIZE:
            yield _in_place(lines)
            lines, size = [], 0
    yield _in_place(lines)


def _in_place(lines: list[tuple[list[Any], str]]) -> list[str]:
    return [line for _, line in sorted(lines, key=lambda item: item[0])]


def _merged(runs: Sequence[Path]) -> Iterator[Entry]:
    return heapq.merge(*map(_read, runs), key=_place)


def _written(lines: Iterable[str], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def _place(entry: Entry) -> list[Any]:
    return entry.get("place", [])


def _read(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        yield from (loads(line.decode()) for line in file)
