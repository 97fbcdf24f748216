"""
How good a text is as a document, as HPLT tells it: in which language each line is, a score with its parts, a filter.

The score follows the description of web-docs-scorer, with the ratios that it has for Spanish, in every language:
HPLT's own numbers differ, the more so the more the language's punctuation does.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

import regex

from babelset.languages import Language, all_languages
from babelset.measures.following import UNSPACED
from babelset.measures.identifier import identifier

PARTS = ("language", "urls", "punctuation", "singular_chars", "numbers", "repeated", "long_segments", "great_segment")
UNKNOWN = "und"  # a line without letters
READ = 1500  # characters of a line that tell its language
SHORT, LONG = 25, 250  # letters of a line: fewer say little, more are a long one
GREAT = (625, 1000)  # letters of the longest lines, between 0 and 1
LENGTH, WORDS, CHARACTERS = 500, 5, 10  # what the filter's document must have more of
COUNTED_BY_CHARACTERS = ("jpn", "kor", "yue", "zho")
LETTERS = regex.compile(r"[\p{L}\p{M}]")
NUMBERS = regex.compile(r"\p{N}")
SINGULAR = regex.compile(r"[\p{S}\p{C}#%&*@/\\--\s]", regex.V1)
PUNCTUATION = regex.compile(r"[\p{P}--[#%&*@/\\]]", regex.V1)
URL = regex.compile(r"www|http")


def languages_of(lines: Sequence[str], expected: Language) -> list[str]:
    """
    The language of each line, as a FLORES code: the expected one wherever the identifier cannot tell it from another.

    >>> languages_of(["Bon dia a tothom.", "---"], find("ca"))
    ['cat_Latn', 'und']
    """
    told = [at for at, line in enumerate(lines) if LETTERS.search(line[:READ])]
    found = [UNKNOWN] * len(lines)
    if told:
        model = identifier()
        for at, label in zip(told, model.scores([lines[at][:READ] for at in told]).argmax(axis=1), strict=True):
            name = model.labels[label]
            found[at] = expected.code if name in expected.langid else _codes()[name]
    return found


def filter_of(text: str, language: Language) -> str:
    """`keep`, or the first of HPLT's rules that the text breaks: word_avg_5 or char_avg_10, length_500."""
    lines = text.split("\n")
    by_characters = language.code[:3] in COUNTED_BY_CHARACTERS or language.script in UNSPACED
    size = sum(len(line) if by_characters else len(line.split(" ")) for line in lines) / len(lines)
    if size <= (CHARACTERS if by_characters else WORDS):
        return f"char_avg_{CHARACTERS}" if by_characters else f"word_avg_{WORDS}"
    return "keep" if len(text) > LENGTH else f"length_{LENGTH}"


def scores_of(lines: Sequence[str], languages: Sequence[str], expected: Language) -> tuple[float, dict[str, float]]:
    """The score of a document and its parts, from 0 to 10, as its lines and their languages give them."""
    letters = [len(LETTERS.findall(line)) for line in lines]
    right = [count for count, code in zip(letters, languages, strict=True) if code == expected.code and count > SHORT]
    told = [line for line, count in zip(lines, letters, strict=True) if count > SHORT]
    total, text = sum(letters), "\n".join(lines)
    considered = sum(count for count in letters if count > SHORT)
    great = [_between(min(count, GREAT[1]), GREAT) for count in right if count > GREAT[0]]
    parts = {
        "language": sum(right) / considered if considered else 0.0,
        "urls": _worth("urls", len(URL.findall(text)), len(told)),
        "punctuation": _worth("punctuation", len(PUNCTUATION.findall(text)), total),
        "singular_chars": _worth("singular_chars", len(SINGULAR.findall(text)), total),
        "numbers": _worth("numbers", len(NUMBERS.findall(text)), total),
        "repeated": len(set(told)) / len(told) if told else 1.0,
        "long_segments": min(sum(count > LONG for count in right) / 10, 1.0),
        "great_segment": math.fsum(great) / len(great) if great else 0.0,
    }
    start = parts["language"] * 8 + parts["long_segments"] + parts["great_segment"]
    return start * _penalty([parts[name] for name in PARTS[1:6]]), {name: 10 * parts[name] for name in PARTS}


def _penalty(scores: Sequence[float]) -> float:
    """The two lowest, times the mean of the others: what is bad must not vanish in a mean."""
    first, second, *others = sorted(scores)
    return first * second * math.fsum(others) / len(others)


def _worth(name: str, count: int, of: int) -> float:
    """The score of a ratio, by the table; nothing of nothing is the best."""
    points = _table()[name]
    ratio = 100 * count / of if of else 100.0 * bool(count)
    for before, after in pairwise(points):
        if before[0] <= ratio <= after[0]:
            return before[1] + (after[1] - before[1]) * _between(ratio, (before[0], after[0]))
    return points[0][1] if ratio < points[0][0] else points[-1][1]


def _between(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])


@cache
def _table() -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = tomllib.loads(
        files("babelset.measures").joinpath("documents.toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _codes() -> dict[str, str]:
    """The first language of each label."""
    return {label: language.code for language in reversed(all_languages()) for label in language.langid}
