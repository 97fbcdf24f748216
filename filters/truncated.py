"""The translation goes on to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.length import ratio

ENDS = frozenset(".!?…。！？।॥؟۔։።។။៕;᱾᱿")  # a Greek question ends in a semicolon
CLOSERS = "\"'”’»)]}*_`」』）】"


class Truncated(Filter):
    """
    Reject a segment that the engine cut, or that stops in mid-sentence well before its source does.

    A target that lost its final punctuation counts as cut when it is shorter than `short` times what its source lets
    expect, see `length`. The score is 1 for a whole segment, 0 for a cut one.
    """

    name: ClassVar[str] = "truncated"
    unit: ClassVar[Unit] = "segment"
    short: float = 0.7  # in seven languages of NTREX-128: 95 % of half sentences, and 2 of 13,979 human translations

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else float(not self._cut(unit))) for unit in units]

    def _cut(self, unit: Scored) -> bool:
        return "truncated" in unit.flags or (_stops(unit) and (ratio(unit) or 0.0) < self.short)

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        for rating in ratings:
            if rating.score == 0:
                unit = rating.of
                return Verdict(self.name, False, 0.0, f"{unit.field}: {shorten(unit.target or '')} breaks off")
        return Verdict(self.name, True, 1.0 if known(ratings) else None)


def _stops(unit: Scored) -> bool:
    source, target = unit.source.rstrip(CLOSERS), (unit.target or "").rstrip(CLOSERS)
    if not any(map(str.isalpha, unit.prose[0])):
        return False  # kept text alone
    return source[-1:] in ENDS and target[-1:] not in ENDS and unit.pair.target.script not in UNPUNCTUATED


# Scripts whose sentences need no final mark, and are shorter in characters anyway.
UNPUNCTUATED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Hans", "Hant", "Jpan"})
