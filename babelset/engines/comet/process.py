"""
unbabel-comet in a process and an environment of its own: started when it is needed, and again when it is lost.

A worker that dies, hangs, runs out of memory or talks nonsense costs nothing but time: what it had answered stands,
and the rest is asked again in halves, of a fresh one. A row that a worker does not survive even alone is given up.
"""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ValidationError

from babelset.engines.channel import Channel, WorkerLost, started
from babelset.errors import ConfigError, EngineError

WORKER = Path(__file__).with_name("worker.py")
OOM = "oom"
ROWS = 512  # in a request; enough for batches of one length, and little to say again
ATTEMPTS = 3  # of a row alone
READY_WITHIN = 3600.0  # seconds: it may have to fetch and load 40 GB
BARREN = 30  # workers lost in a row without one score between them: it is not the rows then


class Triple(NamedTuple):
    """Texts in unbabel-comet's names; `ref` only for models that read it, and then in each row of a request."""

    src: str
    mt: str
    ref: str | None = None


class Mark(NamedTuple):
    score: float | None
    cut: bool = False  # the model saw only a part of the row
    reason: str = ""  # why there is no score


class Hello(BaseModel):
    versions: dict[str, str]
    references: Literal["none", "optional", "required"]
    batch_tokens: int


class _Greeting(BaseModel):
    hello: Hello | None = None
    fatal: str = ""


class _Answer(BaseModel, extra="forbid", strict=True):
    id: int
    places: list[int]
    scores: list[float | None] = []
    cut: list[bool] = []
    error: str = ""


class _Task(NamedTuple):
    rows: Sequence[Triple]
    budget: int
    attempts: int = 0


