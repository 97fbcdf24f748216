"""How long a translation is, compared with what its source lets expect."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files

import regex

from babelset.contracts.filter import Scored
from babelset.languages import Language

LATIN = regex.compile(r"[\p{Script=Latin}\p{M}\p{N}]+")


def ratio(unit: Scored) -> float | None:
    """
    The length of the target's prose over the expected one, in characters; None without prose or target.

    What is written in Latin letters and digits on both sides, as names are in Chinese, is no part of either.
    """
    if unit.target is None:
        return None
    source, target = _lengths(unit)
    return target / (source * _stretch(unit)) if source else None


def expected(unit: Scored) -> float:
    """How long the target's prose should be, in characters: the source's, by what the two languages need."""
    return len(unit.prose[0].strip()) * _stretch(unit)


def fits(unit: Scored, ratio: float, tolerance: float = 2.0, slack: float = 15) -> bool:
    """Whether the ratio is between 1 / `tolerance` and `tolerance`, give or take `slack` characters of the source."""
    room = slack / max(_lengths(unit)[0], 1)
    return 1 / tolerance - room <= ratio <= tolerance + room


def _lengths(unit: Scored) -> tuple[int, int]:
    """Of the prose of source and target, without what is rightly left as it is between two scripts."""
    source, target = (text.strip() for text in unit.prose)
    if unit.pair.source.script == unit.pair.target.script == "Latn":
        return len(source), len(target)
    left = Counter(LATIN.findall(source)) & Counter(LATIN.findall(target))
    same = sum(len(word) * number for word, number in left.items())
    return len(source) - same, len(target) - same


def _stretch(unit: Scored) -> float:
    return _characters(unit.pair.target) / _characters(unit.pair.source)


def _characters(language: Language) -> float:
    """Characters that say what one character of English says."""
    table = _table()
    return table["language"].get(language.code) or table["script"].get(language.script, 1.0)


@cache
def _table() -> dict[str, dict[str, float]]:
    return tomllib.loads(files(__package__).joinpath("length.toml").read_text(encoding="utf-8"))
