"""The translation does not run in circles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.repetition import excess


class Repetition(Filter):
    """
    Reject a segment in which the same words, or one character, come again and again, unless the source's do.

    The score is how many times as often the target repeats its most frequent run of `words` words as the source
    does, or `characters` in a row; 1 where nothing repeats. Texts without spaces are judged by characters.
    """

    name: ClassVar[str] = "repetition"
    unit: ClassVar[Unit] = "segment"

    words: int = 3
    characters: int = 12  # of one kind in a row
    most: float = 3.0

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else self._excess(unit)) for unit in units]

    def _excess(self, unit: Scored) -> float:
        return excess(unit, self.words, self.characters, self.most)

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        worst = max(known(ratings), default=None)
        for rating in ratings:
            if rating.score is not None and rating.score > self.most:
                unit = rating.of
                return Verdict(self.name, False, worst, f"{unit.field}: repeats itself: {shorten(unit.target or '')}")
        return Verdict(self.name, True, worst)
