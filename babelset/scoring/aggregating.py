"""What filters have in common that score each unit and judge the row by an aggregate of these scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from babelset.contracts.filter import Filter, Rating, Verdict, shorten
from babelset.measures.aggregate import Aggregate, aggregated, prose_length


class Aggregating(Filter):
    """
    A filter that scores up to 1, higher is better, and rejects rows below `least`; a subclass adds the rest.

    The row's score is an aggregate of its units': their mean, "weighted" by their prose, or their lowest. Notes are
    counted.
    """

    least: float | None = Field(0.0, ge=0, le=1, description="what the row must reach; 0 scores only")
    aggregate: Aggregate = "weighted"

    @property
    def demanded(self) -> float | None:
        """What the row must reach, None where it is only scored."""
        return self.least or None

    def counts(self, ratings: Sequence[Rating]) -> Mapping[str, int]:
        """What is special about the ratings of a row, counted."""
        return Counter(rating.note for rating in ratings if rating.note)

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        counts, least = self.counts(ratings), self.demanded
        total = aggregated(self.aggregate, [rating.score for rating in ratings], lambda at: _weight(ratings[at]))
        if total is None or least is None or total >= least:
            return Verdict(self.name, True, total, counts=counts)
        found = [(rating.score, rating.of) for rating in ratings if rating.score is not None]
        score, worst = min(found, key=lambda item: item[0])
        where = f"{worst.field}: scores {score:.2f}, the row {total:.2f}"
        reason = f"{where}, below {least:.2f}: {shorten(worst.target or '')}"
        return Verdict(self.name, False, total, reason, counts)


def _weight(rating: Rating) -> float:
    return prose_length(rating.of.source, rating.of.keeps)
