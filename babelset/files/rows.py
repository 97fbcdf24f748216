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
from babelset.files.formats import FORMATS, Format, Noted, Parquet, Reading, Start, Writer
from babelset.files.row import BadRow, Row

PACKED = (".gz", ".zst")


def read(paths: Sequence[str | Path], *, format: str | None = None) -> Iterator[Row | BadRow]:
    """
    Every row of every file, in order, numbered from 0 across them.

    >>> for row in read(["a.jsonl.gz", "b.csv"]): ...

    `format` names one where the file name does not tell. Raises ConfigError for an unknown format,
    DataError for a file that is missing or breaks off.
    """
    number = 0
    for path in paths:
        for line, content in _read_file(Path(path), format):
            if isinstance(content, dict):
                yield Row(number, str(path), line, content)
            elif isinstance(content, Noted):
                yield Row(number, str(path), line, content.data, content.note)
            else:
                yield BadRow(number, str(path), line, content.reason, content.raw)
            number += 1


def _read_file(path: Path, name: str | None) -> Iterator[Reading]:
    found = format_of(path, name)
    with _readable(path) as file:
        yield from found.read(_start(found, file))


def notes(paths: Sequence[str | Path], *, format: str | None = None) -> Iterator[str]:
    """What the user must know of how files are read, where their names do not tell: "in.csv: the values are ..."."""
    for path in map(Path, paths):
        found = format_of(path, format)
        with _readable(path) as file:
            start = _start(found, file)
            note = found.note(start)
            utf16 = "it is UTF-16; what is written is UTF-8" if isinstance(start, Start) and start.utf16 else ""
        if note or utf16:
            yield f"{path.name}: {'; '.join(filter(None, (utf16, note)))}"


def _start(found: Format, file: IO[bytes]) -> Any:
    """The file with its beginning looked at; Parquet begins at its end."""
    return file if isinstance(found, Parquet) else Start(file)


@contextmanager
def _readable(path: Path) -> Iterator[IO[bytes]]:
    """The file unpacked, as bytes; whatever goes wrong with it is a DataError that names it."""
    try:
        with _opened(path) as file:
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
    raise ConfigError(f"{path}: the ending tells no format; say --format, one of {known}")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file unpacked, as bytes."""
    packing = path.suffix.lower()
    with path.open("rb") as raw:
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

    The file gets the shape of `like`, when that has the same format: the column types of a Parquet file, the separator
    of a table, the object around the rows of a JSON file. Raises ConfigError for an ending that
    tells no format, OutputError where the file cannot be written or cannot hold a row.
    """
    found = _typed(format_of(path), like)
    part = path.with_name(path.name + ".part")
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
        with _named(path):
            part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _typed(found: Format, like: str | Path | None) -> Format:
    try:
        same = like is not None and format_of(Path(like)).names == found.names
    except ConfigError:
        same = False
    if like is None or not same:
        return found
    with _readable(Path(like)) as file:
        return found.like(_start(found, file))


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
