"""
A run on a cluster, through Ray Data (extra `ray`): many workers, each with engines of its own, and one journal.

What travels to a worker is which rows to do, a stretch of chunks at a time: it reads them itself, and writes each chunk
that it finishes into the journal. So nothing depends on the order in which Ray does things, on what it repeats, or on
what it keeps: a chunk whose file is there is done, whoever dies. All workers see the same files, by the same names.

A row that kills whoever works on it must not stop the rest. A worker notes each chunk that it begins with. Where two
have died of a chunk, its rows are done one by one; where two have died of a row alone, it goes to the failed ledger.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from babelset import errors
from babelset.contracts.checks import build_filters, opened
from babelset.contracts.schema import Schema
from babelset.errors import BabelsetError, ConfigError, EngineError
from babelset.files.halves import fit_for
from babelset.files.lossless import dumps
from babelset.files.reading import read
from babelset.files.row import BadRow, Row, excerpt
from babelset.files.shard import Within
from babelset.files.survey import Survey
from babelset.files.writing import sync
from babelset.translation.job import Job
from babelset.translation.making import answered, ladders_of, prepare, taken_apart, worker_of
from babelset.translation.parsing import failed
from babelset.translation.worker import Routed, Worker
from babelset.work.chunks import chunked, overlapped
from babelset.work.journal import Chunks, Entry
from babelset.work.memory import Memory, OwnMemory
from babelset.work.output import Output
from babelset.work.watch import Watch

DEATHS = 2  # of workers, until a chunk is done row by row, and until a row is given up
RESTARTS = 50  # for each worker, until the run ends: what kills all of them is no row
STRETCHES = 8  # for each worker: so many times it passes over the rows before its own
LOCAL = "local"
MEMORIES = "memory-*.sqlite"


@dataclass(frozen=True, slots=True)
class Plan:
    """What every worker is told."""

    job: Job
    schema: Schema
    within: Within
    size: int  # rows of a chunk
    chunks: Chunks
    memory: Path
    home: str  # the folder that names of files are relative to

    def rows_of(self, chunk: int) -> range:
        return self.within.rows[chunk * self.size : (chunk + 1) * self.size]


@dataclass(frozen=True, slots=True)
class Tries:
    """How often each chunk, or row, was begun with and not finished."""

    folder: Path

    def begin(self, what: str) -> int:
        """Note it; how often it was before."""
        with self._path(what).open("ab") as file:
            before = file.tell()
            file.write(b".")
            file.flush()
            os.fsync(file.fileno())
        sync(self.folder)
        return before

    def begun(self, what: str) -> bool:
        return self._path(what).exists()

    def end(self, what: str) -> None:
        self._path(what).unlink(missing_ok=True)

    def forget(self) -> None:
        """All of them: those who began them were stopped from outside."""
        for path in self.folder.glob("try-*"):
            path.unlink(missing_ok=True)

    def _path(self, what: str) -> Path:
        return self.folder / f"try-{what}"


class Actor:
    """A worker on the cluster: it is given stretches of chunks, and says how many rows of them it did."""

    def __init__(self, plan: Plan, most: int) -> None:
        """The run ends where `most` workers were made before it: Ray makes dead ones anew for ever."""
        with suppress(OSError):
            os.chdir(plan.home)
        self.plan, self.tries, self.stack = plan, Tries(plan.chunks.folder), ExitStack()
        self.dead = f"{most} workers died" if self.tries.begin("workers") >= most else ""
        filters = build_filters(plan.job.filters)
        self.worker = worker_of(plan.job, plan.schema, ladders_of(plan.job, self.stack), filters)
        own = plan.chunks.folder / f"memory-{uuid4().hex}.sqlite"
        self.memory = self.stack.enter_context(closing(OwnMemory(own, plan.memory)))
        prepare(self.worker, self.memory, plan.chunks.folder)
        self.stack.enter_context(opened(filters, plan.chunks.folder))

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        """One stretch, `first` to before `end`; what stops the run is told, since not every error can travel."""
        if self.dead:
            return {"rows": [0], "stop": [EngineError.__name__], "reason": [f"{self.dead}; the same command resumes"]}
        try:
            rows = sum(
                self._do(first, end)
                for first, end in zip(map(int, batch["first"]), map(int, batch["end"]), strict=True)
            )
        except BabelsetError as error:
            return {"rows": [0], "stop": [type(error).__name__], "reason": [str(error)]}
        return {"rows": [rows], "stop": [""], "reason": [""]}

    def _do(self, first: int, end: int) -> int:
        """
        The chunks of a stretch, overlapped as in the local loop: an engine waits for nobody.

        Where a worker has died on one of them they are done one by one, so that it is known which it was.
        """
        plan, worker = self.plan, self.worker
        wanted = range(plan.rows_of(first).start, plan.rows_of(end - 1).stop)
        found = read(plan.job.inputs, format=plan.job.format, within=Within(wanted, plan.within.counts))
        rows = fit_for(plan.job.output, found)
        todo = (  # a chunk that is there was done by a worker that died afterwards
            (chunk, some)
            for chunk, some in enumerate(chunked(rows, plan.size), first)
            if not plan.chunks.path(chunk).exists()
        )
        if any(self.tries.begun(f"{chunk:08d}") for chunk in range(first, end)):
            for chunk, some in todo:
                self._finish(chunk, self._entries(chunk, some))
        else:
            for (chunk, _), entries in overlapped(
                self._begun(todo), lambda item: answered(plan.job, worker, item[1]), worker.halt, worker.parallel
            ):
                self._finish(chunk, entries)
        return len(wanted)

    def _begun(self, todo: Iterable[tuple[int, Sequence[Row | BadRow]]]) -> Iterator[tuple[int, list[Routed | Entry]]]:
        for chunk, rows in todo:
            self.tries.begin(f"{chunk:08d}")
            yield chunk, taken_apart(self.plan.job, self.worker, rows)

    def _finish(self, chunk: int, entries: Sequence[Entry]) -> None:
        self.plan.chunks.write(chunk, entries)
        self.tries.end(f"{chunk:08d}")

    def _entries(self, chunk: int, rows: Sequence[Row | BadRow]) -> list[Entry]:
        if self.tries.begin(f"{chunk:08d}") < DEATHS:
            return self._made(rows)
        return [entry for row in rows for entry in self._alone(f"{chunk:08d}.{row.number}", row)]

    def _alone(self, name: str, row: Row | BadRow) -> list[Entry]:
        if self.tries.begin(name) < DEATHS:
            entries = self._made([row])
        else:
            reason = f"{2 * DEATHS} workers died of it, {DEATHS} of them with this row alone"
            raw = row.raw if isinstance(row, BadRow) else excerpt(dumps(row.data))
            entries = [failed(BadRow(row.number, row.file, row.line, reason, raw))]
        self.tries.end(name)
        return entries

    def _made(self, rows: Sequence[Row | BadRow]) -> list[Entry]:
        return answered(self.plan.job, self.worker, taken_apart(self.plan.job, self.worker, rows))


def on_cluster(job: Job, worker: Worker, output: Output, watch: Watch, seen: Survey, memory: Memory) -> int:
    """
    Finish every chunk that the journal lacks, on the cluster; how many rows there are.

    Raises ConfigError where Ray is missing or the cluster cannot be reached, EngineError where workers die for good,
    and whatever a worker raises.
    """
    size = job.chunk or worker.chunk
    within = seen.within(job.shard, size) or Within(range(seen.total or 0), seen.counts)
    plan = Plan(job, worker.schema, within, size, output.chunks, Path(memory.path).absolute(), str(Path.cwd()))
    Tries(output.work).forget()
    _merge(output.work, memory)
    watch.total(len(within.rows))
    left = [chunk for chunk in range(-(-len(within.rows) // size)) if chunk not in output.done]
    watch.rows(len(within.rows) - sum(len(plan.rows_of(chunk)) for chunk in left))
    if left:
        with _connected(job.ray or LOCAL) as ray:
            for rows in _results(ray, plan, left, worker):
                watch.rows(rows)
    seen.check()
    _merge(output.work, memory)
    return len(within.rows)


def _merge(folder: Path, memory: Memory) -> None:
    """What workers remembered goes into the memory of all."""
    for path in sorted(folder.glob(MEMORIES)):
        with closing(Memory(path)) as own:
            memory.add(own)
        for name in (f"{path}-wal", f"{path}-shm", str(path)):
            Path(name).unlink(missing_ok=True)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigError("--ray needs an extra: pip install 'babelset[ray]'") from None
    here: dict[str, Any] = {"include_dashboard": False} if address == LOCAL else {}
    mine = not ray.is_initialized()
    try:
        if mine:
            os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it would be said on the terminal
            ray.init(address, log_to_driver=False, logging_level="ERROR", **here)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"--ray {address}: {str(error).splitlines()[0]}; start a cluster, or use --ray local"
        ) from None
    try:
        yield ray
    finally:
        if mine:
            ray.shutdown()


def _results(ray: Any, plan: Plan, left: Sequence[int], worker: Worker) -> Iterator[int]:
    """How many rows each stretch had, as they end."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    gpus, workers = _sizes(plan.job, ray.cluster_resources())
    context.max_consecutive_actor_init_deaths = workers  # none: a node that dies while one starts would end the run
    stretches = list(_stretches(left, workers))
    found = ray.data.from_items(stretches, override_num_blocks=len(stretches)).map_batches(
        Actor, fn_constructor_args=[plan, workers * (1 + RESTARTS)], batch_size=1, zero_copy_batch=True,
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(stretches)), max_tasks_in_flight_per_actor=1),
        num_cpus=0, num_gpus=gpus,
    )  # fmt: skip
    try:
        for told in found.iter_rows():
            if told["stop"]:
                raise getattr(errors, str(told["stop"]), EngineError)(str(told["reason"]))
            yield int(told["rows"])
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise EngineError(f"the workers on the cluster died: {reason}; the same command goes on") from None


def _sizes(job: Job, there: Mapping[str, float]) -> tuple[int, int]:
    """
    GPUs of a worker, as many as the largest group that an option of an engine asks for, and how many workers.

    Raises ConfigError where the cluster has GPUs, but too few for one.
    """
    engines = [*(job.routes.engines.values() if job.routes else [job.engine])]
    sizes = [engine.options.get("engine_args", {}).get("tensor_parallel_size", 1) for engine in engines]
    gpus, group = int(there.get("GPU", 0)), max(map(int, sizes))
    if not gpus:
        return 0, job.workers or max(1, int(there.get("CPU", 0)))
    if gpus < group:
        raise ConfigError(f"tensor_parallel_size is {group}, and the cluster has {gpus} GPUs; add some, or lower it")
    return group, min(job.workers or gpus, gpus // group)


def _stretches(left: Sequence[int], workers: int) -> Iterator[dict[str, int]]:
    """Chunks that follow each other, `first` to before `end`: several for each worker, so that all end together."""
    most = max(1, len(left) // (workers * STRETCHES))
    first = before = left[0]
    for chunk in [*left[1:], -1]:
        if chunk != before + 1 or chunk - first >= most:
            yield {"first": first, "end": before + 1}
            first = chunk
        before = chunk
