"""What scorers have in common that compare texts: the options that judge a row by their scores, and the judging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, Field

from babelset.contracts.filter import Outcome, Unit, Verdict
from babelset.measures.aggregate import Aggregate
from babelset.scoring.covered import verdict


class Scorer(BaseModel, extra="forbid", frozen=True):
    """
    A filter that scores up to 1, higher is better, and rejects rows below `least`; a subclass adds `name` and `score`.

    The row's score is an aggregate of its units': their mean, "weighted" by their prose, or their lowest.
    """

    name: ClassVar[str]
    unit: ClassVar[Unit] = "segment"
    opt_in: ClassVar[bool] = True

    least: float = Field(0.0, ge=0, le=1, description="what the row must reach; 0 scores only")
    aggregate: Aggregate = "weighted"

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        judged = Outcome(outcome.units(self.unit), [], outcome.row)
        return verdict(self.name, judged, scores, self.least or None, self.aggregate, {})
