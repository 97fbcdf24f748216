"""What a format is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol

from babelset.errors import OutputError
from babelset.files.formats.start import Start

LIMIT = "BABELSET_LONGEST_ROW"  # in MiB
LONGEST = int(os.environ.get(LIMIT, "32")) << 20  # bytes of one row: translating it takes about 55 times its size
TOO_LONG = f"longer than {LONGEST >> 20} MiB; cut it into several rows, leave it out, or set {LIMIT}={LONGEST >> 19}"


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be read: why, and its bytes."""

    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A row in which something was changed in reading, and what: "NaN read as null"."""

    data: dict[str, Any]
    note: str


Reading = tuple[int, dict[str, Any] | Noted | Bad]  # line, counted from 1, and what stands there


def twice_in(names: Sequence[str]) -> str | None:
    """The first name that stands there twice: `twice_in("abca")` -> "a"."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


def encoded(text: str) -> bytes:
    """UTF-8; OutputError for a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise OutputError("a text holds half a surrogate pair, which only JSON can spell; write .jsonl") from None


class Writer(Protocol):
    def write(self, row: dict[str, Any]) -> None: ...

    def close(self) -> None:
        """Write what ends the file; the file itself stays open."""


class Format(Protocol):
    """
    `names` are what --format takes, each also a file ending; `read` raises DataError for a broken file.

    `note` says what the user must know of how it is read; `like` is the format with the shape of another file.
    """

    @property
    def names(self) -> tuple[str, ...]: ...

    def read(self, file: Start) -> Iterator[Reading]: ...

    def note(self, file: Start) -> str: ...

    def like(self, file: Start) -> Format: ...

    def writer(self, file: IO[bytes]) -> Writer: ...
