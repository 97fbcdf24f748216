"""
Rows from files, one at a time, whatever their number.

Read: .json (an array), .jsonl, .csv, .tsv, .parquet, .txt (a line, a text), .conll (a sentence, a row), each also .gz
or .zst; and datasets of the Hugging Face hub by name, as hf:tatsu-lab/alpaca.
A row that cannot be read is a `BadRow`; only a file that cannot be read at all raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from babelset.errors import ConfigError, DataError
from babelset.files.compression import COMPRESSED, decompressed, opened
from babelset.files.formats import FORMATS, Format, JsonLines, Noted, Parquet, Reading, Start, Text
from babelset.files.hub import fetch_ahead
from babelset.files.hubsplits import expanded
from babelset.files.row import KEY, BadRow, Row
from babelset.files.shard import Within
from babelset.files.state import State

PASSING = JsonLines | Text | Parquet  # formats that pass over rows, and count them, without reading them


def read(
    paths: Sequence[str | Path], *, format: str | None = None, within: Within | None = None
) -> Iterator[Row | BadRow]:
    """
    Every row of every file, in order, numbered from 0 across them; or only those `within`, with the same numbers.

    >>> for row in read(["a.jsonl.gz", "b.csv"]): ...

    `format` names one where the file name does not tell. Raises ConfigError for an unknown format,
    DataError for a file that is missing, breaks off, or is written to meanwhile.
    """
    if within is not None:
        yield from _read_within(paths, format, within)
        return
    number, names = 0, expanded(paths)
    for path, following in zip(map(Path, names), [*names[1:], ""], strict=True):
        format_of(path, format)  # before the file is looked for
        with opened(path) as file:
            state = State.of(file)
            fetch_ahead(following)
            for row in rows_of(file, path, format, number):
                yield row
                number = row.number + 1
            state.check(path)


def _read_within(paths: Sequence[str | Path], format: str | None, within: Within) -> Iterator[Row | BadRow]:
    """Files without a wanted row are not opened; in the others what stands before is passed over."""
    wanted, before = within.rows, 0
    for path, count in zip(map(Path, paths), within.counts, strict=True):
        first, end = max(wanted.start - before, 0), min(wanted.stop - before, count)
        if first < end:
            with opened(path) as file:
                state = State.of(file)
                yield from islice(rows_of(file, path, format, before + first, first), end - first)
                state.check(path)
        before += count


def strings(paths: Sequence[str | Path]) -> Iterator[str]:
    """Every text of every row, however deep, but what babelset wrote down; DataError for a row that is unreadable."""
    for row in read(paths):
        if isinstance(row, BadRow):
            raise DataError(row.reason, file=row.file, line=row.line)
        left: list[Any] = [value for name, value in row.data.items() if name != KEY]
        while left:
            value = left.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict | list):
                left += value.values() if isinstance(value, dict) else value


def rows_of(
    file: IO[bytes], path: Path, format: str | None = None, number: int = 0, skip: int = 0
) -> Iterator[Row | BadRow]:
    """
    The rows of an open file but the first `skip`, counted from `number`; whatever is wrong with it is a DataError that
    names it.
    """
    found = format_of(path, format)
    with decompressed(file, path) as content:
        start = start_of(found, content)
        for count, (line, row) in enumerate(_behind(found, start, skip), number):
            if isinstance(row, dict):
                yield Row(count, str(path), line, row)
            elif isinstance(row, Noted):
                yield Row(count, str(path), line, row.data, row.note)
            else:
                yield BadRow(count, str(path), line, row.reason, row.raw)


def _behind(found: Format, start: Any, skip: int) -> Iterator[Reading]:
    """What a file holds behind its first rows."""
    if isinstance(found, PASSING):
        return found.read(start, skip)
    return islice(found.read(start), skip, None)


def count_of(file: IO[bytes], path: Path, format: str | None = None) -> int:
    """How many rows an open file holds, those that cannot be read too."""
    found = format_of(path, format)
    with decompressed(file, path) as content:
        start = start_of(found, content)
        return found.count(start) if isinstance(found, PASSING) else sum(1 for _ in found.read(start))


def note_on(file: IO[bytes], path: Path, format: str | None = None) -> str:
    """What the user must know of how an open file is read, where its name does not tell; "" for nothing."""
    found = format_of(path, format)
    with decompressed(file, path) as content:
        start = start_of(found, content)
        utf16 = "it is UTF-16; what is written is UTF-8" if isinstance(start, Start) and start.utf16 else ""
        told = "; ".join(filter(None, (utf16, found.note(start))))
    return f"{path.name}: {told}" if told else ""


def start_of(found: Format, file: IO[bytes]) -> Any:
    """The file with its beginning looked at; Parquet begins at its end."""
    return file if isinstance(found, Parquet) else Start(file)


def format_of(path: Path, name: str | None = None) -> Format:
    """The format that `name` or the ending of `path` says; ConfigError where neither is known."""
    ending = next((s for s in reversed(path.suffixes) if s.lower() not in COMPRESSED), "").lower().lstrip(".")
    for found in FORMATS:
        if (name or ending) in found.names:
            return found
    known = ", ".join(names[0] for names in (found.names for found in FORMATS))
    if name:
        raise ConfigError(f"unknown format {name!r}; known: {known}")
    raise ConfigError(f"{path}: the ending tells no format; add --format, one of {known}")
