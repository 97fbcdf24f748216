"""How much more a translation repeats itself than its source does."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from babelset.contracts.filter import Scored


def excess(unit: Scored, words: int = 3, characters: int = 12, most: float = 3.0) -> float:
    """
    How many times as often the target repeats its most frequent run of `words` words as the source does, at least 1.

    Texts without spaces are judged by characters. One character `characters` times in a row, which the source has not,
    is more than `most` of anything.
    """
    source, target = unit.prose
    run, times = _longest_run(target, characters), _repeats(target, words)
    runs = run / characters if run and not _longest_run(source, characters) else 0.0
    return max(1.0, times / _repeats(source, words) if times > 1 else 1.0, most + runs if runs else 0.0)


def _repeats(text: str, words: int) -> int:
    """How often the most frequent n-gram is in the text."""
    tokens = text.casefold().split()
    if len(tokens) < 2 * words:
        size = 3 * words
        counts = Counter([text[at : at + size] for at in range(len(text) - size + 1)])
        return max(counts.values(), default=1)
    if len(set(tokens)) == len(tokens):
        return 1
    return max(Counter(zip(*(tokens[shift:] for shift in range(words)), strict=False)).values(), default=1)


def _longest_run(text: str, least: int) -> int:
    """The length of the longest run of one character, white space aside; 0 where it is shorter than `least`."""
    return max((len(run[0]) for run in _run(least).finditer(text)), default=0)


@cache
def _run(least: int) -> re.Pattern[str]:
    return re.compile(rf"(\S)\1{{{max(least - 1, 0)},}}")
