"""Decide again from stored scores: other thresholds, other checks, no translator."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from babelset.chunks import chunked
from babelset.errors import ConfigError, DataError
from babelset.evidence import KEY, Evidence, evidence_of, outcome_of, verdict_evidence
from babelset.files import read, writing
from babelset.filter import Filter, Outcome
from babelset.job import Places
from babelset.row import BadRow, Row
from babelset.tally import STATUSES, Tally
from babelset.worker import Entry, failed, judge, score

CHUNK = 256  # rows scored together


def refilter(
    inputs: Sequence[str],
    accepted: str,
    rejected: str | None,
    filters: Sequence[Filter],
    *,
    format: str | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """
    Sort the rows of `inputs`, written by a run, into accepted and rejected ones; returns the account.

    Stored scores are used as they are; a check that has none yet scores the row now. Rows without evidence go
    to the failed ledger. Raises ConfigError when an output exists and `force` is not given.
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
    with ExitStack() as stack:
        files = {status: stack.enter_context(writing(paths[status], like=inputs[0])) for status in STATUSES}
        for rows in chunked(read(inputs, format=format), CHUNK):
            read_rows += len(rows)
            for entry in redecide(rows, filters):
                tally.add(entry)
                files[entry["status"]].write(entry["data"])
        report = tally.report(read_rows)
    return {**report, "files": {status: str(path) for status, path in paths.items()}}


def redecide(rows: Sequence[Row | BadRow], filters: Sequence[Filter]) -> list[Entry]:
    """One entry for each row, in order, with fresh verdicts."""
    known = [_known(row) for row in rows]
    outcomes = [item for item in known if isinstance(item, tuple)]
    for check in filters:
        _fill(check, outcomes)
    return [_decided(item, filters) if isinstance(item, tuple) else item for item in known]


Known = tuple[dict[str, Any], Evidence, Outcome]


def _known(row: Row | BadRow) -> Known | Entry:
    if isinstance(row, BadRow):
        return failed(row)
    try:
        evidence = evidence_of(row.data)
        return row.data, evidence, outcome_of(row.data, evidence)
    except DataError as error:
        where = f"{error.field}: " if error.field else ""
        return failed(BadRow(row.number, row.file, row.line, where + error.reason, ""))


def _fill(check: Filter, rows: Sequence[Known]) -> None:
    """Score with `check` the rows that have no score of it, or one that does not fit the row any more."""
    missing = [
        (evidence, outcome)
        for _, evidence, outcome in rows
        if len(evidence["scores"].get(check.name, ())) != len(outcome.units(check.unit))
        or check.name not in evidence["scores"]
    ]
    scores = score([check], [outcome for _, outcome in missing])
    for (evidence, _), found in zip(missing, scores, strict=True):
        evidence["scores"][check.name] = found[check.name]


def _decided(item: Known, filters: Sequence[Filter]) -> Entry:
    data, evidence, outcome = item
    verdicts = judge(filters, outcome, evidence["scores"])
    evidence["status"] = status = "accepted" if all(verdict.ok for verdict in verdicts) else "rejected"
    evidence["verdicts"] = [verdict_evidence(verdict) for verdict in verdicts]
    return {"status": status, "data": {**data, KEY: evidence}}
