"""
A run: one dataset into one language, from input files to accepted, rejected and failed rows.

Crash-proof: chunks of rows are finished one by one in a journal and segments at once in the translation memory;
the output appears by rename when every row is accounted for. Whoever is killed starts again with the same command.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from babelset.contracts.asked import Asked
from babelset.contracts.asking import accounts, cautioning, deciding
from babelset.contracts.detect import detect
from babelset.contracts.filter import Filter
from babelset.contracts.schema import COLUMNS, Schema, load_schema
from babelset.errors import DataError
from babelset.files.row import BadRow, Row
from babelset.files.rows import notes, read, writing
from babelset.scoring.corpora import remembering
from babelset.translation.job import Job, Places, build_filters, fingerprints
from babelset.translation.ladder import Ladder
from babelset.translation.routed import RoutedWorker
from babelset.translation.worker import C, Entry, ParseOptions, Steps, T, Worker
from babelset.work.chunks import chunked, overlapped
from babelset.work.identity import finished, identity_of
from babelset.work.journal import Journal, write_whole
from babelset.work.licenses import licenses, relicensed
from babelset.work.memory import Memory
from babelset.work.tally import STATUSES, RouteTally, Tally

Manifest = dict[str, Any]
COUNTED = 50_000_000  # bytes of input that are read once more to tell how long a run will take
SAMPLE = 20  # rows that a schema is recognised from


@dataclass
class Watch:
    """Who looks on while a run goes; each is called with what happened since its last call."""

    say: Callable[[str], None] = lambda message: None
    total: Callable[[int], None] = lambda count: None  # rows of the whole run, when they were counted
    rows: Callable[[int], None] = lambda count: None
    segments: Callable[[int], None] = lambda count: None


def translate(job: Job, watch: Watch | None = None) -> Manifest:
    """
    Translate one dataset as `job` says; the manifest, which also stands beside the output.

    >>> translate(Job(inputs=("alpaca.jsonl",), output="ca.jsonl", target="ca"))["rows"]
    {'read': 999, 'accepted': 871, 'rejected': 128, 'failed': 0}

    A finished output of the same job is left alone; another one is refused without `force`.
    Raises ConfigError, DataError, OutputError, AccountingError, ContractError; KeyboardInterrupt leaves a
    journal to go on from.
    """
    watch = watch or Watch()
    with ExitStack() as stack:
        filters = build_filters(job.filters)
        ladders = _ladders(job, stack)
        schema = choose_schema(job, watch)
        worker = _worker(job, schema, ladders, filters)
        identity = _identity(job, schema, worker.ladders, filters)
        places = Places.of(job.output)
        if (done := None if job.force else finished(places, identity, "is not a run's output")) is not None:
            watch.say(f"{places.accepted} is complete already: nothing to do")
            return relicensed(done, job.data_license, places.manifest)
        journal = stack.enter_context(Journal(places.work, identity, fresh=job.force))
        memory = stack.enter_context(closing(Memory(job.memory or places.memory)))
        warn = cautioning(filters, watch.say)
        for ladder in worker.ladders.values():
            ladder.memory, ladder.progress = memory, watch.segments
            ladder.keep_replies(places.work)
            warn(ladder.signature)
        stack.enter_context(remembering(filters, places.work))
        if sum(entry["bytes"] for entry in identity["inputs"]) <= COUNTED:
            watch.total(sum(1 for _ in read(job.inputs, format=job.format)))
        started = time.time()
        read_rows = _work(job, worker, journal, watch)
        reading = list(notes(job.inputs, format=job.format))
        about = {**identity, **({"reading": reading} if reading else {})}
        about |= {**_about(worker, started, filters), "licenses": _licenses(job, worker.ladders, filters)}
        return _publish(places, journal, about, _tally(job, worker.ladders), read_rows, like=job.inputs[0])


def _ladders(job: Job, stack: ExitStack) -> dict[str, Ladder]:
    """The ladder of each engine of the routes by its name there; without routes the only one, under ""."""
    if job.routes is None:
        return {"": _ladder(job, stack)}
    made = {name: stack.enter_context(closing(job.routes.make(name))) for name in job.routes.names(job.pair.target)}
    return {name: Ladder(translator, Memory(":memory:")) for name, translator in made.items()}


def _ladder(job: Job, stack: ExitStack) -> Ladder:
    translator = stack.enter_context(closing(job.translator.build(job.pair)))
    if job.fallback is None:
        return Ladder(translator, Memory(":memory:"))
    second = stack.enter_context(closing(job.fallback.build(job.pair)))
    return Ladder(translator, Memory(":memory:"), Ladder(second, Memory(":memory:")))


def _worker(job: Job, schema: Schema, ladders: Mapping[str, Ladder], filters: Sequence[Filter]) -> Steps[Any, Any]:
    options = ParseOptions(job.translate_reasoning, job.translate_comments, job.keep_numbers)
    workers = {name: Worker(job.pair, schema, ladder, filters, options) for name, ladder in ladders.items()}
    if job.routes is None:
        return workers[""]
    job.routes.check(schema, [check.name for check in filters])
    ways = job.routes.ways(job.pair, {name: ladder.translator for name, ladder in ladders.items()})
    used = {name: worker for name, worker in workers.items() if any(name in way.engines for way in ways)}
    return RoutedWorker(ways, used, job.routes.retry)


def _about(worker: Steps[C, T], started: float, filters: Sequence[Filter]) -> Manifest:
    """What the user must know of the engines, and what this process did, by engine where there are several."""
    notices = [ladder.translator.notice for ladder in worker.ladders.values()]
    done, warn = Counter[str](), cautioning(filters, notices.append)
    for ladder in worker.ladders.values():
        done.update(ladder.counts)
        warn(ladder.signature)
    effort: dict[str, Any] = {**done, "started": round(started), "seconds": round(time.time() - started, 1)}
    if isinstance(worker, RoutedWorker):
        seconds = {name: round(worker.seconds[name], 1) for name in worker.ladders}
        effort["routes"] = {name: {**worker.ladders[name].counts, "seconds": seconds[name]} for name in seconds}
    account = _accounts(worker.ladders).get("")
    return {
        "notice": "; ".join(dict.fromkeys(filter(None, notices))),
        "this_process": effort,
        **({"engine": account} if account else {}),
        **({"accounts": spent} if (spent := accounts(filters)) else {}),
    }


def _licenses(job: Job, ladders: Mapping[str, Ladder], filters: Sequence[Filter]) -> dict[str, Any]:
    used: dict[str, object] = {name or job.translator.name: ladder.translator for name, ladder in ladders.items()}
    for ladder in ladders.values():
        if job.fallback and ladder.fallback:
            used.setdefault(job.fallback.name, ladder.fallback.translator)
    return licenses(job.data_license, job.inputs, {**used, **{check.name: check for check in filters}})


def _tally(job: Job, ladders: Mapping[str, Ladder]) -> Tally:
    return Tally(routes=RouteTally(_accounts(ladders), len(job.routes.rules))) if job.routes else Tally()


def _accounts(ladders: Mapping[str, Ladder]) -> dict[str, dict[str, Any]]:
    """What the run has cost so far, by engine; {} for those that cost nothing."""
    return {name: ladder.contextual.account() if ladder.contextual else {} for name, ladder in ladders.items()}


def choose_schema(job: Job, watch: Watch) -> Schema:
    """
    The schema that the user names, or the one that the first rows show; what is read and what is left is said.

    Raises ConfigError where they hold prose that no rule knows, DataError where none can be read.
    """
    asked = Asked(job.fields, job.leave, job.leave_unknown, job.roles, job.translate_reasoning)
    named = load_schema(job.schema_name) if job.schema_name else None
    asked.added_to(named or COLUMNS)  # a mistake in an option is said before one in the input
    for note in notes(job.inputs, format=job.format):
        watch.say(note)
    first = list(islice(read(job.inputs, format=job.format), SAMPLE))
    rows = [row.data for row in first if isinstance(row, Row)]
    if not rows and first:
        bad = next(row for row in first if isinstance(row, BadRow))
        if named is None:
            raise DataError(f"none of the first rows can be read: {bad.reason}", file=bad.file, line=bad.line)
    if not rows and named:
        return asked.added_to(named)
    found = detect(rows, asked, named)
    watch.say(found.message)
    return found.schema


def _identity(job: Job, schema: Schema, ladders: Mapping[str, Ladder], filters: Sequence[Filter]) -> dict[str, Any]:
    """What decides the output. Two runs with the same identity write the same bytes."""
    signatures = {name: ladder.signature for name, ladder in ladders.items()}
    parts = {
        "job": job.deciding(),
        "inputs": fingerprints(job.inputs),
        "schema": schema.model_dump(mode="json"),
        "signature": signatures if job.routes else signatures[""],
        "filters": deciding(filters),
    }
    return identity_of(parts)


def _work(job: Job, worker: Steps[C, T], journal: Journal, watch: Watch) -> int:
    """Finish every chunk that the journal lacks; how many rows were read."""
    done = journal.done()
    read_rows = 0

    def todo() -> Iterator[tuple[int, C]]:
        nonlocal read_rows
        for number, rows in enumerate(chunked(read(job.inputs, format=job.format), job.chunk or worker.chunk)):
            read_rows += len(rows)
            if job.strict:
                _refuse_bad(rows)
            if number in done:
                watch.rows(len(rows))
                continue
            yield number, worker.parse(rows)

    def answer(item: tuple[int, C]) -> T:
        return worker.translate(item[1])

    def stop() -> None:
        for ladder in worker.ladders.values():
            ladder.halt()
        if isinstance(sys.exception(), KeyboardInterrupt):
            watch.say("stopping when the batch in flight is answered; Ctrl-C again stops at once")

    for (number, parsed), answers in overlapped(todo(), answer, stop, worker.parallel):
        entries = worker.decide(parsed, answers)
        if job.strict:
            _refuse_failed(entries)
        journal.write(number, entries)
        watch.rows(len(entries))
    return read_rows


def _publish(places: Places, journal: Journal, about: Manifest, tally: Tally, read_rows: int, like: str) -> Manifest:
    """Write the outputs from the journal. What is opened first is renamed last: accepted rows mean done."""
    with ExitStack() as stack:
        files = {status: stack.enter_context(writing(getattr(places, status), like=like)) for status in STATUSES}
        for entry in journal.read():
            tally.add(entry)
            files[entry["status"]].write(entry["data"])
        paths = {status: str(getattr(places, status)) for status in (*STATUSES, "manifest")}
        manifest = {**about, **tally.report(read_rows), "files": paths}
        write_whole(places.manifest, [json.dumps(manifest, indent=1, ensure_ascii=False)])
    journal.remove()
    return manifest


def _refuse_bad(rows: Iterable[Row | BadRow]) -> None:
    for row in rows:
        if isinstance(row, BadRow):
            raise DataError(row.reason, file=row.file, line=row.line)


def _refuse_failed(entries: Iterable[Entry]) -> None:
    for entry in entries:
        if entry["status"] == "failed":
            data = entry["data"]
            raise DataError(data["reason"], file=data["file"], line=data["line"])
