"""The translation is about as long as a translation into its language should be."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import ClassVar

from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict
from babelset.languages import Language as Tongue


class Length(BaseModel, extra="forbid", frozen=True):
    """
    Reject a field that is much longer or shorter than its source lets expect.

    The score is the prose's length over the expected one, in characters: 1 is as expected for this pair of
    languages. It may lie between 1 / `tolerance` and `tolerance`, and further away the shorter the source: by
    `slack` characters on either side.
    """

    name: ClassVar[str] = "length"
    unit: ClassVar[Unit] = "field"
    tolerance: float = 2.0
    slack: float = 15

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if unit.target is None else ratio(unit) for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        known = [score for score in scores if score is not None]
        mean = sum(known) / len(known) if known else None
        for unit, score in zip(outcome.fields, scores, strict=True):
            if score is not None and not self._fits(unit, score):
                length = len(unit.prose[0].strip())
                reason = f"{unit.field}: {score:.2g} times as long as expected for {length} characters of source"
                return Verdict(self.name, False, score, reason)
        return Verdict(self.name, True, mean)

    def _fits(self, unit: Scored, score: float) -> bool:
        slack = self.slack / max(len(unit.prose[0].strip()), 1)
        return 1 / self.tolerance - slack <= score <= self.tolerance + slack


def ratio(unit: Scored) -> float | None:
    """How long the target's prose is beside what the source's lets expect; None where that has none."""
    source, target = (len(text.strip()) for text in unit.prose)
    if not source:
        return None
    return target / source / (_characters(unit.pair.target) / _characters(unit.pair.source))


def _characters(language: Tongue) -> float:
    """Characters that say what one character of English says."""
    table = _table()
    return table["language"].get(language.code) or table["script"].get(language.script, 1.0)


@cache
def _table() -> dict[str, dict[str, float]]:
    return tomllib.loads(files(__package__).joinpath("length.toml").read_text(encoding="utf-8"))
