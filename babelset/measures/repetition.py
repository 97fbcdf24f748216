"""How much more a translation repeats itself than its source does."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from babelset.contracts.filter import Scored


def excess(unit: Scored, words: int = 3, characters: int = 12, most: float = 3.0) -> float:
    """
    How many times as often the target repeats its most frequent run of `words` words as the source does, at least 1.

    Texts without spaces are judged by characters. One character `characters` times in a row, which the source has not,
    is more than `most` of anything.
    """
    source, target = unit.prose
    runs = _longest_run(target) / characters if _longest_run(source) < characters else 0.0
    return max(1.0, _repeats(target, words) / _repeats(source, words), most + runs if runs >= 1 else 0.0)


def _repeats(text: str, words: int) -> int:
    """How often the most frequent n-gram is in the text."""
    tokens = text.casefold().split()
    if len(tokens) < 2 * words:
        tokens, size = list(text), 3 * words
    else:
        size = words
    grams = Counter(zip(*(tokens[shift:] for shift in range(size)), strict=False))
    return max(grams.values(), default=1)


def _longest_run(text: str) -> int:
    return max((sum(1 for _ in run) for char, run in groupby(text) if not char.isspace()), default=0)
