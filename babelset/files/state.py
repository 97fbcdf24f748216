"""Whether a file is still the one that was opened."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from babelset.errors import DataError
from babelset.files.hub import local


@dataclass(slots=True)
class State:
    """What tells one file from another, and a file from what it becomes when somebody writes to it."""

    before: os.stat_result

    @classmethod
    def of(cls, file: IO[bytes]) -> Self:
        return cls(os.fstat(file.fileno()))

    def touched(self, path: Path) -> bool:
        """Whether something was done to it that its size and times hide: a time set back, or only other rights."""
        return local(path).stat().st_ctime_ns != self.before.st_ctime_ns

    def check(self, path: Path) -> None:
        """
        Raise DataError, with what has changed, where `path` is another file now, or was written to.

        >>> State.of(file).check(Path("a.jsonl"))
        DataError: a.jsonl: has changed while it was read: from 9,000 to 200 bytes; start again when nothing ...
        """
        try:
            now = local(path).stat()
        except OSError:
            raise DataError("has gone while it was read; bring it back and start again", file=str(path)) from None
        if what := _difference(self.before, now):
            reason = f"has changed while it was read: {what}; start again when nothing writes to it"
            raise DataError(reason, file=str(path))


def _difference(before: os.stat_result, now: os.stat_result) -> str:
    if not stat.S_ISREG(before.st_mode):  # a pipe is another at every look
        return ""
    if (now.st_ino, now.st_dev) != (before.st_ino, before.st_dev):
        return "another file has taken its place"
    if now.st_size != before.st_size:
        return f"from {before.st_size:,} to {now.st_size:,} bytes"
    return "it was written to, and is as long as before" if now.st_mtime_ns != before.st_mtime_ns else ""
