"""The numbers are still there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.numbers import lost, share


class Numbers(Filter):
    """
    Demand the digits of the source's numbers in the target, however a language groups and writes them.

    The score of a segment is the share of its numbers that are found; numbers up to twelve may have become
    words, those up to 39 Roman numerals, and the 1930s the 30s. Kept spans don't count. Every segment of a row needs
    `least`.
    """

    name: ClassVar[str] = "numbers"
    unit: ClassVar[Unit] = "segment"

    least: float = 0.5

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else share(*unit.prose)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        worst = min(known(ratings), default=None)
        for rating in ratings:
            if rating.score is not None and rating.score < self.least:
                unit = rating.of
                gone = ", ".join(lost(*unit.prose))
                reason = f"{unit.field}: {shorten(gone)} missing in {shorten(unit.target or '')}"
                return Verdict(self.name, False, worst, reason)
        return Verdict(self.name, True, worst)
