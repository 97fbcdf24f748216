"""Exact shares: how many rows of each kind, and which of them."""

from __future__ import annotations

import tomllib
from collections.abc import Hashable, Mapping
from fractions import Fraction
from importlib.resources import files
from random import Random
from typing import Any, Generic, TypeVar

from babelset.errors import ConfigError
from babelset.files.toml import text_of
from babelset.languages import find

K = TypeVar("K", bound=Hashable)
ENDING = ".toml"
MOST = 10**12  # a share


def apportion(weights: Mapping[K, Fraction], total: int) -> dict[K, int]:
    """
    `total` by weights, in whole numbers that sum to it: the largest remainders are rounded up, of equal ones the first.

    >>> apportion({"ca": Fraction(1), "es": Fraction(1), "en": Fraction(1)}, 100)
    {'ca': 34, 'es': 33, 'en': 33}
    """
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {key: weight * total / whole for key, weight in weights.items()}
    counts = {key: int(share) for key, share in exact.items()}
    for key in sorted(exact, key=lambda key: counts[key] - exact[key])[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def largest(weights: Mapping[K, Fraction], available: Mapping[K, int]) -> int:
    """The largest total that what is there suffices for."""
    whole = sum(weights.values())
    return min((int(available.get(key, 0) * whole / weight) for key, weight in weights.items() if weight), default=0)


class Urn(Generic[K]):
    """
    Draws without putting back: after as many as there are, each was drawn exactly as often as `counts` says, and which
    came when was chance. It needs memory for the counts only, however many are drawn (Knuth's Algorithm S).
    """

    def __init__(self, counts: Mapping[K, int]) -> None:
        self._left = dict(sorted(counts.items(), key=lambda item: -item[1]))  # the commonest is found first
        self._total = sum(counts.values())

    def draw(self, chance: Random) -> K:
        place = chance.randrange(self._total)
        self._total -= 1
        for key, count in self._left.items():
            if place < count:
                self._left[key] -= 1
                return key
            place -= count
        raise AssertionError("an urn holds as much as its counts say")


def said_shares(said: str | Mapping[str, float]) -> dict[str, Fraction]:
    """`said_shares("ca:30,en:70")` -> {"ca": 30, "en": 70}; ConfigError for what is no share."""
    if isinstance(said, str):
        said = dict(_split(part) for part in said.split(",") if part.strip())  # type: ignore[misc]
    found = {name: _number(name, value) for name, value in said.items()}
    if not any(found.values()):
        raise ConfigError("shares are all 0; write them as ca:30,en:70")
    return found


def _split(part: str) -> tuple[str, str]:
    name, _, number = part.rpartition(":")
    if not name.strip():
        raise ConfigError(f"{part.strip()!r} is no share; write it as ca:30")
    return name.strip(), number.strip()


def _number(name: str, value: Any) -> Fraction:
    try:
        number = Fraction(str(value))  # as it is written: 0.1 is a tenth
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if not 0 <= number <= MOST or isinstance(value, bool):
        raise ConfigError(f"the share of {name} is {value!r}; it must be a number from 0 to {MOST:,}")
    return number


def by_language(shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The shares by FLORES-200 code; ConfigError for an unknown language, and for one that has two."""
    found: dict[str, Fraction] = {}
    for name, share in shares.items():
        code = find(name).code
        if code in found:
            raise ConfigError(f"{name}: {find(name).name} has a share already; give it one")
        found[code] = share
    return found


def partition_shares(named: str) -> dict[str, Fraction]:
    """The shares of a partition, by language: of a table that ships, or of a file; ConfigError for a wrong one."""
    text = _text(named)
    try:
        table = tomllib.loads(text)
        shares = table["shares"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(f"{named}: not a partition: {error!s}; it has a table [shares]: ca = 30") from None
    if not isinstance(shares, dict) or table.keys() != {"shares"}:
        raise ConfigError(f"{named}: a partition has one table, [shares], of languages: ca = 30")
    try:
        return by_language(said_shares(shares))
    except ConfigError as error:
        raise ConfigError(f"{named}: {error}") from None


def _text(named: str) -> str:
    if not named.endswith(ENDING):
        shipped = files("babelset.steps").joinpath(named + ENDING)
        if named != "mc4":
            raise ConfigError(f"unknown partition {named!r}: mc4 ships; a file of your own ends with .toml")
        return shipped.read_text("utf-8")
    return text_of(named)
