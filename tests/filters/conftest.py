"""Rows in the words of the checks: source, target, language, and what a check says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from babelset.contracts.evidence import whole_row
from babelset.contracts.filter import Filter, Outcome, Rating, Scored, Verdict, with_units
from babelset.languages import Pair, find
from babelset.text.document import Keep, parse

EN, CA = "The library is open.", "La biblioteca és oberta."
COVERED = [
    # what it shows, source, target, language, whether a COMET is asked
    ("a sentence", EN, CA, "ca", True),
    ("the same text again", EN, EN, "ca", True),
    ("an answer of one letter", "y", "y", "ca", True),
    ("Chinese", EN, "图书馆开着。", "zho_Hans", True),
    ("code in a sentence", "Run `ls` now.", "Executa `ls` ara.", "ca", True),
    ("code alone", "`ls -l`", "`ls -l`", "ca", False),
    ("a number alone", "42.", "42.", "ca", False),
    ("code and punctuation", "`ls`, `cd`:", "`ls`, `cd`:", "ca", False),
    ("no target", EN, None, "ca", False),
    ("an empty target", EN, "", "ca", False),
    ("a blank target", EN, " \n", "ca", False),
    ("a language that XLM-RoBERTa has not read", EN, "Kitabu kiko wazi.", "bem", False),
]


def outcome(pairs: Sequence[tuple[str, str | None]], target: str, *, role: str = "output", **more: Any) -> Outcome:
    """A row with one field a pair, each field one segment."""
    pair = Pair(find("en"), find(target))
    units = [
        Scored(
            source, text, pair, f"{role}[{number}]", role,
            tuple(span.text for span in parse(source) if isinstance(span, Keep)), **more,
        )
        for number, (source, text) in enumerate(pairs)
    ]  # fmt: skip
    return Outcome(units, units, whole_row(units, pair))


def verdict(check: Filter, row: Outcome) -> Verdict:
    units = row.units(check.unit)
    with check.open():
        return check.judge(with_units(check.score(units), units))


def scores(check: Filter, units: Sequence[Scored]) -> list[float | None]:
    """What an open filter gives each unit."""
    with check.open():
        return [rating.score for rating in check.score(units)]


def rated(units: Sequence[Scored], values: Sequence[float | None]) -> list[Rating]:
    """Ratings of units, by their scores alone."""
    return with_units([Rating(value) for value in values], units)


@pytest.fixture
def ask() -> Callable[..., Verdict]:
    """`ask(check, source, target, language)` -> the verdict over a row of one field."""

    def one(check: Filter, source: str, target: str | None, language: str = "es", **more: Any) -> Verdict:
        return verdict(check, outcome([(source, target)], language, **more))

    return one


@pytest.fixture
def ask_row() -> Callable[..., Verdict]:
    """`ask_row(check, [(source, target), ...], language)` -> the verdict over a row of several fields."""

    def many(check: Filter, pairs: Sequence[tuple[str, str | None]], language: str = "es", **more: Any) -> Verdict:
        return verdict(check, outcome(pairs, language, **more))

    return many
