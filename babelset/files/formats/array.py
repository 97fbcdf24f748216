"""One JSON array of objects, read row by row, be it inside of an object, or objects one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from babelset.errors import DataError
from babelset.files.formats.format import LONGEST, TOO_LONG, Bad, Noted, Reading, Writer
from babelset.files.formats.start import Start
from babelset.files.formats.wrapped import unfolded, wrapping
from babelset.files.lossless import dumps, loads
from babelset.files.row import excerpt

BLOCK = 1 << 16
AROUND = 1 << 20  # bytes behind wrapped rows that are kept
MARK = re.compile(rb'["\[\]{},]')
STRING = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+')
SPACE = b" \t\r\n"


@dataclass(frozen=True)
class JsonArray:
    """
    Where a row ends depends on brackets and strings alone, so a row that is not valid JSON does not hide the next.

    `before` and `after` are what is written around the array.
    """

    before: bytes = b""
    after: bytes = b""
    names = ("json",)

    def read(self, file: Start) -> Iterator[Reading]:
        found = wrapping(file.head)
        elements = _Elements(file, inside=found.start if found else 0)
        for line, raw, reason in elements:
            content = Bad(reason, excerpt(raw)) if reason else parsed(raw)
            rows = unfolded(content) if found and isinstance(content, dict) else None
            yield from ((line, row) for row in ([content] if rows is None else rows))

    def note(self, file: Start) -> str:
        found = wrapping(file.head)
        if found is None:
            return ""
        if file.head.find(b'"paragraphs"', found.start) >= 0:
            return f"the rows are the questions of the articles under {found.key!r}; they are written flat, one a row"
        around = ", ".join(found.around)
        return f"the rows are under {found.key!r}" + (
            f"; what is around them stays as it is: {around}" if around else ""
        )

    def like(self, file: Start) -> JsonArray:
        """The format that wraps its rows as `file` does."""
        found = wrapping(file.head)
        if found is None or file.head.find(b'"paragraphs"', found.start) >= 0:
            return self
        elements = _Elements(file, inside=found.start)
        for _ in elements:
            pass
        after = elements.rest(AROUND)
        return self if after is None else JsonArray(file.head[: found.start], after)

    def writer(self, file: IO[bytes]) -> Writer:
        return _ArrayWriter(file, self)


def parsed(raw: bytes | str) -> dict[str, Any] | Noted | Bad:
    """The object that a text spells, or why it spells none; NaN is read as null, and noted."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        data, note = _loaded(text)
    except UnicodeDecodeError as error:
        return Bad(f"not valid UTF-8: {error}", excerpt(raw))
    except ValueError as error:
        return Bad(f"not valid JSON: {error}", excerpt(raw))
    if not isinstance(data, dict):
        return Bad("not an object", excerpt(raw))
    return Noted(data, note) if note else data


def _loaded(text: str) -> tuple[Any, str]:
    try:
        return loads(text), ""
    except ValueError:
        if "NaN" not in text:
            raise
        return loads(text, nan=True), "NaN read as null"


class _Elements:
    """The raw elements of a JSON array, each with its line and, where it is not whole, the reason."""

    def __init__(self, file: IO[bytes], inside: int = 0) -> None:
        """`inside`: an object is around the array, and the array begins at this byte."""
        self.file, self.buffer, self.line = file, b"", 1
        self.inside = bool(inside)
        self.line += file.read(inside).count(b"\n") if inside else 0
        self.at = 0  # how far the buffer is scanned
        self.unclosed = 0  # up to here quotes mean nothing
        self.depth = 0
        self.in_array = False

    def __iter__(self) -> Iterator[tuple[int, bytes, str]]:
        self._more()
        self.buffer = self.buffer.removeprefix(b"\xef\xbb\xbf")
        while (end := self._end()) is not None:
            yield from self._take(end)
            if self.inside and not self.in_array:
                return
        if self.in_array or self.buffer.strip(SPACE):
            reason = "the file breaks off here" if self.depth > 0 else "not valid JSON: neither an array nor an object"
            yield self._line_of(self.buffer), self.buffer.strip(SPACE), reason

    def rest(self, most: int) -> bytes | None:
        """What comes behind the array; None where it is longer than `most`."""
        rest = self.buffer + self.file.read(most + 1)
        return rest if len(rest) <= most else None

    def _more(self) -> bool:
        """Read on, more the more is held, so that a long row is not scanned again and again."""
        if len(self.buffer) > LONGEST:
            raise DataError(f"a row begins here that is never closed, or {TOO_LONG}", line=self._line_of(self.buffer))
        try:
            block = self.file.read(max(BLOCK, len(self.buffer)))
        except DataError as error:
            raise DataError(error.reason, line=self.line) from None
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
    def __init__(self, file: IO[bytes], around: JsonArray) -> None:
        self.file, self.rows, self.around = file, 0, around

    def write(self, row: dict[str, Any]) -> None:
        start = b",\n" if self.rows else self.around.before + b"[\n"
        self.file.write(start + dumps(row).encode())
        self.rows += 1

    def close(self) -> None:
        end = b"\n]" if self.rows else self.around.before + b"[]"
        self.file.write(end + (self.around.after or b"\n"))
