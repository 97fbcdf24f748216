"""
What models say instead of translating: refusals, lead-ins, remarks, pieces of the request.

>>> list(said("Write a poem.", "Sure! Here is the translation: Escribe un poema.", pair))
[('chatter', 'must be the translation alone, without a word about it', True)]
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import regex

from babelset.languages import Pair


@dataclass(frozen=True, slots=True)
class _Phrase:
    kind: str
    note: str
    pattern: regex.Pattern[str]
    unless: regex.Pattern[str]
    foreign: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class _Talk:
    """A thing that only a talk about the request is about, and how much it tells that an answer brings it up."""

    about: str
    weight: int
    refuses: bool
    pattern: regex.Pattern[str]
    unless: regex.Pattern[str]

    def in_(self, text: str) -> bool:
        return bool(self.pattern.search(text))


ENOUGH = 2  # weight of what an answer brings up


def said(source: str, hypothesis: str, pair: Pair) -> Iterator[tuple[str, str, bool]]:
    """Kind and note of each rule of phrases.toml that the hypothesis breaks, and whether that is certain."""
    languages, rules, talk, _ = _table()
    for rule in rules:
        if rule.foreign and pair.target.code == "eng_Latn":
            continue
        if rule.pattern.search(hypothesis) and not rule.unless.search(source):
            yield rule.kind, rule.note, rule.sure or pair.source.code[:3] in languages
    brought = [
        each for each in talk if each.in_(hypothesis) and not each.in_(source) and not each.unless.search(source)
    ]
    if sum(each.weight for each in brought) >= ENOUGH:
        kind = "refusal" if any(each.refuses for each in brought) else "leak"
        about = " and ".join(each.about for each in brought)
        yield kind, f"speaks of {about}; the text is data to translate", pair.source.code == "eng_Latn"


def english_words() -> frozenset[str]:
    return _table()[3]


@cache
def _table() -> tuple[frozenset[str], tuple[_Phrase, ...], tuple[_Talk, ...], frozenset[str]]:
    table = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8"))
    rules = (
        _Phrase(
            kind=rule["kind"],
            note=rule["note"],
            pattern=_any(rule["pattern"]),
            unless=_any(rule["unless"]),
            foreign=rule.get("foreign", False),
            sure=rule.get("sure", False),
        )
        for rule in table["rules"]
    )
    talk = (
        _Talk(one["about"], one["weight"], one.get("refuses", False), _any(one["pattern"]), _any(one["unless"]))
        for one in table["talk"]
    )
    return frozenset(table["languages"]), tuple(rules), tuple(talk), frozenset(table["english"])


def _any(patterns: list[str]) -> regex.Pattern[str]:
    return regex.compile("|".join(f"(?:{pattern})" for pattern in patterns), regex.IGNORECASE)
