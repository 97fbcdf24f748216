"""
JSON lines to and from a process that may die, hang or talk nonsense at any moment.

>>> with Channel(["python3", "-c", "print(input())"]) as channel:
...     channel.send({"id": 1})
...     channel.receive(patience=5)
b'{"id": 1}'
"""

from __future__ import annotations

import json
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from babelset.engines.processes import Child

T = TypeVar("T")
LONGEST_LINE = 1 << 26
STARTS = 3  # of a worker that dies before it is ready


class WorkerLost(Exception):
    """The process answers no more; says why. `memory`: most likely for want of memory."""

    def __init__(self, reason: str, memory: bool = False) -> None:
        super().__init__(reason)
        self.memory = memory


class Channel(Child):
    """
    Start `command`; close the channel to end it. Raises OSError if it cannot be started.

    It ends by itself when its standard input is closed, which happens however this process ends.
    """

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__(command)
        self._rest = bytearray()
        self._lines: deque[bytes] = deque()

    def say(self, message: Any) -> None:
        """Queue a message; the next `receive` sends it."""
        self.send(json.dumps(message).encode() + b"\n")

    def receive(self, patience: float) -> bytes:
        """The next line; WorkerLost after `patience` seconds without one, or when the process has ended."""
        deadline = time.monotonic() + patience
        while not self._lines:
            try:
                block = self.read(deadline - time.monotonic())
            except TimeoutError:
                raise WorkerLost(f"gave no answer in {patience:.4g} s") from None
            if not block:
                raise self._ended()
            self._take(block)
        return self._lines.popleft()

    def _take(self, block: bytes) -> None:
        self._rest += block
        if b"\n" in block:
            *lines, rest = self._rest.split(b"\n")
            self._lines.extend(map(bytes, lines))
            self._rest = rest
        elif len(self._rest) > LONGEST_LINE:
            raise WorkerLost("talks without end")

    def _ended(self) -> WorkerLost:
        code = self.code(patience=1)
        if code is None:
            return WorkerLost("closed its standard output")
        if code == -signal.SIGKILL:
            return WorkerLost("was killed, perhaps for want of memory", memory=True)
        if code == -signal.SIGALRM:  # of its own clock: see poolworker
            return WorkerLost("took too long")
        how = f"signal {-code}" if code < 0 else f"code {code}"
        return WorkerLost(f"ended with {how}: {self.complaint() or 'no last words'}")


def started(command: Sequence[str], greet: Callable[[bytes], T], within: float) -> tuple[Channel, T]:
    """
    A worker that is ready, and what `greet` makes of its first line; started again where it is lost before.

    Raises OSError where it cannot be started, the last WorkerLost where it is lost each time, and what else `greet`
    raises; no process is left then.
    """
    lost = WorkerLost("was not started")
    for _ in range(STARTS):
        channel = Channel(command)
        try:
            return channel, greet(channel.receive(within))
        except WorkerLost as error:
            channel.close()
            lost = error
        except BaseException:  # an interrupt as well: a worker that has not greeted is of no use
            channel.close()
            raise
    raise lost
