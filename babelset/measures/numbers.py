"""Which numbers of a source are in its translation: compared as numbers, however a language writes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import regex

from babelset.languages import Language, Pair
from babelset.measures.figures import GROUPING, NUMBER, SIGN, Number, Value, by_language, numbers, table, value_of

WORDS = 12  # numbers up to here may be written out
DEGREES = regex.compile(r"(?:(?:\s?(?:to|or|and|-|–)\s?)\d+)?(?:[ -]degrees?\b|\s?°)(?!\s?c\b| celsius)")
DECADE = regex.compile(r"['’]?s\b")
PERCENT = regex.compile(r"\s?(?:%|percent|per cent)")
NEAR = 0.12  # how far a converted unit may be off: people round
MOST = 10_000  # pairs of numbers that are compared for other units; a text with more is no translation
ROMAN = regex.compile(r"(?<!\p{Lu})[IVX]+(?!\p{Lu})|(?<!\p{L})[ivx]{2,}(?!\p{L})")  # "XVIe siècle", "segle xvi"
UNITS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def lost(source: str, target: str, pair: Pair | None = None) -> list[str]:
    """
    The source's numbers that the target lacks, as they are written.

    >>> lost("Take 25 mg of 2.5 %.", "Toma 250 mg al 2,5 %.", pair)
    ['25']

    A small one may be a word in the target, unless the target has a number there that the source does not; in a
    language of `number_words.csv` it must be one, 1 aside.
    """
    spoken, written = (pair.source, pair.target) if pair else (None, None)
    wanted = numbers(source, spoken)
    if not wanted:
        return []
    missing, new = _unequal(wanted, numbers(target, written))
    missing, new = _unequal(_apart(missing), _apart(new))
    roman = set(map(str.upper, ROMAN.findall(target)))
    missing = [number for number in missing if _as_roman(number) not in roman]
    if len(missing) * len(new) <= MOST:
        swahili = pair is not None and pair.target.code == "swh_Latn"  # its day begins at six
        both = {id(each) for two in pairwise(wanted) if _same_in_other_units(*two) for each in two}
        missing = [number for number in missing if not _take_other(number, new, swahili, id(number) not in both)]
    excused = _excused(wanted, missing, target) - _unsaid(missing, target, written)
    small = [number for number in missing if id(number) in excused]
    unsaid = max(len(small) - len(new), 0)  # so many of them have no other number in their place
    return [number.text for number in missing if id(number) not in excused] + [one.text for one in small[unsaid:]]


def share(source: str, target: str, pair: Pair | None = None) -> float:
    """The share of the source's numbers that the target has, 1 where there are none."""
    gone = lost(source, target, pair)
    return 1 - min(len(gone) / len(NUMBER.findall(source)), 1) if gone else 1.0


def _unequal(wanted: list[Number], have: list[Number]) -> tuple[list[Number], list[Number]]:
    """The numbers of each side that the other has not, taken as often as they stand there."""
    for key in (_spelling, _worth, _worth_in_full):
        index: dict[Any, list[int]] = {}
        for place, number in enumerate(have):
            for value in key(number):
                index.setdefault(value, []).append(place)
        used: set[int] = set()
        left = [number for number in wanted if not _take(key(number), index, used)]
        wanted, have = left, [number for place, number in enumerate(have) if place not in used]
    return wanted, have


def _take(keys: Iterator[Any], index: dict[Any, list[int]], used: set[int]) -> bool:
    for key in keys:
        while places := index.get(key):
            if (place := places.pop()) not in used:
                used.add(place)
                return True
    return False


def _spelling(number: Number) -> Iterator[str]:
    yield number.text


def _worth(number: Number) -> Iterator[Value]:
    yield from number.values


def _worth_in_full(number: Number) -> Iterator[Value]:
    yield from number.full


def _take_other(number: Number, new: list[Number], swahili: bool, converts: bool) -> bool:
    """
    Take out of `new` what says the same by another clock or, where it `converts`, in other units; whether there is any.

    A source that says both, 45 miles (72 kilometers), leaves nothing to convert.
    """
    for other in new:
        same = _same_decade(number, other) or _same_hour(number, other, swahili)
        if same or (converts and _converted(number, other)):
            new.remove(other)
            return True
    return False


