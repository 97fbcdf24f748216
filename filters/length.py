"""The translation is about as long as a translation into its language should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known
from babelset.measures.length import fits, ratio


class Length(Filter):
    """
    Reject a field that is much longer or shorter than its source lets expect.

    The score is the prose's length over the expected one, in characters: 1 is as expected for this pair of
    languages. It may lie between 1 / `tolerance` and `tolerance`, and further away the shorter the source: by
    `slack` characters on either side. Names, numbers and formulas that a script other than Latin leaves as they are
    do not count: `iPhone 12 Pro Max` in Chinese.
    """

    name: ClassVar[str] = "length"
    unit: ClassVar[Unit] = "field"

    tolerance: float = 2.0
    slack: float = 15

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(ratio(unit)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        scores = known(ratings)
        for rating in ratings:
            if rating.score is not None and not fits(rating.of, rating.score, self.tolerance, self.slack):
                unit, length = rating.of, len(rating.of.prose[0].strip())
                reason = f"{unit.field}: {rating.score:.2g} times as long as expected for {length} characters of source"
                return Verdict(self.name, False, rating.score, reason)
        return Verdict(self.name, True, sum(scores) / len(scores) if scores else None)
