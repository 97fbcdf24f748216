"""Rows into a file, in the formats that are read, which appears when it is complete."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError, OutputError
from babelset.files.compression import compressed, decompressed, opened
from babelset.files.formats import Format, Parquet, Writer
from babelset.files.hubsplits import expanded
from babelset.files.reading import format_of, start_of


@contextmanager
def writing(path: Path, *, like: str | Path | None = None) -> Iterator[Writer]:
    """
    Write rows to `path`, which appears, whole, when the block ends well, and not at all otherwise.

    The file gets the shape of `like`, when that has the same format: the column types of a Parquet file, the separator
    of a table, the object around the rows of a JSON file. Raises ConfigError for an ending that tells no format,
    OutputError where the file cannot be written or cannot hold a row.
    """
    with drafting(path, like=like) as writer:
        yield writer
    appear(path)


@contextmanager
def drafting(path: Path, *, like: str | Path | Format | None = None) -> Iterator[Writer]:
    """Write rows to the file beside `path` that `appear` gives its name; nothing stays of it when the block fails."""
    found = _typed(format_of(path), like) if isinstance(like, str | Path | None) else like
    part = part_of(path)
    with _named(path):
        raw = _Output(part, path)
    try:
        with raw:
            with compressed(raw, path) as file:
                writer = found.writer(file)
                try:
                    yield writer
                finally:
                    writer.close()
            with _named(path):
                raw.flush()
                os.fsync(raw.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def drafting_text(path: Path, text: str) -> Iterator[None]:
    """Write a text to the file beside `path` that `appear` gives its name; nothing stays when the block fails."""
    try:
        _write_part(path, [text.encode()])
        yield
    except BaseException:
        part_of(path).unlink(missing_ok=True)
        raise


def part_of(path: Path) -> Path:
    """The file that `path` is written as until it is whole."""
    return path.with_name(path.name + ".part")


def appear(path: Path) -> None:
    """Give the whole file its name, so that it stays also when the power fails."""
    with _named(path):
        try:
            part_of(path).replace(path)
        except OSError:
            part_of(path).unlink(missing_ok=True)
            raise
        sync(path.parent)


def write_whole(path: Path, lines: Iterable[str | bytes]) -> None:
    """Write a file that exists only when it is complete; OutputError where it cannot be written."""
    write_bytes(path, (part for line in lines for part in (line if isinstance(line, bytes) else line.encode(), b"\n")))


def write_bytes(path: Path, parts: Iterable[bytes]) -> None:
    """The same of bytes."""
    try:
        _write_part(path, parts)
    except BaseException:
        part_of(path).unlink(missing_ok=True)
        raise
    appear(path)


def _write_part(path: Path, parts: Iterable[bytes]) -> None:
    with _named(path), part_of(path).open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())


def says(path: Path, lines: Iterable[str]) -> bool:
    """Whether the file is there already and holds just these lines, so that to write them again changes nothing."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        return all(one == other for one, other in zip_longest(file, (f"{line}\n" for line in lines)))


def make_folder(folder: Path) -> None:
    """
    Make a folder and those above it, so that they stay, with what is in them, also when the power fails.

    OutputError for one that cannot be made, as below a file.
    """
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for each in missing:
            sync(each.parent)
    except OSError as error:
        raise OutputError(f"{folder}: cannot make the folder ({error.strerror}); name another output") from None


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_writable(path: Path, reads: Iterable[str | Path] = (), like: str | Path | None = None) -> None:
    """
    Raise ConfigError for a file whose ending tells no format, or one that needs an extra which is missing; and for a
    Parquet file like `like` that cannot hold the rows of all `reads`, since their columns are of other types.
    """
    if str(path) == "-":
        raise ConfigError("-: only translate writes to standard output; name a file with -o")
    found = format_of(path)
    if not isinstance(found, Parquet):
        return
    found.check()
    typed = _typed(found, like)
    for other in reads:
        theirs = _typed(found, other)
        if isinstance(typed, Parquet) and isinstance(theirs, Parquet) and (why := typed.differs(theirs)):
            raise ConfigError(f"{other}: {why} in {like}; {path} cannot hold both: write .jsonl, or a file for each")


def _typed(found: Format, like: str | Path | None) -> Format:
    like = expanded([like])[0] if like is not None else None
    try:
        same = like is not None and format_of(Path(like)).names == found.names
    except ConfigError:
        same = False
    if like is None or not same:
        return found
    with opened(Path(like)) as raw, decompressed(raw, Path(like)) as file:
        return found.like(start_of(found, file))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written: {reason}; make room, or name another place") from None


class _Output(io.BufferedWriter):
    """The file being written; its errors name the output, wherever in the program they come up."""

    def __init__(self, part: Path, path: Path) -> None:
        super().__init__(io.FileIO(part, "w"), 1 << 16)
        self.path = path

    def write(self, data: Any) -> int:
        with _named(self.path):
            return super().write(data)

    def flush(self) -> None:
        with _named(self.path):
            super().flush()
