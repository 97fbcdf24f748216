"""
Work spread over processes, for an engine that is bound to one thread or holds the interpreter while it works.

>>> with Pool("babelset.engines.firefox.bound:Models", {"en-pt": [...]}, workers=2) as pool:
...     pool.map([["en-pt", "Good morning."], ["en-pt", "Thank you."]], sizes=[13, 10])
['Bom dia.', 'Obrigado.']

What is done in each process is a class or function that any module names: it is called once with the options, and what
it returns with each job. Jobs, options and answers are JSON. A worker that dies or hangs is started again, and the job
that it was at is tried again alone; a job that no worker survives is given up, and the others are none the worse.
"""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import orjson

from babelset.engines.channel import Channel, WorkerLost, started
from babelset.errors import EngineError

WINDOW = 8  # jobs in a worker's pipe: it need not wait for us, and few are asked twice where it dies
ATTEMPTS = 3  # of a job that a worker died of
BARREN = 12  # workers lost in a row without an answer between them: it is not the jobs then
READY_WITHIN = 120.0  # seconds
GRACE = 5.0  # seconds in which a worker should have ended by its own clock


class Pool:
    """
    Up to `workers` processes, 0 for one on each core, each started when there is work for it.

    `patience`: seconds for a job, after which its worker is taken for hung. One thread at a time may call `map`.
    """

    def __init__(self, target: str, options: dict[str, Any], workers: int = 0, patience: float = 60) -> None:
        self.size = workers or len(os.sched_getaffinity(0))
        # -P: the current folder may hold modules of any name
        self._command = [sys.executable, "-P", "-m", "babelset.engines.poolworker", target]
        self._command += [orjson.dumps(options).decode(), str(patience)]
        self._seats = [_Seat(self._command, patience + GRACE) for _ in range(self.size)]

    def map(self, jobs: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
        """
        An answer for each job, in order: what the worker said, or a WorkerLost with the reason why there is none.

        The largest are done first, so that all workers end at about the same time. Raises EngineError where no worker
        can be started, or none answers.
        """
        order = sorted(range(len(jobs)), key=lambda place: -sizes[place])
        round_ = _Round(jobs, deque(order))
        with ThreadPoolExecutor(self.size, thread_name_prefix="babelset-pool") as threads:
            try:
                for done in [threads.submit(seat.work, round_) for seat in self._seats[: len(jobs)]]:
                    done.result()
            except BaseException:  # an interrupt as well: what is in the pipes is the last
                round_.todo.clear()
                raise
        return [round_.found[place] for place in range(len(jobs))]

    def close(self) -> None:
        """End all processes; the next call starts others."""
        for seat in self._seats:
            seat.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Round:
    """What all workers share while a call of `map` lasts. Single operations on deques, dicts and lists are atomic."""

    def __init__(self, jobs: Sequence[Any], todo: deque[int]) -> None:
        self.jobs, self.todo = jobs, todo
        self.found: dict[int, Any] = {}
        self.tries: Counter[int] = Counter()
        self.barren = 0

    def take(self) -> int | None:
        try:
            return self.todo.popleft()
        except IndexError:
            return None


class _Seat:
    """The place of one worker, and of those that take over from it."""

    def __init__(self, command: Sequence[str], patience: float) -> None:
        self._command, self._patience = command, patience
        self._channel: Channel | None = None

    def work(self, round_: _Round) -> None:
        """Keep a worker busy until nothing is left to do."""
        sent: deque[int] = deque()
        suspect: int | None = None
        try:
            while True:
                channel = self._running() if suspect is not None or sent or round_.todo else None
                if channel is None:
                    return
                self._send(channel, round_, sent, suspect)
                suspect = self._receive(channel, round_, sent)
        except BaseException:
            round_.todo.clear()  # the others stop as well
            raise

    def _send(self, channel: Channel, round_: _Round, sent: deque[int], suspect: int | None) -> None:
        """Fill the worker's pipe; a job that one died of is asked for alone."""
        if suspect is not None:
            sent.append(suspect)
            channel.say(round_.jobs[suspect])
            return
        while len(sent) < WINDOW and (place := round_.take()) is not None:
            sent.append(place)
            channel.say(round_.jobs[place])

    def _receive(self, channel: Channel, round_: _Round, sent: deque[int]) -> int | None:
        """One answer; where the worker is lost, the job that it was at, unless that one is given up."""
        if not sent:  # another worker took the last one
            return None
        try:
            round_.found[sent[0]] = _answer(channel.receive(self._patience))
            sent.popleft()
            round_.barren = 0
            return None
        except WorkerLost as lost:
            return self._lost(lost, round_, sent)

    def _lost(self, lost: WorkerLost, round_: _Round, sent: deque[int]) -> int | None:
        self.leave()
        place = sent.popleft()
        round_.todo.extendleft(reversed(sent))
        sent.clear()
        round_.tries[place] += 1
        round_.barren += 1
        if round_.barren >= BARREN:
            raise EngineError(f"{BARREN} workers in a row were lost without an answer between; the last one {lost}")
        if round_.tries[place] < ATTEMPTS:
            return place
        round_.found[place] = lost
        return None

    def _running(self) -> Channel:
        try:
            self._channel = self._channel or started(self._command, _greeted, READY_WITHIN)[0]
        except WorkerLost as lost:
            raise EngineError(f"a worker process {lost}") from None
        except OSError as error:
            raise EngineError(f"{self._command[0]} cannot be started: {error.strerror}") from None
        return self._channel

    def leave(self) -> None:
        if self._channel:
            self._channel.close()
            self._channel = None


def _greeted(line: bytes) -> None:
    if fatal := orjson.loads(line).get("fatal"):
        raise EngineError(f"a worker process cannot start: {fatal}")


def _answer(line: bytes) -> Any:
    """What a line says; WorkerLost where it is no answer."""
    try:
        reply = orjson.loads(line)
        if "answer" in reply:
            return reply["answer"]
        return WorkerLost(str(reply["error"]))
    except (ValueError, KeyError, TypeError):
        raise WorkerLost(f"talked nonsense: {line[:60]!r}") from None
