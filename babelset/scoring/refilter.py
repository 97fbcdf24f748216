"""Decide again from stored scores: other thresholds, other checks, cuts by score, no translator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babelset.contracts.checks import deciding, opened
from babelset.contracts.evidence import COLUMNS, REVIEW, marks_of, verdict_evidence
from babelset.contracts.filter import Filter
from babelset.files.halves import fit_for
from babelset.files.reading import read
from babelset.files.row import KEY, BadRow, Row
from babelset.files.shard import Shard
from babelset.files.survey import Survey, survey
from babelset.scoring.scores import Known, fill, known
from babelset.scoring.selection import KeepBest, Where
from babelset.translation.deciding import judge
from babelset.work.account import Tally
from babelset.work.chunks import chunked
from babelset.work.journal import Entry
from babelset.work.licenses import licenses
from babelset.work.manifest import Manifest, sharded
from babelset.work.output import making
from babelset.work.places import Places, named_files
from babelset.work.watch import Watch

CHUNK = 256  # rows scored together


@dataclass(frozen=True, slots=True)
class Refilter:
    """
    Which rows are decided on again, by what, and where they are written.

    >>> Refilter(["ca.jsonl", "ca.rejected.jsonl"], "strict.jsonl", build_filters({"numbers": {"least": 1.0}}))

    `rejected` replaces the file next to the output.
    """

    inputs: Sequence[str]
    output: str
    filters: Sequence[Filter]
    rejected: str | None = None
    where: Where | None = None
    keep: KeepBest | None = None
    format: str | None = None
    force: bool = False
    shard: Shard | None = None


def refilter(order: Refilter, watch: Watch | None = None) -> Manifest:
    """
    Sort the rows of the inputs, written by a run, into accepted and rejected ones; the account.

    Stored scores are used as they are; a check that has none yet scores the row now; a reviewer's verdict stays. Of the
    rows that pass every check, `where` and then `keep` cut more. Rows without evidence go to the failed ledger. A
    finished output of the same order is left alone. Raises ConfigError for another one without `force`, and when no row
    has a score that a cut asks for.
    """
    watch, places = watch or Watch(), Places.of(order.output)
    rejected = Path(order.rejected) if order.rejected else places.rejected
    files = {"accepted": places.accepted, "rejected": rejected, "failed": places.failed}
    seen = survey(order.inputs, format=order.format, count=False, shard=order.shard)
    within = seen.within(order.shard, CHUNK)
    reads = [*order.inputs, *named_files([dict(check) for check in order.filters])]
    with (
        making(
            "filter", places, {**_parts(order, seen), **sharded(order.shard, within)}, reads=reads, writes=files,
            like=order.inputs[0], force=order.force, resumes=False, say=watch.say, warn=watch.warn,
        ) as output,
        ExitStack() as stack,
    ):  # fmt: skip
        if output.made:
            return output.made
        stack.enter_context(opened(order.filters, output.work, eager=False))
        tally, read_rows = Tally(), 0

        def decided() -> Iterator[Entry]:
            nonlocal read_rows
            found = fit_for(order.output, read(order.inputs, format=order.format, within=within))
            for rows in chunked(found, CHUNK):
                read_rows += len(rows)
                for entry in redecide(rows, order.filters):
                    yield order.where.decide(entry) if order.where else entry

        def about() -> dict[str, Any]:
            seen.check()
            if order.where and not order.shard:  # other shards may have the score
                order.where.columns.check()
            return {"licenses": licenses(None, order.inputs, {}), **tally.report(read_rows)}

        entries = order.keep.best(chunked(decided(), CHUNK), output) if order.keep else decided()
        return output.publish(tally.over(entries), files, about, always=("accepted", "rejected"))


def _parts(order: Refilter, seen: Survey) -> dict[str, Any]:
    cuts = {"where": order.where and order.where.expression.text, "keep": order.keep and order.keep.told()}
    return {"inputs": seen.files, "filters": deciding(order.filters), "options": {**cuts, "rejected": order.rejected}}


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