def _as_roman(number: Number) -> str:
    """As the 19th century is written in much of Europe: XIX; "" for a number that is no century, and no king's."""
    if not number.text.isdecimal() or len(number.text) > 2 or not 0 < int(number.text) < 40:
        return ""
    return "X" * (int(number.text) // 10) + UNITS[int(number.text) % 10]


def _apart(numbers: list[Number]) -> list[Number]:
    """Times and dates as their parts, which other languages join with other signs, in another order."""
    return [
        one
        for number in numbers
        for one in ([_part(number, part) for part in number.parts] if _is_compound(number) else [number])
    ]


def _part(number: Number, part: str) -> Number:
    return Number(part, (value_of(part),), 0, number.before, number.after)


def _is_compound(number: Number) -> bool:
    """Whether the parts may be numbers of their own: a time, a date, a list without spaces."""
    parts = number.parts
    return not number.values or (
        len(parts) == 2 and len(parts[1]) == 2 and int(parts[0][-3:]) < 25 and int(parts[1]) < 60
    )


def _same_decade(number: Number, other: Number) -> bool:
    """1930s and 30; 80s and 1980; 2018-19 and 2018-2019; SS19 and 2019."""
    short, long = sorted((number.text, other.text), key=len)
    if len(short) != 2 or len(long) != 4 or not long.endswith(short):
        return False
    joined = (number.before, other.before)
    return DECADE.match(number.after) is not None or any(char.isalpha() or char in "-–—/'’" for char in joined if char)


def _same_hour(number: Number, other: Number, swahili: bool) -> bool:
    """4 pm and 16; in Swahili 4 am and 10."""
    if not regex.match(r"(?::\d\d)?\s?[ap]\.?m\b|\s?o'clock", number.after) and not (
        swahili and ":" in number.after[:1]
    ):
        return False
    hours, theirs = int(number.parts[0][-3:]), int(other.parts[0][-3:])
    shifts = {12, -12} | ({6, -6} if swahili else set())
    return theirs - hours in shifts and (number.parts[1:] == other.parts[1:] or len(other.parts) == 1)


def _converted(number: Number, other: Number) -> bool:
    """Miles that are kilometres in the target, about."""
    amount, theirs = number.amount, other.amount
    if DEGREES.match(number.after):
        return min(abs((amount - 32) / 1.8 - theirs), abs(amount / 1.8 - theirs)) < 2
    return any(abs(amount * factor - theirs) <= NEAR * amount * factor for factor in _factors(number))


def _factors(number: Number) -> Iterator[float]:
    for pattern, factors in _units():
        if pattern.match(number.after):
            yield from factors


def _excused(wanted: list[Number], missing: list[Number], target: str) -> set[int]:
    """Those of the missing ones that may be words in the target, or were said twice, by identity."""
    gone = set(map(id, missing))
    words = {text for text, pattern in table()["round"].items() if regex.search(pattern, target, regex.IGNORECASE)}
    excused = {id(number) for number in missing if _may_be_words(number, words)}
    for one, other in pairwise(wanted):
        if len(pair := gone & {id(one), id(other)}) != 1:
            continue
        if _joined(one, other):  # of 1-0 one half is not a word, but 9:00 may be 9
            excused -= {id(number) for number in (one, other) if number.text != "00"}
        elif _same_in_other_units(one, other):
            excused |= pair
    return excused


def _unsaid(missing: list[Number], target: str, language: Language | None) -> set[int]:
    """Those that no word of the target says, in a language whose words are known; by identity."""
    words, text = _words_of(language.code) if missing and language else {}, target.lower()
    return {id(one) for one in missing if one.text in words and not words[one.text].search(text)}


@cache
def _words_of(code: str) -> dict[str, regex.Pattern[str]]:
    """By number, the beginnings of its words; one with $ is a whole word."""
    row = by_language("number_words.csv").get(code, {})
    said = {number: words.replace("$", r"\b").split() for number, words in row.items()}
    return {number: regex.compile(rf"\b(?:{'|'.join(words)})") for number, words in said.items()}


def _joined(one: Number, other: Number) -> bool:
    return bool(other.before) and other.before in "-–:" and one.after.lstrip()[:1] == other.before


def _same_in_other_units(one: Number, other: Number) -> bool:
    """45 miles (72 kilometers): a translator may keep one of them."""
    return other.before == "(" and any(any(_factors(number)) for number in (one, other))


def _may_be_words(number: Number, said: set[str]) -> bool:
    """Whether the target may say it in words: three, a hundred, completely (100 percent), in the thirties."""
    if number.text.isdecimal() and len(number.text) < 3 and int(number.text) <= WORDS:
        return True
    if number.text == "100" and PERCENT.match(number.after):
        return True
    if len(number.text) == 2 and number.text.endswith("0") and DECADE.match(number.after):
        return True
    return GROUPING.sub("", SIGN.sub("", number.text)) in said


@cache
def _units() -> list[tuple[regex.Pattern[str], list[float]]]:
    some = r"(?:\s?(?:to|or|and|-|–)\s?[\d.,]+)?[ -]?(?:square[ -])?"
    return [(regex.compile(rf"{some}(?:{row['names']})\b"), row["factors"]) for row in table()["units"]]
