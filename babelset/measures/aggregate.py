"""What the scores of a row's units make of the row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from babelset.contracts.filter import without

Aggregate = Literal["mean", "min", "weighted"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)


def aggregated(how: Aggregate, scores: Sequence[float | None], length: Callable[[int], float]) -> float | None:
    """
    The mean of the scores, "weighted" by the length of each unit, or the lowest; None where no unit is covered.

    >>> aggregated("weighted", [0.2, None, 0.8], [1, 9, 3].__getitem__)
    0.65

    Units weigh alike where none of them has any length.
    """
    known = [(at, score) for at, score in enumerate(scores) if score is not None]
    if how == "min" or not known:
        return min((score for _, score in known), default=None)
    weights = [length(at) if how == "weighted" else 1.0 for at, _ in known]
    if not any(weights):
        weights = [1.0] * len(known)
    total = math.fsum(weight * score for weight, (_, score) in zip(weights, known, strict=True))
    return round(total / math.fsum(weights), 6)  # the mean of 4.6 and 4.8 is 4.7, not a little less


def prose_length(source: str, keeps: Sequence[str]) -> int:
    """What a unit weighs: the characters of its source without the kept texts."""
    return len(without(source, tuple(keeps)).strip())
