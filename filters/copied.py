"""The translation is not the source again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten
from babelset.measures.copied import letters, quoted, same_language, share, words_of


class Copied(Filter):
    """
    Reject a row most of whose letters are copied: runs of three or more words that stand in the source as well.

    The score of a segment is the share of its letters in such runs; names, Words With Capitals, make none by
    themselves. A segment of one or two words counts when it equals its source and is lower case. The row is judged by
    the share over all of them, `most`, when it has `letters` of them. Rows within one language, as Bokmål into Nynorsk,
    are not judged.

    An engine that says which words it does not know, as Apertium does, is believed: a row in which it left some as they
    stood is rejected, "a rich *batter", unless `unknown_words` may stand. Names, with a capital, are none of these.

    So is a row in which a word is left in quotation marks alone: 'Without the word "like": soy como tú'.
    """

    name: ClassVar[str] = "copied"
    unit: ClassVar[Unit] = "segment"

    most: float = 0.5
    letters: int = 10
    unknown_words: bool = Field(False, description="accept words that the engine did not know and left")

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None or same_language(unit) else share(unit)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        covered = [(rating.of, rating.score) for rating in ratings if rating.score is not None]
        for unit, _ in covered:
            if "unknown_words" in unit.flags and not self.unknown_words:
                return Verdict(self.name, False, None, f"{unit.field}: the engine does not know {_both(unit)}")
        if word := quoted([unit for unit, _ in covered]):
            return Verdict(self.name, False, None, f"{word!r} is left in quotation marks, and translated elsewhere")
        weighed = [(letters(unit.prose[1]), score, unit) for unit, score in covered]
        total = sum(length for length, _, _ in weighed)
        if total < self.letters:
            return Verdict(self.name, True)
        copied = sum(length * score for length, score, _ in weighed) / total
        if copied <= self.most:
            return Verdict(self.name, True, copied)
        unit = max(weighed, key=lambda item: item[0] * item[1])[2]
        return Verdict(self.name, False, copied, f"{unit.field}: left untranslated: {shorten(unit.target or '')}")


def _both(unit: Scored) -> str:
    """Words that stand in source and target, those that the engine left among them: in lower case, if there are any."""
    source, target = map(words_of, unit.prose)
    words = [word for word in dict.fromkeys(target) if word in source]
    return shorten(", ".join([word for word in words if word.islower()] or words))
