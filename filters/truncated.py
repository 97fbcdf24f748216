"""The translation goes on to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from babelset.filter import Outcome, Scored, Unit, Verdict, shorten

ENDS = frozenset(".!?…。！？।॥؟۔։።។။៕")
CLOSERS = "\"'”’»)]}*_`」』）】"


class Truncated(BaseModel, extra="forbid", frozen=True):
    """
    Reject a segment that the engine cut, or that stops in mid-sentence well before its source does.

    `short` is the share of the source's length under which a target that lost its final punctuation counts as
    cut. The score is 1 for a whole segment, 0 for a cut one.
    """

    name: ClassVar[str] = "truncated"
    unit: ClassVar[Unit] = "segment"
    short: float = 0.5

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if unit.target is None else float(not self._cut(unit)) for unit in units]

    def _cut(self, unit: Scored) -> bool:
        source, target = unit.source.rstrip(CLOSERS), (unit.target or "").rstrip(CLOSERS)
        stops = source[-1:] in ENDS and target[-1:] not in ENDS and unit.pair.target.script not in UNPUNCTUATED
        return "truncated" in unit.flags or (stops and len(target) < self.short * len(source))

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        for unit, score in zip(outcome.segments, scores, strict=True):
            if score == 0:
                return Verdict(self.name, False, 0.0, f"{unit.field}: {shorten(unit.target or '')} breaks off")
        return Verdict(self.name, True, 1.0 if any(score is not None for score in scores) else None)


# Scripts whose sentences need no final mark, and are shorter in characters anyway.
UNPUNCTUATED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Hans", "Hant", "Jpan"})
