"""How much of a translation is in the script of its language."""

from __future__ import annotations

from functools import cache

import regex

from babelset.contracts.filter import Scored

# ISO 15924 codes that stand for several Unicode scripts, and those whose Unicode name is another.
SCRIPTS = {
    "Jpan": ("Hiragana", "Katakana", "Han"),
    "Hans": ("Han",),
    "Hant": ("Han",),
    "Hang": ("Hangul", "Han"),
}
WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}_-]*")
LETTERS = regex.compile(r"\p{L}+")


def share(unit: Scored, least: int = 10) -> float | None:
    """
    The share of the target's letters in its language's script; None for fewer than `least` letters.

    Words that are in the source as well (names, technical terms) don't count when the scripts differ.
    """
    source, target = unit.prose
    if unit.pair.source.script != unit.pair.target.script:
        known = set(WORD.findall(source))
        target = " ".join(word for word in WORD.findall(target) if word not in known)
    letters = sum(map(len, LETTERS.findall(target)))
    right = sum(map(len, letter_of(unit.pair.target.script).findall(target)))
    return right / letters if letters >= max(least, 1) else None


@cache
def letter_of(script: str) -> regex.Pattern[str]:
    """A letter of a script, by its ISO 15924 code, with those of it that follow."""
    names = "".join(rf"\p{{Script={name}}}" for name in SCRIPTS.get(script, (script,)))
    return regex.compile(rf"[\p{{L}}&&[{names}]]+", regex.VERSION1)
