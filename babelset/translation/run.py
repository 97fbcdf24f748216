"""
A run: one dataset into one language, from input files to accepted, rejected and failed rows.

Crash-proof: chunks of rows are finished one by one in a journal and segments at once in the translation memory;
the output appears by rename when every row is accounted for. Whoever is killed starts again with the same command.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from babelset.contracts.asked import Asked
from babelset.contracts.checks import accounts, blind, build_filters, cautioning, deciding, opened
from babelset.contracts.default import choose
from babelset.contracts.detect import detect
from babelset.contracts.filter import Filter
from babelset.contracts.schema import COLUMNS, Schema, load_schema
from babelset.contracts.translator import Translator
from babelset.errors import DataError
from babelset.files.halves import fit_for
from babelset.files.hubsplits import expanded
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.files.shard import Shard, Within
from babelset.files.survey import Survey, survey
from babelset.translation.cluster import on_cluster
from babelset.translation.job import Job
from babelset.translation.ladder import Ladder
from babelset.translation.making import answered, ladders_of, prepare, taken_apart, worker_of
from babelset.translation.worker import ONLY, Routed, Worker
from babelset.work.account import RouteTally, Tally
from babelset.work.chunks import chunked, overlapped
from babelset.work.journal import Entry
from babelset.work.licenses import licenses, relicensed
from babelset.work.manifest import Manifest, sharded
from babelset.work.memory import Memory
from babelset.work.output import Output, making
from babelset.work.places import Places, named_files
from babelset.work.watch import Ahead, Watch


def translate(job: Job, watch: Watch | None = None) -> Manifest:
    """
    Translate one dataset as `job` says; the manifest, which is also written next to the output.

    >>> translate(Job(inputs=("alpaca.jsonl",), output="ca.jsonl", target="ca"))["rows"]
    {'read': 999, 'accepted': 871, 'rejected': 128, 'failed': 0}

    A finished output of the same job is left alone; another one is refused without `force`.
    Raises ConfigError, DataError, OutputError, AccountingError, ContractError; KeyboardInterrupt leaves a
    journal to go on from.
    """
    watch = watch or Watch()
    with ExitStack() as stack:
        filters = build_filters(job.filters)
        job = decided(job.model_copy(update={"inputs": expanded(job.inputs)}), watch)
        ladders = ladders_of(job, stack)
        seen = survey(job.inputs, format=job.format, shard=job.shard or (Shard(1, 1) if job.ray else None))
        worker = worker_of(job, choose_schema(job, seen, watch), ladders, filters)
        places = Places.of(job.output)
        files = {"accepted": places.accepted, "rejected": places.rejected, "failed": places.failed}
        memory = Path(job.memory) if job.memory else places.memory
        output = stack.enter_context(
            making(
                "translate", places, _parts(job, seen, worker), reads=_read(job), writes=files,
                shares={"translation memory": memory}, like=job.inputs[0], force=job.force, say=watch.say,
                warn=watch.warn,
            )
        )  # fmt: skip
        if output.made:
            return relicensed(output.made, job.data_license, places.manifest)
        known = stack.enter_context(closing(Memory(memory)))
        warn = cautioning(filters, watch.say)
        for ladder in worker.ladders.values():
            warn(ladder.signature_for(worker.pair))
        started = time.time(), time.monotonic()
        if job.ray:
            read_rows = on_cluster(job, worker, output, watch, seen, known)
        else:
            ahead = Ahead(watch.rows)
            prepare(worker, known, output.work, watch.segments, ahead.heard)
            stack.enter_context(opened(filters, output.work))
            read_rows = _work(job, worker, output, watch, seen, ahead)
        seen.check()
        known.close()  # its log goes into its file before anything appears: who is killed later leaves no log
        tally = _tally(job, worker.ladders)

        def about() -> dict[str, Any]:
            used = _licenses(job, worker.ladders, filters)
            reading = {"reading": seen.notes} if seen.notes else {}
            engines = _about(worker, started, filters)
            return {**reading, **engines, "licenses": used, **tally.report(read_rows)}

        return output.publish(tally.over(output.entries()), files, about, always=("accepted", "rejected"))


def decided(job: Job, watch: Watch) -> Job:
    """The job with a translator: where it names none, the default one, and why is said."""
    if job.routes or job.translator:
        return job
    default = choose(job.pair)
    watch.say(default.why)
    return job.model_copy(update={"translator": default.engine})


def _read(job: Job) -> list[str]:
    """The inputs, and every file that an option names."""
    return list(named_files(job.model_dump(exclude={"output", "memory", "source", "target"})))


def choose_schema(job: Job, seen: Survey, watch: Watch) -> Schema:
    """
    The schema that the user names, or the one that the first rows show; what is read and what is left is said.

    Raises ConfigError where they hold prose that no rule knows, DataError where none can be read.
    """
    asked = Asked(job.fields, job.leave, job.leave_unknown, job.roles, job.translate_reasoning)
    named = load_schema(job.schema_name) if job.schema_name else None
    asked.added_to(named or COLUMNS)  # a mistake in an option is said before one in the input
    for note in seen.notes:
        watch.say(note)
    rows = [row.data for row in seen.first if isinstance(row, Row)]
    if not rows and seen.first and named is None:
        bad = next(row for row in seen.first if isinstance(row, BadRow))
        raise DataError(f"none of the first rows can be read: {bad.reason}", file=bad.file, line=bad.line)
    if not rows and named:
        return asked.added_to(named)
    found = detect(rows, asked, named)
    watch.say(found.message)
    return found.schema


def _parts(job: Job, seen: Survey, worker: Worker) -> dict[str, Any]:
    """What decides the output. Two runs with the same parts write the same bytes."""
    signatures = {name: ladder.signature_for(worker.pair) for name, ladder in worker.ladders.items()}
    return {
        "job": job.deciding(),
        "inputs": seen.files,
        "schema": worker.schema.model_dump(mode="json"),
        "signature": signatures if job.routes else signatures[ONLY],
        "filters": deciding(worker.filters),
        **sharded(job.shard, _within(job, worker, seen)),
    }


def _within(job: Job, worker: Worker, seen: Survey) -> Within | None:
    return seen.within(job.shard, job.chunk or worker.chunk)


def _work(job: Job, worker: Worker, output: Output, watch: Watch, seen: Survey, ahead: Ahead) -> int:
    """Finish every chunk that the journal lacks; how many rows were read. `ahead` hears of them meanwhile."""
    done, within, size = output.done, _within(job, worker, seen), job.chunk or worker.chunk
    if (total := len(within.rows) if within else seen.total) is not None:
        watch.total(total)
    first, within = seen.left(within, done, size)
    read_rows = first * size
    watch.rows(read_rows)

    def todo() -> Iterator[tuple[int, list[Routed | Entry]]]:
        nonlocal read_rows
        given = fit_for(job.output, read(job.inputs, format=job.format, within=within))
        for number, rows in enumerate(chunked(given, size), first):
            seen.check(rows)
            read_rows += len(rows)
            if number not in done:
                yield number, taken_apart(job, worker, rows)
            else:
                watch.rows(len(rows))

    def answer(item: tuple[int, list[Routed | Entry]]) -> list[Entry]:
        ahead.begin(len(item[1]))
        return answered(job, worker, item[1])

    def stop() -> None:
        worker.halt()
        if isinstance(sys.exception(), KeyboardInterrupt):
            watch.say("stopping when the batch in flight is answered; Ctrl-C again stops at once")

    for (number, _), entries in overlapped(todo(), answer, stop, worker.parallel):
        output.write(number, entries)
        ahead.done(len(entries))
    return read_rows


def _about(worker: Worker, started: tuple[float, float], filters: Sequence[Filter]) -> dict[str, Any]:
    """
    What the user must know of the engines, and what this process did, by engine where there are several.

    It `started` at a time of day, and at one that no change of the clock changes.
    """
    notices = [ladder.translator.notice for ladder in worker.ladders.values()]
    done, warn = Counter[str](), cautioning(filters, notices.append)
    for ladder in worker.ladders.values():
        done.update(ladder.counts)
        warn(ladder.signature_for(worker.pair))
    notices.append(blind(filters, worker.pair))
    effort: dict[str, Any] = {**done, "started": round(started[0])}
    effort["seconds"] = round(time.monotonic() - started[1], 1)
    if ONLY not in worker.ladders:
        seconds = {name: round(worker.seconds[name], 1) for name in worker.ladders}
        effort["routes"] = {name: {**worker.ladders[name].counts, "seconds": seconds[name]} for name in seconds}
    account = _accounts(worker.ladders).get(ONLY)
    return {
        "notice": "; ".join(dict.fromkeys(filter(None, notices))),
        "this_process": effort,
        **({"engine": account} if account else {}),
        **({"accounts": spent} if (spent := accounts(filters)) else {}),
    }


def _licenses(job: Job, ladders: Mapping[str, Ladder], filters: Sequence[Filter]) -> dict[str, Any]:
    used: dict[str, Translator | Filter] = {
        name or job.engine.name: ladder.translator for name, ladder in ladders.items()
    }
    for ladder in ladders.values():
        if job.fallback and ladder.fallback:
            used.setdefault(job.fallback.name, ladder.fallback.translator)
    return licenses(job.data_license, job.inputs, {**used, **{check.name: check for check in filters}})


def _tally(job: Job, ladders: Mapping[str, Ladder]) -> Tally:
    return Tally(routes=RouteTally(_accounts(ladders), len(job.routes.rules))) if job.routes else Tally()


def _accounts(ladders: Mapping[str, Ladder]) -> dict[str, dict[str, Any]]:
    """What the run has cost so far, by engine; {} for those that cost nothing."""
    return {name: ladder.translator.account() for name, ladder in ladders.items()}
