"""
Run an Apertium tagger so that it meets every unit as if it were the first.

    ... | python freshtagger.py apertium-tagger -g eng-spa.prob | ...        NUL-terminated units in and out

The HMM tagger forgets at a NUL, with one exception: a word whose set of readings its model has not seen
narrows, for good, what it takes unknown words for (`find_similar_ambiguity_class` in apertium's
tagger_utils.cc assigns through a reference). So 3 to 20 % of English sentences change what comes after
them. With --debug it reports each such word; a tagger that has reported anything is replaced.

A program of its own, on the standard library alone: it stands inside the pipeline.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

CHUNK = 1 << 16
ROOM = 1 << 14  # a unit of this size fits into a pipe: writing it never waits for the reader


class FreshTagger:
    """Answers one unit at a time, each from a tagger that no earlier unit has changed."""

    def __init__(self, command: list[str]) -> None:
        self.command = [command[0], "--debug", "--null-flush", *command[1:]]
        self.start()

    def start(self) -> None:
        self.reports = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.reports, bufsize=0
        )
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def stop(self) -> None:
        self.stdin.close()
        self.stdout.close()
        self.process.kill()
        self.process.wait()
        self.reports.close()

    def tag(self, unit: bytes) -> bytes:
        """The tagged unit with its NUL; without one when the tagger died over it."""
        if len(unit) > ROOM:
            return subprocess.run(self.command, input=unit, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        self.stdin.write(unit)
        answer = self.stdout.read(CHUNK) or b""
        while answer and not answer.endswith(b"\0") and (more := self.stdout.read(CHUNK)):
            answer += more
        # the report is written before the answer is flushed, so it is here by now
        if os.fstat(self.reports.fileno()).st_size:
            self.stop()
            self.start()
        return answer


def units(descriptor: int) -> Iterator[bytes]:
    """The NUL-terminated units that arrive at a file descriptor, each as soon as it is complete."""
    rest = b""
    while chunk := os.read(descriptor, CHUNK):
        *whole, last = chunk.split(b"\0")
        for part in whole:
            yield rest + part + b"\0"
            rest = b""
        rest += last


def main(command: list[str]) -> None:
    tagger = FreshTagger(command)
    for unit in units(0):
        answer = tagger.tag(unit)
        if not answer.endswith(b"\0"):
            raise SystemExit(f"{command[0]} died")  # ends the pipeline: its owner starts another
        out = memoryview(answer)
        while out:
            out = out[os.write(1, out) :]


if __name__ == "__main__":
    main(sys.argv[1:])
