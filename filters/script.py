"""The translation is written in the target language's script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import regex
from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict, shorten

# ISO 15924 codes that stand for several Unicode scripts, and those whose Unicode name is another.
SCRIPTS = {
    "Jpan": ("Hiragana", "Katakana", "Han"),
    "Hans": ("Han",),
    "Hant": ("Han",),
    "Hang": ("Hangul", "Han"),
}
WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}_-]*")


class Script(BaseModel, extra="forbid", frozen=True):
    """
    Reject a row whose letters are in the wrong script. The score is the share of letters in the right one.

    Words that stand in the source as well (names, technical terms) don't count when the scripts differ.
    Rows with fewer than `letters` letters are not judged.
    """

    name: ClassVar[str] = "script"
    unit: ClassVar[Unit] = "row"
    least: float = 0.7
    letters: int = 10

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [self._share(unit) for unit in units]

    def _share(self, unit: Scored) -> float | None:
        source, target = unit.prose
        if unit.pair.source.script != unit.pair.target.script:
            known = set(WORD.findall(source))
            target = " ".join(word for word in WORD.findall(target) if word not in known)
        letters = len(LETTER.findall(target))
        if letters < self.letters:
            return None
        return len(_expected(unit.pair.target.script).findall(target)) / letters

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        [share] = scores
        if share is None or share >= self.least:
            return Verdict(self.name, True, share)
        script = outcome.row.pair.target.script
        reason = f"{share:.0%} of the letters are {script}: {shorten(outcome.row.target or '')}"
        return Verdict(self.name, False, share, reason)


LETTER = regex.compile(r"\p{L}")


@cache
def _expected(script: str) -> regex.Pattern[str]:
    names = SCRIPTS.get(script, (script,))
    return regex.compile("|".join(rf"(?=\p{{L}})\p{{Script={name}}}" for name in names))
