"""Nothing is missing: every segment has a translation that is not blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict, shorten


class Complete(BaseModel, extra="forbid", frozen=True):
    """Reject a row with a segment that was not translated; 1 for a whole segment, 0 for a missing one."""

    name: ClassVar[str] = "complete"
    unit: ClassVar[Unit] = "segment"

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [float(bool(unit.target and unit.target.strip())) for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        missing = [unit for unit, score in zip(outcome.segments, scores, strict=True) if not score]
        share = 1 - len(missing) / max(len(scores), 1)
        if not missing:
            return Verdict(self.name, True, share)
        first = missing[0]
        reason = f"{first.field}: {len(missing)} of {len(scores)} segments of the row have no translation; "
        reason += f"{shorten(first.source)}: {first.reason or 'blank'}"
        return Verdict(self.name, False, share, reason)
