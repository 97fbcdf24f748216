"""
Coverage and precision of names with votes, by the least number of votes, as M-NTA measures them (apple/ml-kge).

Coverage compares the names that reach the threshold with all correct ones: its precision is over the entities that
have such a name, its recall over all entities with a correct one. Precision asks which known names are right: a wrong
one that does not reach the threshold is found, a right one that does not is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Votes = Mapping[str, Sequence[tuple[int, str]]]  # (votes, name) by entity


@dataclass(frozen=True, slots=True)
class Gold:
    """Names of one entity that people have judged; None where nobody listed any."""

    correct: Sequence[str] | None
    incorrect: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Score:
    """Shares, 0 to 1; 0 where there is nothing to count."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0


def folded(name: str) -> str:
    """Lower case, letters, digits, spaces: what M-NTA compares."""
    return "".join(char for char in name.lower() if char.isalnum() or char == " ")


def coverage(votes: Votes, gold: Mapping[str, Gold], least: int) -> Score:
    """
    How many of the names are correct, and how many of the correct names there are.

    >>> coverage({"Q1": [(2, "Roma"), (1, "Rom")]}, {"Q1": Gold(["Roma"], None)}, least=1)
    Score(precision=0.5, recall=1.0)
    """
    said = _said(votes, least)
    right = {key: set(map(folded, each.correct)) for key, each in gold.items() if each.correct}
    both = said.keys() & right.keys()
    found = sum(len(said[key] & right[key]) for key in both)
    return Score(_share(found, sum(len(said[key]) for key in both)), _share(found, sum(map(len, right.values()))))


def precision(votes: Votes, gold: Mapping[str, Gold], least: int) -> Score:
    """
    How many judged names are told apart rightly, and how many of the wrong ones are found.

    >>> precision({"Q1": [(2, "Roma"), (1, "Rom")]}, {"Q1": Gold(["Roma"], ["Rom"])}, least=2)
    Score(precision=1.0, recall=1.0)
    """
    said = _said(votes, least)
    right = [(key, folded(name)) for key, each in gold.items() for name in each.correct or ()]
    wrong = [(key, folded(name)) for key, each in gold.items() for name in each.incorrect or ()]
    kept = sum(name in said.get(key, ()) for key, name in right)
    found = sum(name not in said.get(key, ()) for key, name in wrong)
    return Score(_share(kept + found, len(right) + len(wrong)), _share(found, len(wrong)))


def _said(votes: Votes, least: int) -> dict[str, set[str]]:
    named = {key: {folded(name) for count, name in values if count >= least} for key, values in votes.items()}
    return {key: names for key, names in named.items() if names}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
