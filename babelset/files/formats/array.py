"""One JSON array of objects, read row by row, or objects one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from babelset.errors import DataError
from babelset.files.formats.format import LONGEST, Bad, Reading, Writer
from babelset.files.lossless import dumps, loads
from babelset.files.row import excerpt

BLOCK = 1 << 16
MARK = re.compile(rb'["\[\]{},]')
STRING = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+')
SPACE = b" \t\r\n"


class JsonArray:
    """
    Where a row ends depends on brackets and strings alone, so a row that is not valid JSON does not hide the next.
    """

    names = ("json",)

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        for line, raw, reason in _Elements(file):
            yield line, Bad(reason, excerpt(raw)) if reason else _parsed(raw)

    def writer(self, file: IO[bytes]) -> Writer:
        return _ArrayWriter(file)


def _parsed(raw: bytes) -> dict[str, Any] | Bad:
    try:
        data = loads(raw.decode())
    except UnicodeDecodeError as error:
        return Bad(f"not valid UTF-8: {error}", excerpt(raw))
    except ValueError as error:
        return Bad(f"not valid JSON: {error}", excerpt(raw))
    return data if isinstance(data, dict) else Bad("not an object", excerpt(raw))


class _Elements:
    """The raw elements of a JSON array, each with its line and, where it is not whole, the reason."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.buffer, self.line = file, b"", 1
        self.at = 0  # how far the buffer is scanned
        self.unclosed = 0  # up to here quotes mean nothing
        self.depth = 0
        self.in_array = False

    def __iter__(self) -> Iterator[tuple[int, bytes, str]]:
        self._more()
        self.buffer = self.buffer.removeprefix(b"\xef\xbb\xbf")
        while (end := self._end()) is not None:
            yield from self._take(end)
        if self.in_array or self.buffer.strip(SPACE):
            reason = "the file breaks off here" if self.depth > 0 else "not valid JSON: neither an array nor an object"
            yield self._line_of(self.buffer), self.buffer.strip(SPACE), reason

    def _more(self) -> bool:
        """Read on, more the more is held, so that a long row is not scanned again and again."""
        if len(self.buffer) > LONGEST:
            raise DataError("a row longer than 64 MiB begins here, or brackets never close", line=self.line)
        block = self.file.read(max(BLOCK, len(self.buffer)))
        self.buffer += block
        return bool(block)

    def _end(self) -> int | None:
        """Where the current element ends: at a comma or bracket of the array, or after a closing bracket."""
        while True:
            mark = MARK.search(self.buffer, self.at)
            if mark is None:
                self.at = len(self.buffer)
                if not self._more():
                    return None
            elif mark[0] == b'"':
                self.at = self._past_string(mark.end())
            else:
                self.at = mark.end()
                if (end := self._step(mark[0], mark)) is not None:
                    return end

    def _past_string(self, start: int) -> int:
        """After the string or, where it is never closed, after its first quote: the rows behind it are still found."""
        if start <= self.unclosed:
            return start
        while match := STRING.match(self.buffer, start):
            after = self.buffer[match.end() : match.end() + 2]
            if after.startswith(b'"'):
                return match.end() + 1
            if b"\n" in after or not self._more():  # no JSON string goes over the end of a line
                self.unclosed = match.end()
                break
        return start

    def _step(self, char: bytes, mark: re.Match[bytes]) -> int | None:
        if char == b"," and self.depth == int(self.in_array):
            return mark.start() if self.in_array else mark.end()
        if char in b"[{":
            opens = not self.in_array and self.depth == 0 and char == b"["
            if opens and not self.buffer[: mark.start()].strip(SPACE):
                self.in_array = True
                self._drop(mark.end())
            self.depth += 1
        elif char in b"]}":
            self.depth -= 1
            if self.depth <= 0:
                return mark.start() if self.in_array else mark.end()
        return None

    def _take(self, end: int) -> Iterator[tuple[int, bytes, str]]:
        raw = self.buffer[:end]
        line = self._line_of(raw)
        closes = self.in_array and self.depth <= 0
        if closes:
            self.in_array = False
        self._drop(self.at)
        if not closes and self.depth < 0:
            self.depth = 0
        if raw.strip(SPACE):
            yield line, raw.strip(SPACE), ""

    def _line_of(self, raw: bytes) -> int:
        return self.line + raw[: len(raw) - len(raw.lstrip(SPACE))].count(b"\n")

    def _drop(self, count: int) -> None:
        self.line += self.buffer.count(b"\n", 0, count)
        self.buffer = self.buffer[count:]
        self.at, self.unclosed = 0, max(0, self.unclosed - count)


class _ArrayWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.rows = file, 0

    def write(self, row: dict[str, Any]) -> None:
        self.file.write((",\n" if self.rows else "[\n").encode() + dumps(row).encode())
        self.rows += 1

    def close(self) -> None:
        self.file.write(b"\n]\n" if self.rows else b"[]\n")
