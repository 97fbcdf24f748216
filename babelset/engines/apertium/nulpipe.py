"""
A shell pipeline that answers NUL-terminated units one by one, in order, kept as one process group.

>>> with NulPipe("tr a-z A-Z") as pipe:      # a tool that flushes at each NUL
...     pipe.ask([b"one", b"two"], patience=5)
PipeReply(answers=[b'ONE', b'TWO'], trouble='')

The pipeline may die or hang at any moment: `ask` then returns the answers that came before, and says why.
What an answer is worth is for the caller to check: a dead stage can make the stages after it answer nonsense.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from babelset.engines.processes import Child


@dataclass(frozen=True, slots=True)
class PipeReply:
    """The answers to the first units, and what went wrong with the pipeline: "" for nothing."""

    answers: list[bytes]
    trouble: str = ""


class NulPipe(Child):
    """Start `script` under /bin/sh; close it to end every stage of it."""

    def __init__(self, script: str) -> None:
        super().__init__(["/bin/sh", "-c", script], env={"LC_ALL": "C.UTF-8"})

    def ask(self, units: Sequence[bytes], patience: float) -> PipeReply:
        """Send all units and collect their answers; `patience` seconds without an answer mean "hung"."""
        self.send(b"".join(unit + b"\0" for unit in units))
        pieces: list[bytes] = [b""]
        last = time.monotonic()
        while len(pieces) <= len(units):
            try:
                block = self.read(last + patience - time.monotonic())
            except TimeoutError:
                return PipeReply(pieces[:-1], "hung")
            if not block:
                return PipeReply(pieces[:-1], "died")
            first, *rest = block.split(b"\0")
            pieces[-1] += first
            pieces += rest
            if rest:
                last = time.monotonic()
        trouble = "" if pieces[len(units) :] == [b""] else "said more than it was asked"
        return PipeReply(pieces[: len(units)], trouble)
