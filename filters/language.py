"""The translation is in the target language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar

import regex
from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Rating, Scored, Unit, Verdict, shorten
from babelset.filters.copied import WORD, is_name

# What a translation is most often mistaken for, or comes out in by mistake; the identifier chooses among these
# and the two languages of the pair. Each language more costs time and memory. On rows of two NTREX-128 segments
# into es ca pt fr hi sw: at most 0.5 % of the human translations fail, all English copies do, and 99.7 % of
# the other languages, but for Galician as Spanish (33 %) or Portuguese (61 %), since lingua has no Galician.
# It cannot be told by what it is not, either: where lingua lacks French, it takes a fifth of it for certain English.
RIVALS = frozenset(["en", "es", "fr", "pt", "it", "ca", "de", "nl", "pl", "tr", "id", "sw", "ru", "ar", "hi", "zh"])
NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")
TAKEN = "taken for "  # and a language: the note on a unit, and what a verdict counts


class Language(BaseModel, extra="forbid", frozen=True):
    """
    Reject a row that lingua takes for another language than the target.

    The score is lingua's confidence in the target, from 0 to 1, over all prose of the row, without names that the
    source has too where enough is left. Rows with fewer than `letters` letters, and languages that lingua does not
    know, are not judged.
    """

    name: ClassVar[str] = "language"
    unit: ClassVar[Unit] = "row"
    parts: ClassVar[tuple[str, ...]] = ()
    least: float = 0.3
    letters: int = 40
    read: int = 1500  # letters: enough to be sure

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [rating.score for rating in self.rate(units)]

    def rate(self, units: Sequence[Scored]) -> list[Rating]:
        found = [Rating(None)] * len(units)
        texts: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for index, unit in enumerate(units):
            if unit.pair.target.lingua and (text := self._text(unit)):
                key = (unit.pair.source.lingua, unit.pair.target.lingua)
                texts.setdefault(key, []).append((index, text))
        for (source, target), items in texts.items():
            ratings = _ratings(_detector(source, target), target, [text for _, text in items])
            for (index, _), rating in zip(items, ratings, strict=True):
                found[index] = rating
        return found

    def _text(self, unit: Scored) -> str:
        """What is judged; "" for too little."""
        source, target = (WORD.findall(text[: 2 * self.read]) for text in unit.prose)
        names = set(filter(is_name, source))
        for words in ([word for word in target if word not in names], target):
            text: str = NOT_LETTER.sub(" ", " ".join(words))[: self.read]
            if len(text) - text.count(" ") >= self.letters:
                return text
        return ""

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        worst = min((score for score in scores if score is not None), default=None)
        ratings = outcome.marks.ratings(self.name) or map(Rating, scores)
        for unit, score, rating in zip(outcome.units(self.unit), scores, ratings, strict=True):
            if score is not None and score < self.least:
                where = f"{unit.field}: " if unit.field else ""
                sure = ", ".join(filter(None, [f"{score:.0%} sure that this is {unit.pair.target.name}", rating.note]))
                reason = f"{where}{sure}: {shorten(unit.target or '')}"
                return Verdict(self.name, False, worst, reason, {rating.note: 1} if rating.note else {})
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


def _ratings(detector: Any, target: str, texts: Sequence[str]) -> Iterable[Rating]:
    """How sure lingua is of the target, and what it takes the text for where that is another language."""
    for ranking in detector.compute_language_confidence_values_in_parallel(list(texts)):
        values = {item.language.iso_code_639_1.name.lower(): item.value for item in ranking}
        likeliest = next(iter(values))
        note = "" if likeliest == target else TAKEN + ranking[0].language.name.title()
        yield Rating(values[target], note=note)
