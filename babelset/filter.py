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


@dataclass(slots=True)
class Outcome:
    """One row after translation: what filters look at. Indexed views of the same row, three sizes."""

    segments: list[Scored]
    fields: list[Scored]
    row: Scored
    data: dict[str, Any] = field(default_factory=dict)  # the translated row itself

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
