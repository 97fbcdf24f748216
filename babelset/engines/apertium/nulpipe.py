"""
A shell pipeline that answers NUL-terminated units one by one, in order, kept as one process group.

>>> with NulPipe("tr a-z A-Z") as pipe:      # a tool that flushes at each NUL
...     pipe.ask([b"one", b"two"], patience=5)
Reply(answers=[b'ONE', b'TWO'], trouble='')

The pipeline may die or hang at any moment: `ask` then returns the answers that came before, and says why.
What an answer is worth is for the caller to check: a dead stage can make the stages after it answer nonsense.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Reply:
    """The answers to the first units, and what went wrong with the pipeline: "" for nothing."""

    answers: list[bytes]
    trouble: str = ""


class NulPipe:
    """Start `script` under /bin/sh in a session of its own; close it to end every stage of it."""

    def __init__(self, script: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the pipeline
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    @property
    def group(self) -> int:
        """The process group of all stages."""
        return self._process.pid

    def ask(self, units: Sequence[bytes], patience: float) -> Reply:
        """Send all units and collect their answers; `patience` seconds without an answer mean "hung"."""
        unsent = memoryview(b"".join(unit + b"\0" for unit in units))
        pieces: list[bytes] = [b""]
        last = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if unsent:
                selector.register(self._in, selectors.EVENT_WRITE)
            while len(pieces) <= len(units):
                ready = selector.select(max(0.0, last + patience - time.monotonic()))
                if not ready:
                    return Reply(pieces[:-1], "hung")
                for key, _ in ready:
                    if key.fd == self._in:
                        unsent = self._send(unsent)
                        if not unsent:
                            selector.unregister(self._in)
                        continue
                    if not (read := os.read(self._out, CHUNK)):
                        return Reply(pieces[:-1], "died")
                    first, *rest = read.split(b"\0")
                    pieces[-1] += first
                    pieces += rest
                    if rest:
                        last = time.monotonic()
        trouble = "" if pieces[len(units) :] == [b""] else "said more than it was asked"
        return Reply(pieces[: len(units)], trouble)

    def _send(self, unsent: memoryview) -> memoryview:
        """What is left to send; nothing when nobody reads any more, for then the answers end as well."""
        try:
            return unsent[os.write(self._in, unsent[:CHUNK]) :]
        except BrokenPipeError:
            return unsent[:0]

    def complaint(self) -> str:
        """The last line that a stage wrote to its standard error, or ""."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 1000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def close(self) -> None:
        """End every stage at once."""
        if self._errors.closed:
            return
        with contextlib.suppress(ProcessLookupError):  # all stages may have ended by themselves
            os.killpg(self._process.pid, signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
