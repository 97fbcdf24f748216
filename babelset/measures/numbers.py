"""Which numbers of a source are still in its translation, however a language groups and writes them."""

from __future__ import annotations

import unicodedata
from collections import Counter

import regex

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


def lost(source: str, target: str) -> list[str]:
    """The digits of the source's numbers that the target lacks; small ones may be words there."""
    left, decades = Counter(numbers(target)), set(map(_ascii, DECADE.findall(source)))
    loose = _ascii("".join(regex.findall(r"\p{Nd}", target)))  # grouped in a way that we do not know
    gone = []
    for number in _wanted(source):
        if left[number] > 0:
            left[number] -= 1
        elif number not in loose and not _is_roman(number, target) and not (number in decades and left[number[2:]]):
            gone.append(number)
    return gone


def _is_roman(number: str, target: str) -> bool:
    """Whether the target writes the number as the 19th century is written in much of Europe: XIX."""
    if len(number) > 2:
        return False
    value = int(number)
    return value < 40 and regex.search(rf"\b{'X' * (value // 10)}{ROMAN[value % 10]}\b", target) is not None


def share(source: str, target: str) -> float:
    """The share of the source's numbers that the target has, 1 where there are none."""
    return 1 - len(lost(source, target)) / max(len(_wanted(source)), 1)
