"""What can still be read of a damaged SQLite file: all rows but those on the damaged pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from babelset.work.damage import set_aside

GAPS = 2000  # stretches that cannot be read before the search ends
TOP = 1 << 128  # no key is beyond
Row = tuple[Any, ...]


def readable(db: sqlite3.Connection, table: str, key: str) -> Iterator[Row]:
    """
    Rows of a table in the order of its primary key, some of them twice.

    Behind rows that cannot be read it goes on with the next that can, where keys are numbers or bytes; where they are
    texts, it goes on from the end.
    """
    try:
        kind = next(str(kind) for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})") if name == key)
    except (sqlite3.Error, StopIteration):
        return
    if kind == "TEXT":
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                yield from db.execute(f"SELECT * FROM {table} ORDER BY {key} {order}")
        return
    yield from _in_order(db, f"SELECT *, {key} FROM {table} WHERE {key} >= ? ORDER BY {key}", kind)


def _in_order(db: sqlite3.Connection, query: str, kind: str) -> Iterator[Row]:
    number = 0
    for _ in range(GAPS):
        try:
            for *row, last in db.execute(query, (_key(number, kind),)):
                yield tuple(row)
                number = _number(last) + 1
            return
        except sqlite3.Error:
            found = _next(db, f"{query} LIMIT 1", kind, number)  # alone: with the one behind it Python gives neither
            if not found:
                return
            yield found[:-1]
            number = _number(found[-1]) + 1


def _next(db: sqlite3.Connection, query: str, kind: str, number: int) -> Row | None:
    """The first row that can be read again: found by steps that get longer, then by shorter ones back."""

    def read(at: int) -> list[Row] | None:
        try:
            return db.execute(query, (_key(at, kind),)).fetchall()
        except sqlite3.Error:
            return None

    step, most = 1, TOP if kind == "BLOB" else 1 << 62
    while (found := read(number + step - 1)) is None:
        step *= 2
        if number + step > most:
            return None
    low, high = number + step // 2 - 1, number + step - 1
    while high - low > 1:
        middle = (low + high) // 2
        if (nearer := read(middle)) is None:
            low = middle
        else:
            found, high = nearer, middle
    return found[0] if found else None


def _key(number: int, kind: str) -> bytes | int:
    return number.to_bytes(16) if kind == "BLOB" else number


def _number(key: bytes | int) -> int:
    return int.from_bytes(key[:16].ljust(16, b"\0")) if isinstance(key, bytes) else key


def exchange(path: Path, part: Path, why: str, then: str) -> None:
    """Put the new file in the place of the damaged one, which is set aside with what SQLite kept beside it."""
    aside = set_aside(path, why, then)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{ending}").replace(f"{aside}{ending}")
    part.replace(path)


def surrogates(raw: bytes) -> str:
    """A `text_factory`: what is damaged need be no UTF-8."""
    return raw.decode("utf-8", "surrogateescape")


def is_text(value: object) -> bool:
    """Whether SQLite takes it: text must be valid."""
    return not isinstance(value, str) or value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
