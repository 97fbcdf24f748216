"""A line, a row: JSON lines and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from babelset.errors import DataError, OutputError
from babelset.files.formats.array import JsonArray, parsed
from babelset.files.formats.format import LONGEST, TOO_LONG, Bad, Noted, Reading, Writer, encoded
from babelset.files.formats.start import BLOCK, Start
from babelset.files.lossless import dumps, loads, spelt
from babelset.files.row import EXCERPT, KEY, excerpt

BLANK = b" \t\r\n"


class Lines:
    """The lines of a file, and the number of the last one; of a line that is too long only the beginning comes."""

    def __init__(self, file: Start) -> None:
        self.file, self.number, self.too_long, self.ended = file, 0, False, False

    def __iter__(self) -> Iterator[bytes]:
        while line := self._read(LONGEST):
            self.number += 1
            self.too_long = len(line) == LONGEST and not line.endswith(b"\n")
            if self.too_long:
                line = line[: 4 * EXCERPT]
                while (rest := self._read(BLOCK)) and not rest.endswith(b"\n"):
                    pass
            yield line.removeprefix(b"\xef\xbb\xbf") if self.number == 1 else line
        self.ended = True

    def _read(self, most: int) -> bytes:
        try:
            return self.file.readline(most)
        except DataError as error:
            raise DataError(error.reason, line=self.number + (not self.too_long)) from None

    def pass_over(self, chars: bytes) -> None:
        """Skip what follows as long as it is nothing but `chars`, a block at a time: a gigabyte of empty lines."""
        while (block := self.file.peek()) and not block.strip(chars):
            self.number += block.count(b"\n")
            self.file.read(len(block))


class JsonLines:
    """A file that is named so, and is an array or objects over several lines, is read as what it is."""

    names = ("jsonl", "ndjson")

    def read(self, file: Start, skip: int = 0) -> Iterator[Reading]:
        if _is_array(file):
            yield from islice(JsonArray().read(file), skip, None)
        else:
            yield from self._lines(file, skip)

    def count(self, file: Start) -> int:
        return sum(1 for _ in (JsonArray().read(file) if _is_array(file) else _filled(Lines(file))))

    def note(self, file: Start) -> str:
        if is_bare_list(file.first_line):
            return "the rows are lists of messages; they are read and written as objects with the key 'messages'"
        if not _is_array(file):
            return ""
        more = JsonArray().note(file)
        return "it holds no row a line, but a JSON array or objects over several lines; it is read as --format json" + (
            f"; {more}" if more else ""
        )

    def like(self, file: Start) -> JsonLines:
        return self

    def _lines(self, file: Start, skip: int) -> Iterator[Reading]:
        import jsonlines

        lines = Lines(file)
        filled = islice(_filled(lines), skip, None)
        reader: Any = jsonlines.Reader(filled, loads=loads)
        while True:
            try:
                data = reader.read(skip_empty=True)
            except EOFError:  # jsonlines' word for the end, and gzip's for a file that breaks off
                if not lines.ended:
                    raise
                return
            except jsonlines.InvalidLineError as error:
                yield lines.number, _again(error, lines.too_long)
                continue
            if lines.too_long:  # cut, and valid by chance
                yield lines.number, Bad(TOO_LONG, excerpt(dumps(data)))
            else:
                yield lines.number, _row(data)

    def writer(self, file: IO[bytes]) -> Writer:
        return _LineWriter(file)


def _filled(lines: Lines) -> Iterator[bytes]:
    for line in lines:
        if not line or line.isspace():  # the first is what a mark of byte order alone leaves
            lines.pass_over(BLANK)
        else:
            yield line


def _row(data: Any) -> dict[str, Any] | Bad:
    if isinstance(data, dict):
        return data
    return {"messages": data} if _are_messages(data) else Bad("not an object", excerpt(dumps(data)))


def _again(error: Any, too_long: bool) -> dict[str, Any] | Noted | Bad:
    """A line that jsonlines refuses: what is wrong with it, where it is not NaN alone."""
    if too_long or not isinstance(error.line, str) or "NaN" not in error.line:
        reason = f"not valid JSON: {error.__cause__}" if error.__cause__ else "not an object"
        return Bad(TOO_LONG if too_long else reason, excerpt(error.line))
    return parsed(error.line)


def _are_messages(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(map(_is_message, data))


def _is_message(item: Any) -> bool:
    return isinstance(item, dict) and ("role" in item or "from" in item) and ("content" in item or "value" in item)


def is_bare_list(line: bytes) -> bool:
    """Whether a line is a list of messages, and so a row."""
    try:
        return line.startswith(b"[") and line.endswith(b"]") and _are_messages(loads(line.decode()))
    except ValueError:
        return False


def _is_array(file: Start) -> bool:
    """Whether a file holds no row a line: its first line is no JSON, or is an array of all rows."""
    first, second = file.first_line, file.second_line
    if not first.startswith((b"[", b"{")) or is_bare_list(first):
        return False
    if first.startswith(b"[{") and not second and (first.endswith(b"]") or not file.whole):
        return True
    if _is_json(first) or not second:
        return False
    return first.startswith(b"[") or first == b"{" or file.head.partition(b"\n")[2][:1] in (b" ", b"\t")


def _is_json(line: bytes) -> bool:
    try:
        loads(line.decode(), nan=True)
    except ValueError:
        return False
    return True


class _LineWriter:
    """A row is written as it is spelt: copies of a row of 50 MB, with what is known of it, fill a gigabyte."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, row: dict[str, Any]) -> None:
        self.file.write(spelt(row))
        self.file.write(b"\n")

    def close(self) -> None:
        pass


class Text:
    names = ("text", "txt")

    def note(self, file: Start) -> str:
        return ""

    def like(self, file: Start) -> Text:
        return self

    def count(self, file: Start) -> int:
        return sum(1 for _ in Lines(file))

    def read(self, file: Start, skip: int = 0) -> Iterator[Reading]:
        lines = Lines(file)
        for line in islice(lines, skip, None):
            if lines.too_long:
                yield lines.number, Bad(TOO_LONG, excerpt(line))
                continue
            try:
                yield lines.number, {"text": line.decode().removesuffix("\n").removesuffix("\r")}
            except UnicodeDecodeError as error:
                yield lines.number, Bad(f"not valid UTF-8: {error}", excerpt(line))

    def writer(self, file: IO[bytes]) -> Writer:
        return _TextWriter(file)


class _TextWriter:
    """A text without translation is an empty line; the evidence of a run has no place here."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, row: dict[str, Any]) -> None:
        text = "" if row.get("text") is None else row["text"]
        if row.keys() - {KEY} != {"text"} or not isinstance(text, str) or "\n" in text or text.endswith("\r"):
            raise OutputError("a text file holds one line a row, and this row is more; write .jsonl instead")
        self.file.write(encoded(text) + b"\n")

    def close(self) -> None:
        pass
