"""Whether the other translations of a segment say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Rating, Scored, Unit
from babelset.engines.llm.candidates import chrf
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating


class Agreement(Aggregating):
    """
    Score each segment by how far its other candidates agree with it: the mean chrF between them, 0 to 1.

    >>> Agreement().score([Scored("Hello.", "Hola.", pair, candidates=(("Hola.", -0.1), ("Adéu.", -0.2)))])
    [Rating(0.04)]

    Segments with fewer than two candidates score None. Agreement is weak evidence: samples of one engine share its
    errors, and where there are many good translations they differ. Raises ConfigError where sacrebleu is missing.
    """

    name: ClassVar[str] = "agreement"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    needs_candidates: ClassVar[bool] = True

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(_agreement(unit) if covers(unit, force=True) else None) for unit in units]


def _agreement(unit: Scored) -> float | None:
    target = unit.target or ""
    others = [text for text, _ in unit.candidates]
    if target in others:
        others.remove(target)
    if not others or not unit.candidates[1:]:
        return None
    return math.fsum(chrf(others, target, beta=1)) / len(others)  # beta 1: the same in both directions
