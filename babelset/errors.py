"""
Everything babelset raises on purpose. Each class carries the exit code that the command line ends with.

BabelsetError
├── ShortfallError   1  there are fewer rows than were asked for; nothing is written
├── ConfigError      2  the user can fix it: unknown option, language, plug-in or model, a missing extra
├── DataError        3  the input cannot be read; says file, line and field
├── AccountingError  4  rows in is not accepted + rejected + failed
├── ContractError    4  a plug-in broke its promise (wrong count, wrong type)
├── OutputError      5  the output cannot be written: disk full, read-only folder
└── EngineError      6  an engine cannot go on: a server that is down, a budget that is spent, a worker that dies

A message says where, what, and what to do next; it is shown to the user as it stands, without a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class BabelsetError(Exception):
    """
    Whatever babelset raises on purpose: `except BabelsetError as error: sys.exit(error.exit_code)`.

    `summary` is a line; each of the `details` is one below it.
    """

    exit_code = 1

    def __init__(self, summary: str = "", *details: str) -> None:
        self.summary, self.details = summary, details
        super().__init__("\n".join((summary, *details)))


class ShortfallError(BabelsetError):
    """
    There are fewer rows than were asked for, so none are written; the details are a table of what there is.

    The same is in the manifest, and `babelset report` shows it.
    """


class ConfigError(BabelsetError):
    """The user can fix it: an unknown option, language, plug-in or model, a missing extra, an output that exists."""

    exit_code = 2


class DataError(BabelsetError):
    """
    The input cannot be read, and where.

    `DataError("not valid JSON", file="a.jsonl", line=3)` prints as `a.jsonl:3: not valid JSON`.
    """

    exit_code = 3

    def __init__(self, reason: str, *details: str, file: str = "", line: int = 0, field: str = "") -> None:
        self.reason, self.file, self.line, self.field = reason, file, line, field
        place = f"{file}:{line}" if line else file
        super().__init__(": ".join(part for part in (place, field, reason) if part), *details)


class AccountingError(BabelsetError):
    """Rows read are not rows accepted, rejected and failed: a bug in babelset; keep the files and report it."""

    exit_code = 4


class ContractError(BabelsetError):
    """A plug-in broke its contract: the wrong count, the wrong type, or a module that cannot be imported."""

    exit_code = 4


class OutputError(BabelsetError):
    """The output cannot be written: a full disk, a read-only folder, rows that do not fit the format."""

    exit_code = 5


class EngineError(BabelsetError):
    """An engine cannot go on: a server that is down, a budget that is spent, a worker that dies; resume it later."""

    exit_code = 6


class Stopped(Exception):
    """The user asked to stop between two batches; everything answered so far is in the translation memory."""


def check_name(name: str) -> None:
    """Raise ConfigError for a file name, or another text of the command line, that is no UTF-8: no JSON can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise ConfigError(
            f"{shown}: the name is not UTF-8; rename it, or make a link to it with another name"
        ) from None


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """`did_you_mean("comett", ["comet"])` -> " Did you mean 'comet'?", or "" when nothing is near."""
    near = get_close_matches(name, known, n=3)
    return f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
