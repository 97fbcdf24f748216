"""Texts in which parts were replaced, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from babelset.steps.alignment.words import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a text, what to write in its place, and what proves that it means the same."""

    start: int
    end: int
    target: str
    proof: str

    @property
    def span(self) -> Span:
        return self.start, self.end


def changed(text: str, changes: Iterable[Change], path: Sequence[str | int]) -> tuple[str, list[dict[str, Any]]]:
    """
    The text with the changes made, which must not meet, and what was changed: offsets are those of the new text.

    >>> changed("A red fox.", [Change(2, 5, "roja", "lexicon")], ["text"])
    ('A roja fox.', [{'path': ['text'], 'start': 2, 'end': 6, 'source': 'red', 'target': 'roja', 'proof': 'lexicon'}])
    """
    out: list[str] = []
    made: list[dict[str, Any]] = []
    at = length = 0
    for change in sorted(changes, key=lambda change: change.start):
        between = text[at : change.start]
        start = length + len(between)
        length = start + len(change.target)
        out += [between, change.target]
        source = text[change.start : change.end]
        made.append(
            {"path": list(path), "start": start, "end": length, "source": source, "target": change.target,
             "proof": change.proof}
        )  # fmt: skip
        at = change.end
    return "".join([*out, text[at:]]), made


def restored(text: str, made: Iterable[dict[str, Any]]) -> str:
    """The text as it was: `restored(*changed(text, changes, path)) == text`."""
    out, at = [], 0
    for each in sorted(made, key=lambda each: (each["start"], each["end"])):
        out += [text[at : each["start"]], each["source"]]
        at = each["end"]
    return "".join([*out, text[at:]])


def tagged(change: Change, language: str, tags: bool = True) -> Change:
    """`tagged(Change(2, 5, "roja", "lexicon"), "es").target` -> "<es>roja</es>"."""
    return replace(change, target=f"<{language}>{change.target}</{language}>") if tags else change


def some_of(chance: Random, items: Sequence[T], share: float) -> list[T]:
    """About `share` of the items, so that over many rows it is that on average; all of them where that is too few."""
    count = int(share) + (chance.random() < share % 1)
    return [items[place] for place in sorted(chance.sample(range(len(items)), min(count, len(items))))]
