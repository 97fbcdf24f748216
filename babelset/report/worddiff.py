"""Where two translations of the same text differ, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

import regex

from babelset.report.passage import Part, Passage

MOST = 120  # words of each side that are compared: the time grows with their product
# a letter is a word in scripts that put no spaces between words
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|[\p{L}\p{M}\p{N}_]+|\s+|."
)


def word_diff(there: str, here: str, length: int) -> Passage:
    """
    `here`, and what stands in its place `there`, over at most `length` characters and 120 words.

    >>> word_diff("el gato negro", "el gato blanco", 100).parts
    (Part("el gato "), Part("negro", "only-there"), Part("blanco", "only-here"))
    """
    old, new = _words(there[:length]), _words(here[:length])
    seen = sum(map(len, new))
    return Passage(tuple(_parts(old, new)), len(here) - seen)


def _words(text: str) -> list[str]:
    return [match[0] for match, _ in zip(_WORD.finditer(text), range(MOST), strict=False)]


def _parts(old: list[str], new: list[str]) -> Iterator[Part]:
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if before == after:
            yield Part(after)
            continue
        if before:
            yield Part(before, "only-there")
        if after:
            yield Part(after, "only-here")
