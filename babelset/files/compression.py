"""
Compressed files: .gz and .zst, of which one that breaks off is an error, not a short file.

They are unpacked a block at a time. One that unpacks to far more than any dataset does is refused: a bomb.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from babelset.errors import DataError, check_name
from babelset.files.hub import local

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSED = (".gz", ".zst")
WINDOW = 27  # 2**27 bytes of what was unpacked are held: what `zstd -d` takes without --long
WIDEST = {int(zstd.DecompressionParameter.window_log_max): WINDOW}
MUCH, RATIO = 1 << 30, 1000  # text is packed 3 to 20 times, the same row again and again 100 times


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file as it is; DataError where it cannot be read, ConfigError for a name that nothing can hold."""
    check_name(str(path))
    try:
        file = local(path).open("rb")
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
        wide = "too much memory" in str(error)
        cure = f"its window is wider than {1 << (WINDOW - 20)} MiB; unpack it first: zstd -d --long=31 {path.name}"
        raise DataError(cure if wide else f"not a zstd file, or damaged: {error}", file=str(path)) from None
    except OSError as error:
        raise _cannot_read(path, error) from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"the compressed file breaks off: {error}; fetch it again", file=str(path)) from None
    except DataError as error:
        raise DataError(error.reason, file=str(path), line=error.line, field=error.field) from None


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
            yield _Counted(file, raw)  # type: ignore[misc]
    elif ending == ".zst":
        with zstd.ZstdFile(raw, options=WIDEST) as file:
            yield _Counted(file, raw)  # type: ignore[misc]
    else:
        yield raw


class _Counted:
    """What comes out of a packed file, held against the size of that file."""

    def __init__(self, file: Any, raw: IO[bytes]) -> None:
        self.file, self.packed, self.unpacked = file, size_of(raw), 0

    def read(self, size: int) -> bytes:
        block: bytes = self.file.read(size)
        self.unpacked += len(block)
        check_size(self.packed, self.unpacked)
        return block


def size_of(file: IO[bytes]) -> int:
    """In bytes, wherever the file stands."""
    at = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(at)
    return size


def check_size(packed: int, unpacked: int, much: int = 0) -> None:
    """Raise DataError for a file that unpacks to more than `much`, 1 GiB, and to more than 1000 times its size."""
    if unpacked > max(much or MUCH, RATIO * packed):
        raise DataError(
            f"its {packed:,} bytes unpack to more than {unpacked >> 20:,} MiB, as no dataset does; "
            "if it is one, unpack it yourself and name what comes out"
        )


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