class CometProcess:
    """
    Any unbabel-comet model, run by `python`, which has that package.

    with CometProcess("~/comet/bin/python", "Unbabel/XCOMET-XL") as comet:
        comet.score([Triple("Hello.", "Hola.")])             # -> [Mark(0.98)]

    `batch_tokens` counts padding; 0 is a size that suits the device. `timeout`: seconds for a batch, after which a
    worker is taken for hung. Any number of threads may share one.
    """

    def __init__(
        self,
        python: str,
        model: str,
        device: str = "auto",
        batch_tokens: int = 0,
        *,
        download: bool = False,
        timeout: float = 300,
        script: Path = WORKER,
    ) -> None:
        self.model, self.timeout = model, timeout
        # -I: neither the folder of the script nor PYTHONPATH may hide a module of that environment
        self._command = [str(Path(python).expanduser()), "-I", str(script), "--model", model, "--device", device]
        self._command += ["--batch-tokens", str(batch_tokens), *(["--download"] if download else [])]
        self._lock = Lock()
        self._channel: Channel | None = None
        self._hello: Hello | None = None
        self._budget = 0
        self._requests = self._barren = 0

    def score(self, rows: Sequence[Triple]) -> list[Mark]:
        """
        One mark for each row, in order; equal rows are scored once.

        Raises ConfigError where there is no worker, or its model cannot be loaded, or nothing ever comes back.
        """
        if not rows:
            return []
        with self._lock:
            self._running()
            found: dict[Triple, Mark] = {}
            # neighbours in a request are of about the same length, so that batches waste little
            unique = sorted(dict.fromkeys(rows), key=lambda row: sum(len(text or "") for text in row))
            todo = deque(_Task(unique[at : at + ROWS], self._budget) for at in range(0, len(unique), ROWS))
            while todo:
                task = todo.popleft()
                trouble = self._ask(task, found)
                if trouble:
                    todo.extend(self._again(task, found, trouble))
            return [found[row] for row in rows]

    def hello(self) -> Hello:
        """What the worker said of itself and its model."""
        with self._lock:
            self._running()
            assert self._hello
            return self._hello

    def close(self) -> None:
        """End the worker; the next question starts another."""
        if self._channel:
            self._channel.close()
            self._channel = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, task: _Task, found: dict[Triple, Mark]) -> WorkerLost | None:
        """Put into `found` what comes back for the rows of a task; what was in the way of the rest."""
        channel = self._running()
        self._requests += 1
        rows = [{name: text for name, text in row._asdict().items() if text is not None} for row in task.rows]
        channel.say({"id": self._requests, "rows": rows, "batch_tokens": min(task.budget, self._budget)})
        left = set(range(len(rows)))
        try:
            while left:
                answer = self._checked(channel.receive(self.timeout), left)
                left.difference_update(answer.places)
                for place, score, cut in zip(answer.places, answer.scores, answer.cut, strict=True):
                    found[task.rows[place]] = _mark(score, cut)
                self._barren = 0
        except WorkerLost as lost:
            self.close()
            return lost
        return None

    def _checked(self, line: bytes, left: set[int]) -> _Answer:
        """An answer to the last request, for rows that have none yet, one score each; WorkerLost for anything else."""
        try:
            answer = _Answer.model_validate_json(line)
        except ValidationError:
            raise WorkerLost(f"talked nonsense: {line[:60]!r}") from None
        if answer.id != self._requests or len({*answer.places} & left) != len(answer.places) or not answer.places:
            raise WorkerLost("answered what it was not asked")
        if answer.error:
            raise WorkerLost("ran out of memory" if answer.error == OOM else answer.error, answer.error == OOM)
        if not len(answer.places) == len(answer.scores) == len(answer.cut):
            raise WorkerLost("did not answer row by row")
        return answer

    def _again(self, task: _Task, found: dict[Triple, Mark], lost: WorkerLost) -> list[_Task]:
        """What is left of a task, in halves; a row that was alone too often is given up."""
        self._barren += 1
        rest = [row for row in task.rows if row not in found]
        if self._barren >= BARREN:
            raise ConfigError(
                f"COMET's worker was lost {BARREN} times without a score between; the last one {lost}. "
                f"Try a smaller batch_tokens, a longer timeout or another device"
            )
        if len(rest) == 1 and task.attempts + 1 >= ATTEMPTS:
            found[rest[0]] = Mark(None, reason=f"the worker {lost}")
            return []
        if len(rest) == 1:
            return [_Task(rest, task.budget, task.attempts + (len(task.rows) == 1))]
        budget, middle = max(1, min(task.budget, self._budget) // 2), len(rest) // 2
        if lost.memory:  # the other rows need as much
            self._budget = budget
        return [_Task(half, budget) for half in (rest[:middle], rest[middle:])]

    def _running(self) -> Channel:
        """A worker that is ready; ConfigError or EngineError with its reason where there is none."""
        if self._channel is None:
            try:
                self._channel, hello = started(self._command, self._greeted, READY_WITHIN)
            except WorkerLost as lost:
                raise EngineError(f"COMET's worker {lost}. To see why, run: {shlex.join(self._command)}") from None
            except OSError as error:
                problem = f"{self._command[0]}: {error.strerror}"
                raise ConfigError(f"{problem}. To make it, run: babelset setup comet") from None
            self._hello, self._budget = hello, min(self._budget or hello.batch_tokens, hello.batch_tokens)
        return self._channel

    def _greeted(self, line: bytes) -> Hello:
        try:
            greeting = _Greeting.model_validate_json(line)
        except ValidationError:
            raise WorkerLost(f"greeted with nonsense: {line[:60]!r}") from None
        if greeting.hello:
            return greeting.hello
        cure = ". To make its environment: babelset setup comet" if greeting.fatal.startswith("ModuleNotFound") else ""
        raise ConfigError(f"unbabel-comet cannot load {self.model}: {greeting.fatal or 'it did not say hello'}{cure}")


def _mark(score: float | None, cut: bool) -> Mark:
    return Mark(score, cut, "" if score is not None else "the model's score is not finite")
