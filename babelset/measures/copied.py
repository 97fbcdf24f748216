"""How much of a translation is its source again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import regex

from babelset.contracts.filter import Scored

WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’-]*")
QUOTED = regex.compile(r"[\"“'‘«](\p{Ll}{3,})[\"”'’»]")
SHORT = 500  # characters of a text
RUN = 3  # words in a row that are in the source too: names are shorter


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text; of short ones they are known for a while, for several checks ask."""
    if len(text) <= SHORT:
        return _words(text)
    once: dict[str, str] = {}  # a long text has a word thousands of times
    return tuple(once.setdefault(found[0], found[0]) for found in WORD.finditer(text))


@lru_cache(maxsize=8192)
def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text))


def letters(text: str) -> int:
    """The length of the words in the text."""
    return sum(map(len, words_of(text)))


def quoted(units: Sequence[Scored]) -> str:
    """
    The first word that stayed in quotation marks, and was translated where it stands without them; "" where none did.

    >>> quoted([Scored("The tree is tall. The word “tall” fits.", "O tom é alto. A palavra “tall” serve.", pair)])
    'tall'
    """
    source, target = ("\n".join(unit.prose[side] for unit in units) for side in (0, 1))
    both = set(QUOTED.findall(source)).intersection(QUOTED.findall(target))
    if not both:  # as most
        return ""
    here, there = (Counter(map(str.casefold, WORD.findall(QUOTED.sub(" ", text)))) for text in (source, target))
    return next((word for word in sorted(both) if here[word] and not there[word]), "")


def same_language(unit: Scored) -> bool:
    """Whether source and target are one language, as Bokmål and Nynorsk are here."""
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


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[shift:] for shift in range(RUN)), strict=False))


def share(unit: Scored) -> float:
    """The share of the target's letters in runs of three or more words that are in the source too, but names."""
    told = [words_of(text) for text in unit.prose]
    source, target = ([word.casefold() for word in words] for words in told)
    if not target:
        return 0.0
    if len(target) < RUN:
        return float(source == target and unit.source.islower())
    if sum(map(set(source).__contains__, target)) < RUN:  # as most
        return 0.0
    known, own = set(_runs(source)), _runs(target)
    if known.isdisjoint(own):
        return 0.0
    names, copied = list(map(is_name, told[1])), [False] * len(target)
    for start, run in enumerate(own):
        if run in known and not all(names[start : start + RUN]):
            copied[start : start + RUN] = [True] * RUN
    return sum(len(word) for word, is_copied in zip(target, copied, strict=True) if is_copied) / sum(map(len, target))
