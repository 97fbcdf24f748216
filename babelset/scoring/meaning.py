"""What scorers have in common that hold each target against its own source and the sources beside it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored, Unit, Verdict, shorten
from babelset.engines.encoders import Encoder
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating


class Meaning(Aggregating):
    """
    Score each segment by the cosine between source and target, -1 to 1; a subclass says by which encoder.

    The part `beside` is the highest cosine between the target and the source of another segment near it in the row.
    Where that is higher by `gap` the target says what another segment should, and the row is rejected.
    """

    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    parts: ClassVar[tuple[str, ...]] = ("beside",)

    gap: float | None = Field(None, ge=0, le=2, description="how much nearer a target may be to a source beside it")

    @abstractmethod
    def load(self, folder: object) -> Encoder: ...

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        rated = {unit for unit in units if self.covers(unit.pair) and covers(unit, force=True)}
        if not rated:
            return [Rating(None)] * len(units)
        encoder: Encoder = self.loaded
        texts = list(dict.fromkeys(text for unit in units if unit in rated for text in (*unit.prose, *unit.beside)))
        vectors = dict(zip(texts, encoder.encode(texts), strict=True))

        def cosine(source: str, target: str) -> float:
            return min(max(float(vectors[source] @ vectors[target]), -1.0), 1.0)

        def rating(unit: Scored) -> Rating:
            target = unit.prose[1]
            beside = max((cosine(source, target) for source in unit.beside), default=None)
            return Rating(cosine(unit.prose[0], target), {"beside": beside})

        return [rating(unit) if unit in rated else Rating(None) for unit in units]

    def margin(self, unit: Scored) -> float | None:
        """The gap that rejects this one."""
        return self.gap

    def complaint(self, rating: Rating) -> str:
        """What is wrong with the meaning of a segment, "" for nothing."""
        own, beside, margin = rating.score, rating.parts.get("beside"), self.margin(rating.of)
        if margin is None or own is None or beside is None or beside - own <= margin:
            return ""
        return f"fits another sentence of the row better than its own ({beside:.2f}, {own:.2f})"

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        verdict = super().judge(ratings)
        for rating in ratings if verdict.ok else ():
            if said := self.complaint(rating):
                reason = f"{rating.of.field}: {said}: {shorten(rating.of.target or '')}"
                return replace(verdict, ok=False, reason=reason)
        return verdict
