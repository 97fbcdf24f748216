"""Decide again from stored scores: other thresholds, other checks, cuts by score, no translator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import COLUMNS, KEY, REVIEW, marks_of, verdict_evidence
from babelset.contracts.filter import Filter
from babelset.errors import ConfigError
from babelset.files.row import BadRow, Row
from babelset.files.rows import read, writing
from babelset.scoring.cuts import Keep, Where
from babelset.scoring.scores import Known, fill, known
from babelset.translation.job import Places
from babelset.translation.worker import Entry, judge
from babelset.work.chunks import chunked
from babelset.work.journal import Journal
from babelset.work.tally import STATUSES, Tally

CHUNK = 256  # rows scored together


def refilter(
    inputs: Sequence[str],
    accepted: str,
    rejected: str | None,
    filters: Sequence[Filter],
    *,
    where: Where | None = None,
    keep: Keep | None = None,
    format: str | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """
    Sort the rows of `inputs`, written by a run, into accepted and rejected ones; returns the account.

    Stored scores are used as they are; a check that has none yet scores the row now; a reviewer's verdict stays. Of the
    rows that pass every check, `where` and then `keep` cut more. Rows without evidence go to the failed ledger. Raises
    ConfigError when an output exists and `force` is not given, or when no row has a score that a cut asks for.
    """
    places = Places.of(accepted)
    paths = {
        "accepted": places.accepted,
        "rejected": Path(rejected) if rejected else places.rejected,
        "failed": places.failed,
    }
    for path in paths.values():
        if path.exists() and not force:
            raise ConfigError(f"{path} exists; name another output, or say --force")
    tally, read_rows = Tally(), 0

    def decided() -> Iterator[list[Entry]]:
        nonlocal read_rows
        for rows in chunked(read(inputs, format=format), CHUNK):
            read_rows += len(rows)
            entries = redecide(rows, filters)
            yield [where.decide(entry) for entry in entries] if where else entries

    with ExitStack() as stack:
        files = {status: stack.enter_context(writing(paths[status], like=inputs[0])) for status in STATUSES}
        for entry in _ranked(decided(), keep, places, stack) if keep else chain.from_iterable(decided()):
            tally.add(entry)
            files[entry["status"]].write(entry["data"])
        if where:
            where.columns.check()
        report = tally.report(read_rows)
    return {**report, "files": {status: str(path) for status, path in paths.items()}}


def _ranked(chunks: Iterator[list[Entry]], keep: Keep, places: Places, stack: ExitStack) -> Iterator[Entry]:
    """The entries as `keep` decides; until it can, they wait in a folder beside the output."""
    folder = places.work.with_name(places.output.name + ".filter.work")
    journal = stack.enter_context(Journal(folder, {"command": "filter"}, fresh=True))
    stack.callback(journal.remove)
    return keep.best(chunks, journal)


def redecide(rows: Sequence[Row | BadRow], filters: Sequence[Filter]) -> list[Entry]:
    """One entry for each row, in order, with fresh verdicts."""
    found = [known(row) for row in rows]
    for check in filters:
        fill(check, [item for item in found if isinstance(item, tuple)])
    return [_decided(item, filters) if isinstance(item, tuple) else item for item in found]


def _decided(item: Known, filters: Sequence[Filter]) -> Entry:
    data, evidence, outcome = item
    outcome.marks = marks_of(evidence)
    verdicts = judge(filters, outcome)
    reviewed = [verdict for verdict in evidence["verdicts"] if verdict["check"] in (COLUMNS, REVIEW)]
    evidence["verdicts"] = [*map(verdict_evidence, verdicts), *reviewed]
    evidence["status"] = status = "accepted" if all(verdict["ok"] for verdict in evidence["verdicts"]) else "rejected"
    return {"status": status, "data": {**data, KEY: evidence}}
