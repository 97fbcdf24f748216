"""The numbers are still there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.numbers import lost, share


class Numbers(Filter):
    """
    Demand every number of the source in the target, compared as a number, however the language writes it.

    The score of a segment is the share of its numbers that are found. 1,234.5 may be 1.234,5, 9:15 be 9h15, the 19th
    century be XIX, 1.5 million be 1.500.000, 10 miles be 16 km, and three a word. Kept spans don't count. Every
    segment of a row needs `least`.
    """

    name: ClassVar[str] = "numbers"
    unit: ClassVar[Unit] = "segment"

    least: float = 1.0

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else share(*unit.prose, unit.pair)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        worst = min(known(ratings), default=None)
        for rating in ratings:
            if rating.score is not None and rating.score < self.least:
                unit = rating.of
                gone = ", ".join(lost(*unit.prose, unit.pair))
                reason = f"{unit.field}: {shorten(gone)} missing in {shorten(unit.target or '')}"
                return Verdict(self.name, False, worst, reason)
        return Verdict(self.name, True, worst)
