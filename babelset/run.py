"""
A run: one dataset into one language, from input files to accepted, rejected and failed rows.

Crash-proof: chunks of rows are finished one by one in a journal and segments at once in the translation memory;
the output appears by rename when every row is accounted for. Whoever is killed starts again with the same command.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from babelset import __version__
from babelset.chunks import chunked, overlapped
from babelset.errors import ConfigError, DataError
from babelset.files import read, writing
from babelset.job import Job, Places, build_filters, fingerprints
from babelset.journal import Journal, compare, write_whole
from babelset.ladder import Answer, Ladder
from babelset.memory import Memory
from babelset.row import BadRow, Row
from babelset.schema import Schema, adhoc, detect, load_schema
from babelset.tally import STATUSES, Tally
from babelset.worker import Entry, Parsed, ParseOptions, Worker

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
        ladder = _ladder(job, stack)
        schema = choose_schema(job, watch)
        identity = _identity(job, schema, ladder)
        places = Places.of(job.output)
        if (done := _finished(places, identity, job.force)) is not None:
            watch.say(f"{places.accepted} is complete already: nothing to do")
            return done
        journal = stack.enter_context(Journal(places.work, identity, fresh=job.force))
        ladder.memory = stack.enter_context(closing(Memory(job.memory or places.memory)))
        ladder.progress = watch.segments
        if ladder.contextual:
            ladder.contextual.keep_replies(places.work)
        options = ParseOptions(job.translate_reasoning, job.translate_comments, job.keep_numbers)
        worker = Worker(job.pair, schema, ladder, build_filters(job.filters), options)
        if sum(entry["bytes"] for entry in identity["inputs"]) <= COUNTED:
            watch.total(sum(1 for _ in read(job.inputs, format=job.format)))
        started = time.time()
        read_rows = _work(job, worker, journal, watch)
        about = {
            **identity,
            "notice": ladder.translator.notice,
            "this_process": {
                **dict(ladder.counts),
                "started": round(started),
                "seconds": round(time.time() - started, 1),
            },
        }
        if ladder.contextual:
            about["engine"] = ladder.contextual.account()
        return _publish(places, journal, about, read_rows, like=job.inputs[0])


def _ladder(job: Job, stack: ExitStack) -> Ladder:
    translator = stack.enter_context(closing(job.translator.build(job.pair)))
    if job.fallback is None:
        return Ladder(translator, Memory(":memory:"))
    second = stack.enter_context(closing(job.fallback.build(job.pair)))
    return Ladder(translator, Memory(":memory:"), Ladder(second, Memory(":memory:")))


def choose_schema(job: Job, watch: Watch) -> Schema:
    """The schema that the user names, or the one that the first rows show."""
    if job.fields:
        return adhoc(job.fields)
    if job.schema_name:
        return load_schema(job.schema_name)
    rows = (row.data for row in read(job.inputs, format=job.format) if isinstance(row, Row))
    found = detect(list(islice(rows, SAMPLE)))
    watch.say(found.message)
    return found.schema


def _identity(job: Job, schema: Schema, ladder: Ladder) -> dict[str, Any]:
    """What decides the output. Two runs with the same identity write the same bytes."""
    identity = {
        "babelset": __version__,
        "job": job.deciding(),
        "inputs": fingerprints(job.inputs),
        "schema": schema.model_dump(mode="json"),
        "signature": ladder.signature,
        "filters": {check.name: dict(check) for check in build_filters(job.filters)},  # type: ignore[call-overload]
    }
    return dict(json.loads(json.dumps(identity, default=_plain)))


def _plain(value: Any) -> Any:
    """Thresholds as JSON, the same in every process: sets have no order of their own."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _finished(places: Places, identity: Manifest, force: bool) -> Manifest | None:
    """The manifest of a finished output of the same job; ConfigError when the output is another one."""
    if force or places.work.exists() or not places.accepted.exists():
        return None
    if places.accepted.is_dir() or not places.manifest.exists():
        raise ConfigError(f"{places.accepted} exists and is not a run's output; name another one, or say --force")
    manifest = json.loads(places.manifest.read_text("utf-8"))
    differences = compare({key: manifest.get(key) for key in identity}, identity)
    if not differences:
        return dict(manifest)
    shown = "".join(f"\n  {line}" for line in differences[:10])
    raise ConfigError(f"{places.accepted} exists and was made differently:{shown}\nName another output, or say --force")


def _work(job: Job, worker: Worker, journal: Journal, watch: Watch) -> int:
    """Finish every chunk that the journal lacks; how many rows were read."""
    done = journal.done()
    read_rows = 0

    def todo() -> Iterator[tuple[int, list[Parsed | Entry]]]:
        nonlocal read_rows
        for number, rows in enumerate(chunked(read(job.inputs, format=job.format), job.chunk)):
            read_rows += len(rows)
            if job.strict:
                _refuse_bad(rows)
            if number in done:
                watch.rows(len(rows))
                continue
            yield number, worker.parse(rows)

    def answer(item: tuple[int, list[Parsed | Entry]]) -> list[Answer]:
        return worker.translate(item[1])

    def stop() -> None:
        worker.ladder.halt()
        if isinstance(sys.exception(), KeyboardInterrupt):
            watch.say("stopping when the batch in flight is answered; Ctrl-C again stops at once")

    threads = worker.ladder.contextual.parallel if worker.ladder.contextual else 1
    for (number, parsed), answers in overlapped(todo(), answer, stop, threads):
        entries = worker.decide(parsed, answers)
        if job.strict:
            _refuse_failed(entries)
        journal.write(number, entries)
        watch.rows(len(entries))
    return read_rows


def _publish(places: Places, journal: Journal, about: Manifest, read_rows: int, like: str) -> Manifest:
    """Write the outputs from the journal. What is opened first is renamed last: accepted rows mean done."""
    tally = Tally()
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
