"""Which answer options were told apart in the source and are not in the translation."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import regex

from babelset.contracts.filter import RIGHT, Scored

ROLES = frozenset({"choice", "option"})
# A key that holds options, as the last or as any other part of a path: choices[0], options.A, option_b, endings[1].
NAMES = (
    "choices?|options?|endings?|alternatives|distractors?|candidates|sol|op(?=[a-e]$)"
    "|mc\\d?_targets(?:_choices)?|mc_answers?|mc"
)
KEY = regex.compile(rf"(?:^|(?<=[.\]]))(?:{NAMES})(?:_?(?:\d+|[A-Ja-j]))?(?=$|[.\[])", regex.IGNORECASE)
PLACE = regex.compile(r"\[\d+\]|(?<=\.)[A-Ja-j1-9]$")
COUNTED = regex.compile(r"_?(?:\d+|(?<=_|\bop)[A-Ja-j])$", regex.IGNORECASE)
WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]+")
LOOKED_AT = 400  # letters of an option, to tell its script
ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "KATAKANA-HIRAGANA": "CJK", "FULLWIDTH": "LATIN"}
FOLDED = 2000  # characters of a text without regard to case, which takes twelve times their number in memory
LETTERS = 15  # that a translation needs, to be no coincidence
COMMON = 0.5  # of the words of two sources: as much makes them one for a translator
INNER = r"[^\p{P}\p{S}\s]"
FIRST, LAST = regex.compile(INNER), regex.compile(f"(?r){INNER}")
LISTED = regex.compile(r"^[ \t]*(?:[-*][ \t]+)?\(?([A-J])[.):][ \t]+(\S.*?)[ \t]*$", regex.MULTILINE)


def group(unit: Scored) -> str:
    """
    The set of options that a field belongs to, "" where it is none.

    >>> group(unit)  # of the field "choices[2].text"
    'choices[].text'
    """
    if found := KEY.search(unit.field):
        stem = COUNTED.sub("", found[0])
        rest: str = PLACE.sub("[]", unit.field[found.end() :])
        return f"{unit.field[: found.start()]}{stem}{rest}"
    if unit.role in ROLES:
        return unit.field.rpartition(".")[0] + "[]"  # columns called A, B, C
    return ""


def confused(options: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """
    The first two targets that are one though their sources differ; None where all can be told apart.

    >>> confused([("big", "grande"), ("large", "Grande."), ("small", "pequeño")])
    ('grande', 'Grande.')

    Case and outer punctuation count only where the sources differ in nothing else.
    """
    folded: dict[str, tuple[str, str]] = {}
    exact: dict[str, tuple[str, str]] = {}
    for source, target in options:
        first_exact, first = (
            exact.setdefault(target, (source, target)),
            folded.setdefault(fold(target), (source, target)),
        )
        if first_exact[0] != source:
            return first_exact[1], target
        if fold(first[0]) != fold(source):
            return first[1], target
    return None


def alone(options: Sequence[Scored]) -> Scored | None:
    """
    The right option, where the scripts of the right ones and of the others have nothing in common, which tells it;
    None where that was so in the source, or nobody knows the right one.
    """
    right = [option for option in options if RIGHT in option.flags]
    others = [option for option in options if RIGHT not in option.flags]
    if _apart([_script(option.target or "") for option in right], [_script(option.target or "") for option in others]):
        before = [_script(option.source) for option in right], [_script(option.source) for option in others]
        return None if _apart(*before) else right[0]
    return None


def _apart(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether both have scripts, and none in common."""
    these, those = set(some) - {""}, set(others) - {""}
    return bool(these and those and not these & those)


def _script(text: str) -> str:
    """The script of most letters of a text, "" for a text without letters; Chinese and Japanese are one script."""
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in filter(str.isalpha, text[:LOOKED_AT]))
    found = Counter(ONE_SCRIPT.get(name, name) for name in names)
    return found.most_common(1)[0][0] if found else ""


def merged(fields: Iterable[Scored]) -> tuple[Scored, Scored] | None:
    """The first two fields that have one translation, of more than 15 letters, though most of their words differ."""
    first: dict[str, Scored] = {}
    for unit in fields:
        target = fold(unit.prose[1])
        if len(target) > LETTERS and sum(map(str.isalpha, target)) > LETTERS:
            other = first.setdefault(target, unit)
            if other is not unit and _common(unit.prose[0], other.prose[0]) < COMMON:
                return other, unit
    return None


def _common(one: str, other: str) -> float:
    """The share of the words of both that stand in each."""
    these, those = (set(WORDS.findall(text.casefold())) for text in (one, other))
    return len(these & those) / len(these | those) if these | those else 1.0


def fold(text: str) -> str:
    """`fold("Grande.")` -> "grande"; text that is punctuation alone stays, and what a long one goes on with."""
    if len(text) > FOLDED:
        return text[:FOLDED].casefold() + text[FOLDED:]
    first, last = FIRST.search(text), LAST.search(text)
    return text[first.start() : last.end()].casefold() if first and last else text.strip()


def listed(text: str) -> list[tuple[str, str]]:
    """The options that a text itself lists, one a line: `listed("A) big\\nB) small")` -> [("A", "big"), ...]."""
    return [(label, option) for label, option in LISTED.findall(text)] if "\n" in text else []


def inside(unit: Scored) -> Iterator[tuple[str, str]] | None:
    """The options listed in both texts of a field, paired; None where their number or labels changed."""
    source, target = listed(unit.source), listed(unit.target or "")
    if len(source) > 1 and [label for label, _ in source] != [label for label, _ in target]:
        return None
    return ((old, new) for (_, old), (_, new) in zip(source, target, strict=False) if len(source) > 1)
