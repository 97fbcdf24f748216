"""
Where every command prints: nothing from outside steers a terminal, and a stream that fails ends in one line.

`guarded` puts itself before standard output and standard error, so that no print, warning, log or traceback can forget
it. What cannot be seen, or moves what stands around it, is written as JSON escapes it: JSON stays the same JSON.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from babelset.errors import OutputError

LONGEST = 4_000  # characters of a line; of a longer one the middle is left out
INVISIBLE = {  # letters and marks without a shape: Unicode's Default_Ignorable_Code_Point, where it is not Cf
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
}


class ReaderGone(Exception):
    """Nobody reads standard output any more, as in `| head`: a reason to end, no failure."""


class _Escapes(dict[int, str]):
    """What each character is written as."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        seen = (char.isprintable() or unicodedata.category(char) == "Zs") and code not in INVISIBLE
        self[code] = char if seen else json.dumps(char)[1:-1]
        return self[code]


_OF_LINES = _Escapes()
_OF_TEXTS = _Escapes({10: "\n", 9: "\t"})


def escaped(text: str) -> str:
    r"""`escaped("\x1b[31m \u202eb\n")` -> "\\u001b[31m \\u202eb\n": line ends and tabs stay."""
    return text.translate(_OF_TEXTS)


def one_line(value: object) -> str:
    r"""`one_line("a\nb")` -> "a\\nb"; of a very long text the beginning and the end."""
    text = str(value)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST * 3 // 4]} ... {text[-LONGEST // 4 :]}"
    return text.translate(_OF_LINES)


def say(*cells: object, err: bool = False) -> None:
    """One line of standard output: a text, or cells with tabs between them."""
    show("\t".join(map(one_line, cells)) + "\n", err=err)


def show(text: str, *, err: bool = False) -> None:
    """A text of many lines, as it stands."""
    stream = sys.stderr if err else sys.stdout
    stream.write(text)
    stream.flush()


def show_json(value: object, *, indent: int | None = 1, err: bool = False) -> None:
    show(json.dumps(value, ensure_ascii=False, indent=indent) + "\n", err=err)


def warn(message: str, details: Iterable[str] = ()) -> None:
    """What went wrong, on standard error: a line, and one below it for each detail."""
    say(f"babelset: {message}", err=True)
    for detail in details:
        say(detail, err=True)


class Plain:
    """A standard stream that says what is wrong with it. What goes wrong on standard error, nobody can be told."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._failing():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._failing():
            self._stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._fail(ReaderGone())
        except OSError as error:
            self._fail(OutputError(f"{self._name} cannot be written: {error.strerror}"))

    def _fail(self, error: Exception) -> None:
        if self._name != "standard error":
            raise error from None
        self.sink()

    def sink(self) -> None:
        """Let go of what is still in the buffer, or Python complains of it once more when it ends."""
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class Escaping(Plain):
    """A standard stream on which everything is escaped. `trusted` is the same without, for what rich has escaped."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream, name)
        self.trusted = Plain(stream, name)

    def write(self, text: str) -> int:
        self.trusted.write(escaped(text))
        return len(text)


@contextmanager
def guarded() -> Iterator[None]:
    """Print through `Escaping`, whoever prints."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _escaping(sys.stdout, "standard output"), _escaping(sys.stderr, "standard error")
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except (OutputError, ReaderGone):  # has been told of already
            sys.stdout.sink()
        sys.stdout, sys.stderr = before


def _escaping(stream: TextIO, name: str) -> Any:
    if isinstance(stream, Escaping):
        return stream
    with suppress(AttributeError):  # what tests put in its place
        ascii_only = stream.encoding.lower().replace("-", "") in ("ascii", "ansi_x3.41968", "646")
        stream.reconfigure(errors="backslashreplace", **({"encoding": "utf-8"} if ascii_only else {}))  # type: ignore[attr-defined]
    return Escaping(stream, name)


def open_closed() -> None:
    """
    Put something behind each standard stream that is closed: what is read or written there fails, as it should.

    Otherwise the next file that is opened would take its number, and get whatever is printed.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            found = os.open(os.devnull, flags)
            os.dup2(found, number)
            os.set_inheritable(number, True)
            if found != number:
                os.close(found)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
