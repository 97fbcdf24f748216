"""
Child processes that may die, hang or talk nonsense at any moment, and that never outlive their owner.

>>> with Child(["tr", "a-z", "A-Z"]) as child:
...     child.send(b"hello" * 10_000)
...     child.read(patience=5)
b'HELLO...'

What a block of output means is for the caller to say: see `apertium.nulpipe` and `channel`.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO, Self

CHUNK = 1 << 16
TAIL = 1 << 16  # bytes of a log that are searched for its last lines
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # colours and movements of the cursor
FRAME = re.compile(r" {4}|  File \"|Traceback \(most recent")  # the insides of a traceback


class Child:
    """
    Start `command` in its own session, so that Ctrl-C does not reach it; close it to end the whole process group.

    With a `log`, all that it writes goes there and nothing is left to read; otherwise its standard error is kept for
    `complaint`. `env` is added to the environment. Raises OSError if it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, log: BinaryIO | None = None
    ) -> None:
        self._log = log or tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log or subprocess.PIPE,
                stderr=self._log,
                start_new_session=True,
                env={**os.environ, **(env or {})},
                bufsize=0,
            )
        except OSError:
            self._log.close()
            raise
        self._pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe]
        self._in, self._out = (self._pipes[0].fileno(), self._pipes[-1].fileno())
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._unsent = memoryview(b"")

    @property
    def pid(self) -> int:
        """Also the id of the process group."""
        return self._process.pid

    def code(self, patience: float = 0) -> int | None:
        """The exit code, -N after signal N; None if it still runs after `patience` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        return self._process.returncode

    def send(self, data: bytes) -> None:
        """Queue the data; it is written while `read` waits, so that neither side blocks the other."""
        self._unsent = memoryview(bytes(self._unsent) + data)

    def read(self, patience: float) -> bytes:
        """The next block of output, b"" at its end; TimeoutError after `patience` seconds without one."""
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if self._unsent:
                selector.register(self._in, selectors.EVENT_WRITE)
            while ready := selector.select(max(0.0, deadline - time.monotonic())):
                if any(key.fd == self._out for key, _ in ready):
                    return os.read(self._out, CHUNK)
                self._write()
                if not self._unsent:
                    selector.unregister(self._in)
        raise TimeoutError(f"no output in {patience:.4g} s")

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent[:CHUNK]) :]
        except BrokenPipeError:  # nobody reads any more, and so the output ends as well
            self._unsent = self._unsent[:0]

    def complaint(self) -> str:
        """The last line of its standard error, or ""."""
        return "".join(last_lines(self._log, 1))

    def close(self) -> None:
        """End the process and all others in its group at once."""
        if self._log.closed:
            return
        with suppress(ProcessLookupError):  # they may all have ended by themselves
            os.killpg(self.pid, signal.SIGKILL)
        for pipe in self._pipes:
            pipe.close()
        self._process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def last_lines(log: BinaryIO, most: int = 15) -> list[str]:
    """
    The last lines of a log, as a terminal may show them: printable, 300 characters each, no blank ones.

    The insides of tracebacks are left out: the error that they end in is what helps.
    """
    log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL))
    text = ANSI.sub("", log.read().decode("utf-8", "replace"))
    # a progress bar writes its line again and again, each time after a carriage return
    raw = (line.rstrip("\r").rpartition("\r")[2].replace("\t", " ") for line in text.split("\n"))
    lines = ("".join(filter(str.isprintable, line))[:300].rstrip() for line in raw if not FRAME.match(line))
    return [line for line in lines if line][-most:]
