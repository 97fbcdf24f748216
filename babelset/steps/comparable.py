"""Texts of two files that may be paired: each once, none that is the same in both, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from babelset.contracts.step import Failed, Rejected, StepOutcome, StepRow
from babelset.steps.ballot import agreed


@dataclass(frozen=True, slots=True)
class Text:
    row: StepRow
    text: str
    group: Any

    @property
    def number(self) -> int:
        """Of its row among those of both files."""
        return self.row.row.number


@dataclass(slots=True)
class Group:
    """What may be paired with each other."""

    source: list[Text] = field(default_factory=list)
    target: list[Text] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.source) + len(self.target)


def grouped(
    rows: Iterable[StepRow], second: str, columns: Sequence[str], by: str, outcomes: dict[int, StepOutcome]
) -> list[Group]:
    """
    The groups of rows of two files, of which `second` is the one in the target language.

    What is left out is in `outcomes`, by the number of its row: what has no text, what comes again on its side of the
    group, and what is the same on both. Groups with texts on one side only are left out too.
    """
    sides: dict[Any, tuple[dict[str, Text], dict[str, Text]]] = {}
    for row in rows:
        text = _text(row, columns, by)
        if not isinstance(text, Text):
            outcomes[row.row.number] = text
            continue
        side = sides.setdefault(text.group, ({}, {}))[row.row.file == second]
        first = side.setdefault(agreed(text.text), text)
        if first is not text:
            outcomes[text.number] = Rejected("the same text again")
    for source, target in sides.values():
        for key in source.keys() & target.keys():
            outcomes[source.pop(key).number] = outcomes[target.pop(key).number] = Rejected("the same in both languages")
    return [Group([*source.values()], [*target.values()]) for source, target in sides.values() if source and target]


def _text(row: StepRow, columns: Sequence[str], by: str) -> Text | Failed | Rejected:
    group = row.data.get(by) if by else ""
    if not isinstance(group, str | int):
        return Failed("is missing" if by not in row.data else "is no text and no number", by)
    parts: list[str] = []
    for name in columns:
        value = row.data.get(name)
        if not isinstance(value, str):
            return Failed("is no text", name)
        parts.append(value)
    text = "\n".join(parts).strip()
    return Text(row, text, group) if agreed(text) else Rejected("no words")
