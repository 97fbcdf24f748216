"""The translation is not the source again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import regex
from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict, shorten

WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’-]*")
RUN = 3  # words in a row that stand in the source too: names are shorter


class Copied(BaseModel, extra="forbid", frozen=True):
    """
    Reject a row most of whose letters are copied: runs of three or more words that stand in the source as well.

    The score of a segment is the share of its letters in such runs; names, Words With Capitals, make none by
    themselves. A segment of one or two words counts when it equals its source and is lower case. The row is judged by
    the share over all of them, `most`, when it has `letters` of them. Rows within one language, as Bokmål into Nynorsk,
    are not judged.
    """

    name: ClassVar[str] = "copied"
    unit: ClassVar[Unit] = "segment"
    most: float = 0.5
    letters: int = 10

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if unit.target is None or _same_language(unit) else _share(unit) for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        weighed = [
            (sum(map(len, WORD.findall(unit.prose[1]))), score, unit)
            for unit, score in zip(outcome.segments, scores, strict=True)
            if score is not None
        ]
        total = sum(letters for letters, _, _ in weighed)
        if total < self.letters:
            return Verdict(self.name, True)
        share = sum(letters * score for letters, score, _ in weighed) / total
        if share <= self.most:
            return Verdict(self.name, True, share)
        unit = max(weighed, key=lambda item: item[0] * item[1])[2]
        return Verdict(self.name, False, share, f"{unit.field}: left untranslated: {shorten(unit.target or '')}")


def _same_language(unit: Scored) -> bool:
    macro = {
        "nob_Latn": "nor",
        "nno_Latn": "nor",
        "hrv_Latn": "hbs",
        "bos_Latn": "hbs",
        "zho_Hant": "zho",
        "zho_Hans": "zho",
    }
    source, target = unit.pair.source.code, unit.pair.target.code
    return macro.get(source, source) == macro.get(target, target)


def is_name(word: str) -> bool:
    """`is_name("Dundee")` -> True, `is_name("NOW")` -> False: as far as capitals tell."""
    return word[0].isupper() and not word.isupper()


def _share(unit: Scored) -> float:
    told = [WORD.findall(text) for text in unit.prose]
    source, target = ([word.casefold() for word in words] for words in told)
    names = list(map(is_name, told[1]))
    if not target:
        return 0.0
    if len(target) < RUN:
        return float(source == target and unit.source.islower())
    runs = set(zip(*(source[shift:] for shift in range(RUN)), strict=False))
    copied = [False] * len(target)
    for start in range(len(target) - RUN + 1):
        if tuple(target[start : start + RUN]) in runs and not all(names[start : start + RUN]):
            copied[start : start + RUN] = [True] * RUN
    return sum(len(word) for word, known in zip(target, copied, strict=True) if known) / sum(map(len, target))
