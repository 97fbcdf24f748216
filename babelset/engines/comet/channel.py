"""
JSON lines to and from a process that may die, hang or talk nonsense at any moment.

>>> with Channel(["python3", "-c", "print(input())"]) as channel:
...     channel.send({"id": 1})
...     channel.receive(patience=5)
b'{"id": 1}'
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Self

CHUNK = 1 << 16
LONGEST_LINE = 1 << 26


class Lost(Exception):
    """The process answers no more; says why. `memory`: most likely for want of memory."""

    def __init__(self, reason: str, memory: bool = False) -> None:
        super().__init__(reason)
        self.memory = memory


class Channel:
    """
    Start `command`, in a session of its own, so that Ctrl-C is not for it; close the channel to end the process.

    OSError where it cannot be started. It has ended by itself when its standard input is closed, which happens
    however this process ends.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                bufsize=0,
            )
        except OSError:
            self._errors.close()
            raise
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._unsent = memoryview(b"")
        self._rest = bytearray()
        self._lines: deque[bytes] = deque()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Put the message where the next `receive` sends it from."""
        self._unsent = memoryview(bytes(self._unsent) + json.dumps(message).encode() + b"\n")

    def receive(self, patience: float) -> bytes:
        """The next line; Lost after `patience` seconds without one, or when the process has ended."""
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if self._unsent:
                selector.register(self._in, selectors.EVENT_WRITE)
            while not self._lines:
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise Lost(f"gave no answer in {patience:.4g} s")
                for key, _ in ready:
                    if key.fd == self._out:
                        self._read()
                    elif not self._write():
                        selector.unregister(self._in)
        return self._lines.popleft()

    def _read(self) -> None:
        block = os.read(self._out, CHUNK)
        if not block:
            raise self._ended()
        self._rest += block
        if b"\n" in block:
            *lines, rest = self._rest.split(b"\n")
            self._lines.extend(map(bytes, lines))
            self._rest = rest
        elif len(self._rest) > LONGEST_LINE:
            raise Lost("talks without end")

    def _write(self) -> bool:
        """Whether something is left to send; nothing when nobody listens any more, for then the answers end as well."""
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent[:CHUNK]) :]
        except BrokenPipeError:
            self._unsent = self._unsent[:0]
        return bool(self._unsent)

    def _ended(self) -> Lost:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return Lost("closed its standard output")
        if code == -signal.SIGKILL:
            return Lost("was killed, perhaps for want of memory", memory=True)
        how = f"signal {-code}" if code < 0 else f"code {code}"
        return Lost(f"ended with {how}: {self.complaint() or 'no last words'}")

    def complaint(self) -> str:
        """The last line that the process wrote to its standard error, or ""."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return "".join(filter(str.isprintable, lines[-1]))[:300] if lines else ""

    def close(self) -> None:
        """End the process at once."""
        if self._errors.closed:
            return
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self.pid, signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
