"""Nothing is missing: every segment has a translation that is not blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten


class Complete(Filter):
    """Reject a row with a segment that was not translated; 1 for a whole segment, 0 for a missing one."""

    name: ClassVar[str] = "complete"
    unit: ClassVar[Unit] = "segment"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(float(bool(unit.target and unit.target.strip()))) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        missing = [rating.of for rating in ratings if not rating.score]
        share = 1 - len(missing) / max(len(ratings), 1)
        if not missing:
            return Verdict(self.name, True, share)
        first = missing[0]
        reason = f"{first.field}: {len(missing)} of {len(ratings)} segments of the row have no translation; "
        reason += f"{shorten(first.source)}: {first.reason or 'blank'}"
        return Verdict(self.name, False, share, reason)
