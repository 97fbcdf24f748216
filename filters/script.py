"""The translation is written in the target language's script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten
from babelset.measures.script import share


class Script(Filter):
    """
    Reject a row whose letters are in the wrong script. The score is the share of letters in the right one.

    Words that stand in the source as well (names, technical terms) don't count when the scripts differ.
    Rows with fewer than `letters` letters are not judged.
    """

    name: ClassVar[str] = "script"
    unit: ClassVar[Unit] = "row"

    least: float = 0.7
    letters: int = 10

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(share(unit, self.letters)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        [rating] = ratings
        if rating.score is None or rating.score >= self.least:
            return Verdict(self.name, True, rating.score)
        unit = rating.of
        reason = f"{rating.score:.0%} of the letters are {unit.pair.target.script}: {shorten(unit.target or '')}"
        return Verdict(self.name, False, rating.score, reason)
