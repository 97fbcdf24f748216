"""The numbers are still there."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import regex
from pydantic import BaseModel

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict, shorten

# Digits of any script, with separators between groups: 1,234.5  1.234,5  1 234,5  1'234  ١٬٢٣٤
NUMBER = regex.compile(r"\p{Nd}+(?:[.,'’٫٬]\p{Nd}+|[ \u00a0\u202f\u2009]\p{Nd}{3}(?!\p{Nd}))*")
SEPARATOR = regex.compile(r"\P{Nd}+")
DECADE = regex.compile(r"\b\p{Nd}{4}(?=['’]?s\b)")
WORDS = 12  # numbers up to here may be written out
ROMAN = (
    "",
    "I",
    "II",
    "III",
    "IV",
    "V",
    "VI",
    "VII",
    "VIII",
    "IX",
)  # of units; centuries and kings go up to 39


class Numbers(BaseModel, extra="forbid", frozen=True):
    """
    Demand the digits of the source's numbers in the target, however a language groups and writes them.

    The score of a segment is the share of its numbers that are found; numbers up to twelve may have become
    words, those up to 39 Roman numerals, and the 1930s the 30s. Kept spans don't count. Every segment of a row needs
    `least`.
    """

    name: ClassVar[str] = "numbers"
    unit: ClassVar[Unit] = "segment"
    least: float = 0.5

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if unit.target is None else _share(*unit.prose) for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        worst = min((score for score in scores if score is not None), default=None)
        for unit, score in zip(outcome.segments, scores, strict=True):
            if score is not None and score < self.least:
                lost = ", ".join(_lost(*unit.prose))
                reason = f"{unit.field}: {shorten(lost)} missing in {shorten(unit.target or '')}"
                return Verdict(self.name, False, worst, reason)
        return Verdict(self.name, True, worst)


def numbers(text: str) -> list[str]:
    """`numbers("1.234,5 and ١٢")` -> ["12345", "12"]: the digits alone, in ASCII."""
    return [_ascii(SEPARATOR.sub("", match)) for match in NUMBER.findall(text)]


def _ascii(digits: str) -> str:
    if digits.isascii():
        return digits
    # the regex library may know digits of a newer Unicode than Python does
    return "".join(str(unicodedata.digit(char, 0)) for char in digits)


def _wanted(source: str) -> list[str]:
    return [number for number in numbers(source) if len(number) > 2 or int(number) > WORDS]


def _lost(source: str, target: str) -> list[str]:
    left, decades = Counter(numbers(target)), set(map(_ascii, DECADE.findall(source)))
    loose = _ascii("".join(regex.findall(r"\p{Nd}", target)))  # grouped in a way that we do not know
    lost = []
    for number in _wanted(source):
        if left[number] > 0:
            left[number] -= 1
        elif number not in loose and not _is_roman(number, target) and not (number in decades and left[number[2:]]):
            lost.append(number)
    return lost


def _is_roman(number: str, target: str) -> bool:
    """Whether the target writes the number as the 19th century is written in much of Europe: XIX."""
    if len(number) > 2:
        return False
    value = int(number)
    return value < 40 and regex.search(rf"\b{'X' * (value // 10)}{ROMAN[value % 10]}\b", target) is not None


def _share(source: str, target: str) -> float:
    return 1 - len(_lost(source, target)) / max(len(_wanted(source)), 1)
