"""
A shell pipeline that answers NUL-terminated units one by one, in order, kept as one process group.

>>> with NulPipe("tr a-z A-Z") as pipe:      # a tool that flushes at each NUL
...     list(pipe.ask([b"one", b"two"], patience=5))
[b'ONE', b'TWO']

The pipeline may die or hang at any moment: `ask` then gives the answers that came before, and raises PipeLost.
What an answer is worth is for the caller to check: a dead stage can make the stages after it answer nonsense.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from babelset.engines.processes import Child


class PipeLost(Exception):
    """What went wrong with the pipeline: "hung", "died"."""


class NulPipe(Child):
    """Start `script` under /bin/sh; close it to end every stage of it."""

    def __init__(self, script: str) -> None:
        super().__init__(["/bin/sh", "-c", script], env={"LC_ALL": "C.UTF-8"})

    def ask(self, units: Sequence[bytes], patience: float) -> Iterator[bytes]:
        """
        Send all units; their answers as they come, so that the pipeline works on while one is looked at.

        Raises PipeLost when it ends, is silent for `patience` seconds, or says more than it was asked.
        """
        self.send(b"".join(unit + b"\0" for unit in units))
        answered, rest, last = 0, b"", time.monotonic()
        while answered < len(units):
            try:
                block = self.read(last + patience - time.monotonic())
            except TimeoutError:
                raise PipeLost("hung") from None
            if not block:
                raise PipeLost("died")
            *whole, end = block.split(b"\0")
            if whole:
                whole[0], rest = rest + whole[0], b""
            rest += end
            yield from whole[: len(units) - answered]
            answered += len(whole)
            if whole:
                last = time.monotonic()  # after they were looked at: that was not the pipeline's time
        if rest or answered > len(units):
            raise PipeLost("said more than it was asked")
