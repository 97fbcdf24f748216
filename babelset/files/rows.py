"""
Rows from files and into files, one at a time, whatever their number.

Read and written: .json (an array), .jsonl, .csv, .tsv, .parquet, .txt (a line, a text), each also .gz or .zst.
A row that cannot be read is a `BadRow`; only a file that cannot be read at all raises.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from babelset.errors import ConfigError, DataError, OutputError
from babelset.files.formats import FORMATS, Format, Parquet, Writer
from babelset.files.row import BadRow, Row

PACKED = (".gz", ".zst")
PARQUET = (".parquet", ".parquet.gz", ".parquet.zst")


def read(paths: Sequence[str | Path], *, format: str | None = None) -> Iterator[Row | BadRow]:
    """
    Every row of every file, in order, numbered from 0 across them.

    >>> for row in read(["a.jsonl.gz", "b.csv"]): ...

    `format` names one where the file name does not tell. Raises ConfigError for an unknown format,
    DataError for a file that is missing or breaks off.
    """
    number = 0
    for path in map(Path, paths):
        with opened(path) as file:
            for row in rows_of(file, path, format, number):
                yield row
                number = row.number + 1


def rows_of(file: IO[bytes], path: Path, format: str | None = None, number: int = 0) -> Iterator[Row | BadRow]:
    """The rows of an open file, counted from `number`; whatever is wrong with it is a DataError that names it."""
    found = format_of(path, format)
    with _unpacked(file, path) as content:
        for count, (line, row) in enumerate(found.read(content), number):
            if isinstance(row, dict):
                yield Row(count, str(path), line, row)
            else:
                yield BadRow(count, str(path), line, row.reason, row.raw)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file as it is; DataError where it cannot be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise _cannot_read(path, error) from None
    with file:
        yield file


@contextmanager
def _unpacked(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """The content of an open file, without gzip or zstd; whatever goes wrong with it is a DataError that names it."""
    try:
        with _unpacking(raw, path) as file:
            yield file
    except gzip.BadGzipFile as error:
        raise DataError(f"not a gzip file, or damaged: {error}", file=str(path)) from None
    except OSError as error:
        raise _cannot_read(path, error) from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"the compressed file breaks off: {error}; fetch it again", file=str(path)) from None
    except DataError as error:
        raise DataError(error.reason, file=str(path), line=error.line) from None


def _cannot_read(path: Path, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError("there is no such file", file=str(path))
    if isinstance(error, IsADirectoryError):
        return DataError("is a folder; name the files in it", file=str(path))
    return DataError(f"cannot be read: {error.strerror or error}", file=str(path))


def format_of(path: Path, name: str | None = None) -> Format:
    """The format that `name` or the ending of `path` says; ConfigError where neither is known."""
    ending = next((s for s in reversed(path.suffixes) if s.lower() not in PACKED), "").lower().lstrip(".")
    for found in FORMATS:
        if (name or ending) in found.names:
            return found
    known = ", ".join(names[0] for names in (found.names for found in FORMATS))
    if name:
        raise ConfigError(f"unknown format {name!r}; known: {known}")
    raise ConfigError(f"{path}: the ending tells no format; add --format, one of {known}")


@contextmanager
def _unpacking(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    packing = path.suffix.lower()
    if packing == ".gz":
        with gzip.open(raw) as file:
            yield file  # type: ignore[misc]
    elif packing == ".zst":
        yield io.BufferedReader(_Zstd(raw), 1 << 16)
    else:
        yield raw


class _Zstd(io.RawIOBase):
    """A zstd file unpacked; EOFError where it breaks off, which zstandard's own reader passes over."""

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard

        self.raw, self.error = raw, zstandard.ZstdError
        self.packing = zstandard.ZstdDecompressor(max_window_size=1 << 31)  # what `zstd --long=31` writes
        self.frame = self.packing.decompressobj()
        self.started = False
        self.held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self.held and self._advance():
            pass
        count = min(len(target), len(self.held))
        target[:count], self.held = self.held[:count], self.held[count:]
        return count

    def _advance(self) -> bool:
        packed = (self.frame.unused_data if self.frame.eof else b"") or self.raw.read(1 << 16)
        if self.frame.eof:
            self.frame, self.started = self.packing.decompressobj(), False
        if not packed:
            if self.started:
                raise EOFError("the last frame is not complete")
            return False
        self.started = True
        try:
            self.held = self.frame.decompress(packed)
        except self.error as error:
            raise DataError(f"not a zstd file, or damaged: {error}") from None
        return True


@contextmanager
def writing(path: Path, *, like: str | Path | None = None) -> Iterator[Writer]:
    """
    Write rows to `path`, which appears, whole, when the block ends well, and not at all otherwise.

    A Parquet file gets the column types of `like`, when that is one too. Raises ConfigError for an ending that
    tells no format, OutputError where the file cannot be written or cannot hold a row.
    """
    with drafting(path, like=like) as writer:
        yield writer
    appear(path)


@contextmanager
def drafting(path: Path, *, like: str | Path | None = None) -> Iterator[Writer]:
    """Write rows to the file beside `path` that `appear` gives its name; nothing stays of it when the block fails."""
    found = _typed(format_of(path), like)
    part = part_of(path)
    with _named(path):
        raw = _Output(part, path)
    try:
        with raw:
            with _packed(raw, path) as file:
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


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_writable(path: Path) -> None:
    """Raise ConfigError for a file whose ending tells no format, or one that needs an extra which is missing."""
    found = format_of(path)
    if isinstance(found, Parquet):
        found.check()


def _typed(found: Format, like: str | Path | None) -> Format:
    if like is None or not isinstance(found, Parquet) or not str(like).lower().endswith(PARQUET):
        return found
    with opened(Path(like)) as raw, _unpacked(raw, Path(like)) as file:
        return found.like(file)


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


@contextmanager
def _packed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    packing = path.suffix.lower()
    if packing == ".gz":
        with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:  # no name, no time: same rows, same bytes
            yield file  # type: ignore[misc]
    elif packing == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as file:
            yield file
    else:
        yield raw
