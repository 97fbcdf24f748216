"""The numbers in a text and what they are worth, however a language groups and writes them."""

from __future__ import annotations

import csv
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import regex

from babelset.languages import Language

# Digits of any script, grouped and not: 1,234.5  1.234,5  1 234,5  1'234  ١٬٢٣٤  1,00,000; and 2.10.3, 12.5.2020.
NUMBER = regex.compile(
    r"(?<!\p{Nd})\p{Nd}{1,3}(?:[ \u00a0\u202f\u2009]\p{Nd}{3})+(?!\p{Nd})(?:[.,٫]\p{Nd}+)?"
    r"|\p{Nd}+(?:[.,'’٫٬]\p{Nd}+)*"
)
GROUPING = regex.compile(r"[ \u00a0\u202f\u2009'’٬]")
GROUPS = regex.compile(r"[1-9]\d{0,2}(?:[.,]\d{2,3})*[.,]\d{3}")
SIGN = regex.compile(r"[.,٫]")
PARTS = regex.compile(r"\d+")
AROUND = 24  # characters that are looked at behind a number, for its unit

Value = tuple[str, int]  # digits without outer zeros, and the power of ten: 1,500 is ("15", 2)


@dataclass(frozen=True, slots=True)
class Number:
    """`1,234.5 km`: as it is written, what it may be worth, and what stands around it."""

    text: str  # in ASCII digits
    values: tuple[Value, ...]
    scale: int  # 6 where "million" follows
    before: str  # the character before
    after: str  # what follows, in lower case

    @property
    def parts(self) -> list[str]:
        return list(PARTS.findall(self.text))

    @property
    def amount(self) -> float:
        digits, power = self.values[0] if self.values else ("", 0)
        return float(f"{digits[:15] or 0}e{min(power + max(len(digits) - 15, 0), 300)}")

    @property
    def full(self) -> set[Value]:
        """The values with the word that follows: 1.5 million is 1,500,000."""
        return {(digits, power + self.scale) for digits, power in self.values}


def numbers(text: str, language: Language | None = None) -> list[Number]:
    """
    All numbers of a text.

    >>> [number.values for number in numbers("1.234,5 and 1.500", find("es"))]
    [(("12345", -1),), (("15", 2),)]

    Where no language tells whether 1.234 is a thousand or one and a bit, it may be either.
    """
    return [_number(found, language) for found in NUMBER.finditer(text)]


def _number(found: regex.Match[str], language: Language | None) -> Number:
    text, after = _ascii(found[0]), found.string[found.end() : found.end() + AROUND].lower()
    return Number(
        text, _values(text, language), _scale(after), found.string[max(found.start() - 1, 0) : found.start()], after
    )


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    # the regex library may know digits of a newer Unicode than Python does
    return "".join(str(unicodedata.digit(char, 0)) if regex.match(r"\p{Nd}", char) else char for char in text)


def _values(text: str, language: Language | None) -> tuple[Value, ...]:
    """What a number may be worth; nothing for versions and dates."""
    plain = GROUPING.sub("", text)
    signs = SIGN.findall(plain)
    if len(set(signs)) > 1:  # 1,234.5: the last sign is the decimal one
        whole, _, rest = plain.rpartition(signs[-1])
        return (value_of(SIGN.sub("", whole), rest),) if signs.count(signs[-1]) == 1 else ()
    if not signs:
        return (value_of(plain),)
    whole, _, rest = plain.partition(signs[0])
    grouped = value_of(SIGN.sub("", plain)) if signs[0] != "٫" and GROUPS.fullmatch(plain) else None
    if len(signs) > 1:
        return (grouped,) if grouped else ()
    if not grouped:
        return (value_of(whole, rest),)
    if language is None:
        return (grouped, value_of(whole, rest))
    return (value_of(whole, rest),) if signs[0] == _decimal_signs()[language.code] else (grouped,)


def value_of(whole: str, rest: str = "") -> Value:
    """`value_of("1500")` -> ("15", 2)."""
    digits = (whole + rest).lstrip("0")
    bare = digits.rstrip("0")
    return (bare, len(digits) - len(bare) - len(rest)) if bare else ("", 0)


def _scale(after: str) -> int:
    for power, pattern in _scales():
        if pattern.match(after):
            return power
    return 0


@cache
def _scales() -> list[tuple[int, regex.Pattern[str]]]:
    return [(int(row["power"]), regex.compile(row["pattern"])) for row in table()["scales"]]


@cache
def table() -> dict[str, Any]:
    """What numbers.toml says of the words behind a number."""
    return tomllib.loads(files(__package__).joinpath("numbers.toml").read_text(encoding="utf-8"))


def by_language(name: str) -> dict[str, dict[str, str]]:
    """The rows of a table beside this file, by the code of their language."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return {row.pop("code"): row for row in csv.DictReader(line for line in lines if line[0] != "#")}


@cache
def _decimal_signs() -> dict[str, str]:
    return {code: row["decimal"] for code, row in by_language("numbers.csv").items()}
