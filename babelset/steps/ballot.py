"""Who said what of one text, and how many said the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KEPT = "LNM"  # letters, numbers, and marks, without which a word in Hindi is another one


def agreed(text: str) -> str:
    """
    What two values must have in common to be one: NFKC, lower case, letters, digits, single spaces.

    >>> agreed("  Saint-Étienne (Loire)"), agreed("ＡＢＣ 1")
    ('saintétienne loire', 'abc 1')
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    kept = (char if unicodedata.category(char)[0] in KEPT else " " if char.isspace() else "" for char in folded)
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class Value:
    """A value, as its first voter wrote it."""

    name: str
    voters: tuple[str, ...]
    copied: bool  # whether it is the source itself

    @property
    def votes(self) -> int:
        """Engines that leave a text as it is do not agree on a translation: a copy has one vote, whoever made it."""
        return min(len(self.voters), 1) if self.copied else len(self.voters)


def count(source: str, by: Mapping[str, str]) -> list[Value]:
    """
    The values that voters gave for a text, most votes first, equal ones in the order of the voters.

    >>> [(each.votes, each.name) for each in count("Rome", {"a": "Roma", "b": "roma", "c": "Rome", "d": "Rome"})]
    [(2, 'Roma'), (1, 'Rome')]
    """
    same: dict[str, list[str]] = {}
    for voter, name in by.items():
        if key := agreed(name):
            same.setdefault(key, []).append(voter)
    values = [Value(by[voters[0]], tuple(voters), key == agreed(source)) for key, voters in same.items()]
    return sorted(values, key=lambda value: -value.votes)


def elected(values: Sequence[Value], least: int) -> str | None:
    """The value with the most votes, where these are `least` or more and no other has as many."""
    if not values or values[0].votes < least or (values[1:] and values[1].votes == values[0].votes):
        return None
    return values[0].name
