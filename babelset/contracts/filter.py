"""What a filter is: score and decide are two verbs, so a changed threshold costs no second translation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from babelset.languages import Pair


@dataclass(frozen=True, slots=True)
class Scored:
    """
    A source text beside its translation: one segment, one whole field, or all prose of a row.

    `keeps` are the texts inside it that were not translated; `target` is None where translation failed.
    """

    source: str
    target: str | None
    pair: Pair
    field: str = ""  # path of the field: "messages[2].content"
    role: str = ""
    keeps: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    reason: str = ""  # why there is no target
    candidates: tuple[tuple[str, float], ...] = ()  # what the target was chosen from, with scores

    @property
    def prose(self) -> tuple[str, str]:
        """Source and target without the kept texts."""
        return without(self.source, self.keeps), without(self.target or "", self.keeps)


def without(text: str, keeps: tuple[str, ...]) -> str:
    """`text` with one occurrence of each kept text taken out, the longest first."""
    for keep in sorted(keeps, key=len, reverse=True):
        text = text.replace(keep, " ", 1)
    return text


def shorten(value: object, most: int = 60) -> str:
    """Evidence for a reason: quoted, control characters escaped, at most about `most` characters."""
    if isinstance(value, str):
        return repr(value if len(value) <= most else value[: most - 1] + "…")
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`Verdict("length", False, 7.1, "instruction: 7.1 times as long as its source")`."""

    check: str
    ok: bool
    score: float | None = None
    reason: str = ""  # empty when ok
    counts: Mapping[str, int] = field(default_factory=dict)  # summed over all rows in the manifest, under the check


@dataclass(frozen=True, slots=True)
class Rating:
    """
    A score, its parts, and why: `Rating(3.5, {"accuracy": 2, "fluency": 5}, "accuracy 2: a negation is lost")`.

    A unit without a score is not covered. Where a note stands in its place the unit is unjudged: the row has no score
    then, and no cut by that score keeps it.
    """

    score: float | None
    parts: Mapping[str, float | None] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """What filters make of one row: by column a score for each unit, by filter that gives notes one for each."""

    scores: dict[str, list[float | None]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def ratings(self, name: str) -> list[Rating]:
        """
        The ratings of a filter, put together again from its columns.

        >>> Marks({"judge": [2.0], "judge.accuracy": [1.0]}, {"judge": ["accuracy 1: an answer"]}).ratings("judge")
        [Rating(2.0, {"accuracy": 1.0}, "accuracy 1: an answer")]
        """
        scores, start = self.scores.get(name, []), f"{name}."
        notes = [*self.notes.get(name, ()), *[""] * len(scores)]
        parts = {column[len(start) :]: values for column, values in self.scores.items() if column.startswith(start)}
        return [
            Rating(score, {part: values[at] for part, values in parts.items() if at < len(values)}, notes[at])
            for at, score in enumerate(scores)
        ]

    def unjudged(self, column: str) -> str:
        """Why the first unjudged unit is unjudged, "" where there is none."""
        name = column.partition(".")[0]
        notes = zip(self.scores.get(name, ()), self.notes.get(name, ()), strict=False)
        return next((note for score, note in notes if score is None and note), "")


@dataclass(slots=True)
class Outcome:
    """One row after translation: what filters look at. Indexed views of the same row, three sizes."""

    segments: list[Scored]
    fields: list[Scored]
    row: Scored
    data: dict[str, Any] = field(default_factory=dict)  # the translated row itself
    marks: Marks = field(default_factory=Marks)  # when it is judged: all scores

    def units(self, unit: Unit) -> list[Scored]:
        return {"segment": self.segments, "field": self.fields, "row": [self.row]}[unit]


Unit = Literal["segment", "field", "row"]


@runtime_checkable
class Filter(Protocol):
    """
    A check or a scorer: a pydantic model whose fields are its thresholds, extra="forbid", named by an entry
    point of the group `babelset.filters`.

    `score` answers each unit, same length, same order; None = "not covered" (unknown language, too short),
    which is reported and counts neither as good nor as bad. Units without a target score None, except in `complete`.
    `judge` decides one row from those scores (aligned with outcome.units(unit)) and says why.
    """

    name: str
    unit: Unit

    def score(self, units: Sequence[Scored]) -> list[float | None]: ...

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict: ...


@runtime_checkable
class Rater(Filter, Protocol):
    """
    A filter whose scores have parts and come with notes; its `score` is that of its ratings.

    Parts are stored as columns of their own, `judge.accuracy` beside `judge`. All of them, and the notes, are in
    `outcome.marks` when it judges.
    """

    parts: tuple[str, ...]

    def rate(self, units: Sequence[Scored]) -> list[Rating]: ...
