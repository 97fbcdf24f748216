"""What COMET's models are asked, and what a row's segments' scores make of the row: the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babelset.contracts.filter import Outcome, Scored, Verdict, shorten
from babelset.measures.aggregate import Aggregate, aggregated, prose_length


def covers(unit: Scored, force: bool) -> bool:
    """Whether there is something to score, in languages that XLM-RoBERTa has read, or any with `force`."""
    known = force or (unit.pair.source.comet and unit.pair.target.comet)
    return known and bool((unit.target or "").strip()) and any(map(str.isalpha, unit.prose[0]))


def verdict(
    name: str,
    outcome: Outcome,
    scores: Sequence[float | None],
    least: float | None,
    aggregate: Aggregate,
    counts: Mapping[str, int],
) -> Verdict:
    """The row's verdict: an aggregate of its segments' scores, which must reach `least` where that is given."""
    units = outcome.segments
    total = aggregated(aggregate, scores, lambda at: prose_length(units[at].source, units[at].keeps))
    if total is None or least is None or total >= least:
        return Verdict(name, True, total, counts=counts)
    found = ((unit, score) for unit, score in zip(units, scores, strict=True) if score is not None)
    worst, score = min(found, key=lambda item: item[1])
    where = f"{worst.field}: scores {score:.2f}, the row {total:.2f}"
    return Verdict(name, False, total, f"{where}, below {least:.2f}: {shorten(worst.target or '')}", counts)
