"""The translation is in the target language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar

import regex
from pydantic import BaseModel

from babelset.filter import Outcome, Scored, Unit, Verdict, shorten

# What a translation is most often mistaken for, or comes out in by mistake; the identifier chooses among these
# and the two languages of the pair. Each language more costs time and memory. On rows of two NTREX-128 segments
# into es ca pt fr hi sw: at most 0.5 % of the human translations fail, all English copies do, and 99.7 % of
# the other languages, but for Galician as Spanish (33 %) or Portuguese (61 %), since lingua has no Galician.
RIVALS = frozenset(["en", "es", "fr", "pt", "it", "ca", "de", "nl", "pl", "tr", "id", "sw", "ru", "ar", "hi", "zh"])
NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")


class Language(BaseModel, extra="forbid", frozen=True):
    """
    Reject a row that lingua takes for another language than the target.

    The score is lingua's confidence in the target, from 0 to 1, over all prose of the row; rows with fewer than
    `letters` letters, and languages that lingua does not know, are not judged.
    """

    name: ClassVar[str] = "language"
    unit: ClassVar[Unit] = "row"
    least: float = 0.3
    letters: int = 40
    read: int = 1500  # letters: enough to be sure

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        found: list[float | None] = [None] * len(units)
        texts: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for index, unit in enumerate(units):
            text = NOT_LETTER.sub(" ", unit.prose[1][: 2 * self.read])[: self.read]
            if unit.pair.target.lingua and len(text) - text.count(" ") >= self.letters:
                key = (unit.pair.source.lingua, unit.pair.target.lingua)
                texts.setdefault(key, []).append((index, text))
        for (source, target), items in texts.items():
            confidences = _confidences(_detector(source, target), target, [text for _, text in items])
            for (index, _), confidence in zip(items, confidences, strict=True):
                found[index] = confidence
        return found

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        worst = min((score for score in scores if score is not None), default=None)
        for unit, score in zip(outcome.units(self.unit), scores, strict=True):
            if score is not None and score < self.least:
                where = f"{unit.field}: " if unit.field else ""
                reason = f"{where}{score:.0%} sure that this is {unit.pair.target.name}: {shorten(unit.target or '')}"
                return Verdict(self.name, False, worst, reason)
        return Verdict(self.name, True, worst)


class LanguageSegments(Language, extra="forbid", frozen=True):
    """Reject a row with a long segment in another language, which the row as a whole would hide."""

    name: ClassVar[str] = "language_segments"
    unit: ClassVar[Unit] = "segment"
    least: float = 0.01
    letters: int = 100


@cache
def _detector(source: str, target: str) -> Any:
    import lingua

    codes = {code for code in (*RIVALS, source, target) if code}
    languages = [item for item in lingua.Language.all() if item.iso_code_639_1.name.lower() in codes]
    return lingua.LanguageDetectorBuilder.from_languages(*languages).build()


def _confidences(detector: Any, target: str, texts: Sequence[str]) -> Iterable[float]:
    for ranking in detector.compute_language_confidence_values_in_parallel(list(texts)):
        yield next(item.value for item in ranking if item.language.iso_code_639_1.name.lower() == target)
