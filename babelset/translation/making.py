"""
What a run and each worker of a cluster do alike: make the engines of a job, and of a chunk of rows its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from babelset.contracts.filter import Filter
from babelset.contracts.schema import Schema
from babelset.errors import DataError
from babelset.files.row import BadRow, Row
from babelset.translation.beside import beside
from babelset.translation.job import Job
from babelset.translation.ladder import Ladder
from babelset.translation.parsing import ParseOptions
from babelset.translation.worker import ONLY, Routed, Worker
from babelset.work.journal import Entry
from babelset.work.memory import Memory


def prepare(
    worker: Worker,
    memory: Memory,
    folder: Path,
    segments: Callable[[int], None] = lambda count: None,
    rows: Callable[[int], None] = lambda count: None,
) -> None:
    """
    Give its engines the memory, and the folder where what they have paid for is kept until the run is complete.

    As they answer, they tell of the segments and of the rows.
    """
    for ladder in worker.ladders.values():
        ladder.memory = memory
        ladder.watched(segments, rows)
        ladder.keep_replies(folder)


def ladders_of(job: Job, stack: ExitStack) -> dict[str, Ladder]:
    """The ladder of each engine of the routes by its name there; without routes the only one, under ""."""
    if job.routes is None:
        return {ONLY: _ladder(job, stack)}
    made = {name: stack.enter_context(closing(job.routes.make(name))) for name in job.routes.names(job.pair.target)}
    return {name: Ladder(translator, Memory(":memory:")) for name, translator in made.items()}


def _ladder(job: Job, stack: ExitStack) -> Ladder:
    translator = stack.enter_context(closing(job.engine.build(job.pair)))
    if job.fallback is None:
        return Ladder(translator, Memory(":memory:"))
    second = stack.enter_context(closing(job.fallback.build(job.pair)))
    return Ladder(translator, Memory(":memory:"), Ladder(second, Memory(":memory:")))


def worker_of(job: Job, schema: Schema, ladders: Mapping[str, Ladder], filters: Sequence[Filter]) -> Worker:
    options = ParseOptions(job.translate_reasoning, job.translate_comments, job.keep_numbers)
    if job.routes is None:
        return Worker(job.pair, schema, ladders, filters, options)
    job.routes.check(schema, [check.name for check in filters])
    ways = job.routes.ways(job.pair, {name: ladder.translator for name, ladder in ladders.items()})
    used = {name: ladder for name, ladder in ladders.items() if any(name in way.engines for way in ways)}
    return Worker(job.pair, schema, used, filters, options, ways, job.routes.retry)


def taken_apart(job: Job, worker: Worker, rows: Sequence[Row | BadRow]) -> list[Routed | Entry]:
    """The rows of a chunk, ready for the engines; DataError for one that cannot be read, where the job is strict."""
    if job.strict:
        _refuse_bad(rows)
    return worker.parse(rows)


def answered(job: Job, worker: Worker, rows: Sequence[Routed | Entry]) -> list[Entry]:
    """The entries of a chunk; DataError for a row that failed, where the job is strict."""
    entries = worker.translate(rows)
    if job.strict:
        _refuse_failed(entries)
    return _beside(rows, entries, job.beside) if job.beside else entries


def _beside(rows: Sequence[Routed | Entry], entries: Sequence[Entry], column: str) -> list[Entry]:
    pairs = zip(rows, entries, strict=True)
    return [beside(entry, row.row.row.data, column) if isinstance(row, Routed) else entry for row, entry in pairs]


def _refuse_bad(rows: Iterable[Row | BadRow]) -> None:
    for row in rows:
        if isinstance(row, BadRow):
            raise DataError(row.reason, file=row.file, line=row.line)


def _refuse_failed(entries: Iterable[Entry]) -> None:
    for entry in entries:
        if entry["status"] == "failed":
            data = entry["data"]
            raise DataError(data["reason"], file=data["file"], line=data["line"])
