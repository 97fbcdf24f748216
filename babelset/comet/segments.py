"""What COMET's models are asked, and what a row's segments' scores make of the row: the same for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from babelset.filter import Outcome, Scored, Verdict, shorten

Aggregate = Literal["mean", "min", "weighted"]


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
    found = [(unit, score) for unit, score in zip(outcome.segments, scores, strict=True) if score is not None]
    if not found:
        return Verdict(name, True, counts=counts)
    total = together(found, aggregate)
    if least is None or total >= least:
        return Verdict(name, True, total, counts=counts)
    worst, score = min(found, key=lambda item: item[1])
    where = f"{worst.field}: scores {score:.2f}, the row {total:.2f}"
    return Verdict(name, False, total, f"{where}, below {least:.2f}: {shorten(worst.target or '')}", counts)


def together(found: Sequence[tuple[Scored, float]], aggregate: Aggregate) -> float:
    """The segments' mean, "weighted" by the length of the source, or their lowest score."""
    if aggregate == "min":
        return min(score for _, score in found)
    weights = [len(unit.source) if aggregate == "weighted" else 1 for unit, _ in found]
    return math.fsum(weight * score for weight, (_, score) in zip(weights, found, strict=True)) / sum(weights)
