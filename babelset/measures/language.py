"""How surely a text is in a language, by lingua."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import regex

from babelset.contracts.filter import Scored
from babelset.languages import Pair
from babelset.measures.copied import WORD, is_name

# What a translation is most often mistaken for, or comes out in by mistake; the identifier chooses among these
# and the two languages of the pair. Each language more costs time and memory. On rows of two NTREX-128 segments
# into es ca pt fr hi sw: at most 0.5 % of the human translations fail, all English copies do, and 99.7 % of
# the other languages, but for Galician as Spanish (33 %) or Portuguese (61 %), since lingua has no Galician.
# It cannot be told by what it is not, either: where lingua lacks French, it takes a fifth of it for certain English.
RIVALS = frozenset(["en", "es", "fr", "pt", "it", "ca", "de", "nl", "pl", "tr", "id", "sw", "ru", "ar", "hi", "zh"])
NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")
TAKEN = "taken for "  # and a language: the note on a unit, and what a verdict counts


class Confidence(NamedTuple):
    """How sure lingua is of the target language, 0 to 1; `taken` is the language that it takes the text for instead."""

    score: float
    taken: str = ""


def confidences(units: Sequence[Scored], letters: int = 40, read: int = 1500) -> list[Confidence | None]:
    """
    How surely each target is in its language; None for fewer than `letters` letters and languages unknown to lingua.

    Names that the source has too don't count where enough is left without them; `read` letters are enough to be sure.
    """
    found: list[Confidence | None] = [None] * len(units)
    texts: dict[Pair, list[tuple[int, str]]] = {}
    for index, unit in enumerate(units):
        if unit.pair.target.lingua and (text := _text(unit, letters, read)):
            texts.setdefault(unit.pair, []).append((index, text))
    for pair, items in texts.items():
        told = _identified([text for _, text in items], pair)
        for (index, _), confidence in zip(items, told, strict=True):
            found[index] = confidence
    return found


def _text(unit: Scored, letters: int, read: int) -> str:
    """What is judged; "" for too little."""
    source, target = (WORD.findall(text[: 2 * read]) for text in unit.prose)
    names = set(filter(is_name, source))
    for words in ([word for word in target if word not in names], target):
        text: str = NOT_LETTER.sub(" ", " ".join(words))[:read]
        if len(text) - text.count(" ") >= letters:
            return text
    return ""


def _identified(texts: list[str], pair: Pair) -> Iterator[Confidence]:
    target = pair.target.lingua
    detector = _detector(pair.source.lingua, target)
    for ranking in detector.compute_language_confidence_values_in_parallel(texts):
        values = {item.language.iso_code_639_1.name.lower(): item.value for item in ranking}
        likeliest = next(iter(values))
        yield Confidence(values[target], "" if likeliest == target else ranking[0].language.name.title())


@cache
def _detector(source: str, target: str) -> Any:
    import lingua

    codes = {code for code in (*RIVALS, source, target) if code}
    languages = [item for item in lingua.Language.all() if item.iso_code_639_1.name.lower() in codes]
    return lingua.LanguageDetectorBuilder.from_languages(*languages).build()
