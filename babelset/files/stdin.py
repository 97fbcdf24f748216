"""Standard input as a file: rows from a pipe are spooled, so that they can be read twice and accounted for."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from babelset.errors import DataError
from babelset.files.formats.lines import is_bare_list
from babelset.files.formats.start import UTF16
from babelset.files.hubsplits import expanded

SNIFFED = 1 << 16  # bytes that a format is recognised from


@contextmanager
def spooled(paths: Sequence[str], format: str | None) -> Iterator[tuple[str, ...]]:
    """`paths` with "-" replaced by a temporary file of standard input, and datasets of the hub by their files."""
    paths = expanded(paths)
    if "-" not in paths:
        yield paths
        return
    with tempfile.TemporaryDirectory(prefix="babelset-") as folder:
        whole = Path(folder, "stdin")
        with whole.open("wb") as file:
            for block in blocks():
                file.write(block)
        with whole.open("rb") as file:
            ending = format or sniff(file.read(SNIFFED))
        named = str(whole.rename(whole.with_name(f"stdin.{ending}")))
        yield tuple(named if path == "-" else path for path in paths)


def blocks() -> Iterator[bytes]:
    """What stands in standard input; DataError where it cannot be read, as when it is closed."""
    try:
        while block := sys.stdin.buffer.read(1 << 20):
            yield block
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}; name a file, or send rows", file="standard input") from None


def sniff(start: bytes) -> str:
    """The format of a stream by its beginning: "parquet", "json", "jsonl" or "txt"."""
    if start.startswith(b"PAR1"):
        return "parquet"
    if start[:2] in UTF16:
        start = start[: len(start) // 2 * 2].decode("utf-16", "ignore").encode("utf-8", "ignore")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "jsonl" if is_bare_list(text.partition(b"\n")[0].strip()) else "json"
    return "jsonl" if text.startswith(b"{") else "txt"
