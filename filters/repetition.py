"""The translation does not run in circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict, shorten


class Repetition(BaseModel, extra="forbid", frozen=True):
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

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if unit.target is None else self._excess(unit) for unit in units]

    def _excess(self, unit: Scored) -> float:
        source, target = unit.prose
        runs = _longest_run(target) / self.characters if _longest_run(source) < self.characters else 0.0
        return max(1.0, self._repeats(target) / self._repeats(source), self.most + runs if runs >= 1 else 0.0)

    def _repeats(self, text: str) -> int:
        """How often the most frequent n-gram stands in the text."""
        tokens = text.casefold().split()
        if len(tokens) < 2 * self.words:
            tokens, size = list(text), 3 * self.words
        else:
            size = self.words
        grams = Counter(zip(*(tokens[shift:] for shift in range(size)), strict=False))
        return max(grams.values(), default=1)

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        worst = max((score for score in scores if score is not None), default=None)
        for unit, score in zip(outcome.segments, scores, strict=True):
            if score is not None and score > self.most:
                return Verdict(self.name, False, worst, f"{unit.field}: repeats itself: {shorten(unit.target or '')}")
        return Verdict(self.name, True, worst)


def _longest_run(text: str) -> int:
    return max((sum(1 for _ in run) for char, run in groupby(text) if not char.isspace()), default=0)
