"""Entries in the order of their `place`, whatever their number: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from babelset.files.lossless import loads, spelt
from babelset.work.chunks import chunked
from babelset.work.journal import Entry

RUN = 50_000  # entries that are sorted in memory


def in_order(entries: Iterable[Entry], folder: Path) -> Iterator[Entry]:
    """The entries in the order of `place`; those without one first, equal ones as they came."""
    with TemporaryDirectory(dir=folder) as scratch:
        runs = [_written(run, Path(scratch, str(number))) for number, run in enumerate(chunked(entries, RUN))]
        yield from heapq.merge(*map(_read, runs), key=_place)


def _written(run: list[Entry], path: Path) -> Path:
    path.write_bytes(b"\n".join(spelt(entry) for entry in sorted(run, key=_place)))
    return path


def _place(entry: Entry) -> list[Any]:
    return entry.get("place", [])


def _read(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        yield from (loads(line.decode()) for line in file)
