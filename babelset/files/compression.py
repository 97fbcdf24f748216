"""Compressed files: .gz and .zst, of which one that breaks off is an error, not a short file."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from babelset.errors import DataError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSED = (".gz", ".zst")
WIDEST = {int(zstd.DecompressionParameter.window_log_max): 31}  # what `zstd --long=31` writes


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
def decompressed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """The content of an open file as bytes; whatever goes wrong with it is a DataError that names it."""
    try:
        with _decompressing(raw, path) as file:
            yield file
    except gzip.BadGzipFile as error:
        raise DataError(f"not a gzip file, or damaged: {error}", file=str(path)) from None
    except zstd.ZstdError as error:
        raise DataError(f"not a zstd file, or damaged: {error}", file=str(path)) from None
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


@contextmanager
def _decompressing(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    ending = path.suffix.lower()
    if ending == ".gz":
        with gzip.open(raw) as file:
            yield file  # type: ignore[misc]
    elif ending == ".zst":
        with zstd.ZstdFile(raw, options=WIDEST) as file:
            yield file  # type: ignore[misc]
    else:
        yield raw


@contextmanager
def compressed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """What is written here comes to `raw` as the ending of `path` says; `raw` stays open."""
    ending = path.suffix.lower()
    if ending == ".gz":
        with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:  # no name, no time: same rows, same bytes
            yield file  # type: ignore[misc]
    elif ending == ".zst":
        with zstd.ZstdFile(raw, "wb") as file:
            yield file  # type: ignore[misc]
    else:
        yield raw
