"""
Which rows of a run are shown, and what is shown of each.

The worst and the borderline rows are the ones that stand first in an order; the random ones are a reservoir. All
are drawn in one pass in constant memory, and the same from the same rows.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice, zip_longest
from pathlib import PurePath
from random import Random
from typing import Any, Generic, TypeVar

from babelset.contracts.evidence import Evidence, path_name, value_at
from babelset.report.passage import Passage, passage
from babelset.report.worddiff import word_diff

EACH = 12  # samples of each kind
TEXT = 900  # characters of each text
REASON = 300
FIELDS = 4  # of a row
ALTERNATIVES = 6  # of a row
NEAR = 0.2  # of a limit: rows whose score lies within are borderline
T = TypeVar("T")
Key = tuple[float, ...]
Scores = Mapping[str, float]  # of a row, by check
Limits = Mapping[str, Sequence[float]]  # by check, the scores that it decides at


@dataclass(frozen=True, slots=True)
class SampleField:
    name: str
    role: str
    source: Passage
    target: Passage | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another translation, marked where the one that was kept differs from it."""

    label: str
    remark: str
    text: Passage


@dataclass(frozen=True, slots=True)
class Sample:
    row: int
    place: str  # "alpaca.json:133"
    status: str
    engine: str  # "" where there was one only
    fields: tuple[SampleField, ...]
    more: int  # fields that are not shown
    scores: Scores
    reasons: tuple[tuple[str, str], ...]  # check and reason
    notes: tuple[tuple[str, str], ...]  # the filter and what it speaks of, and why it scored so
    flags: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    near: str = ""  # the check whose limit is near
    kinds: tuple[str, ...] = ()  # "worst", "borderline", "random"


@dataclass
class Least(Generic[T]):
    """The `size` items with the least keys of all that were offered; equals are drawn at random."""

    size: int
    chance: Random = field(default_factory=lambda: Random(0))
    _heap: list[tuple[Key, int, T]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def offer(self, key: Key, make: Callable[[], T]) -> None:
        negated = (*(-part for part in key), -self.chance.random())
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, (negated, next(self._number), make()))
        elif negated > self._heap[0][0]:
            heapq.heapreplace(self._heap, (negated, next(self._number), make()))

    def __iter__(self) -> Iterator[T]:
        return (item for _, _, item in sorted(self._heap, key=lambda entry: entry[:2], reverse=True))


@dataclass
class Reservoir(Generic[T]):
    """`size` items, each of those offered with the same chance."""

    size: int
    chance: Random = field(default_factory=lambda: Random(0))
    items: list[T] = field(default_factory=list)
    seen: int = 0

    def offer(self, make: Callable[[], T]) -> None:
        self.seen += 1
        if len(self.items) < self.size:
            self.items.append(make())
        elif (place := self.chance.randrange(self.seen)) < self.size:
            self.items[place] = make()


@dataclass
class Samples:
    """The samples of one section."""

    limits: Limits
    worst: Least[Sample] = field(default_factory=lambda: Least(EACH))
    borderline: dict[str, Least[Sample]] = field(default_factory=dict)  # by the check whose limit is near
    random: Reservoir[Sample] = field(default_factory=lambda: Reservoir(EACH))

    def offer(self, data: dict[str, Any], evidence: Evidence, scores: Scores, quality: Sequence[float]) -> None:
        """`quality` are the scores of the row that say how good it is."""

        def make() -> Sample:
            return sample_of(data, evidence, scores)

        failed = sum(not verdict["ok"] for verdict in evidence["verdicts"])
        if quality or failed:
            self.worst.offer((min(quality, default=float("inf")), -failed), make)
        margin, check = nearest(scores, self.limits)
        if margin <= NEAR:
            near = self.borderline.setdefault(check, Least(EACH // 2))
            near.offer((margin,), lambda: replace(make(), near=check))
        self.random.offer(make)

    def chosen(self) -> tuple[Sample, ...]:
        """Each row once, with all the kinds that it was chosen as: the worst, then the borderline, then the rest."""
        borderline = list(_in_turn(self.borderline.values()))[:EACH]
        ways: dict[str, Iterable[Sample]]
        ways = {"worst": self.worst, "borderline": borderline, "random": self.random.items}
        kinds: dict[tuple[str, int], list[str]] = {}
        found: dict[tuple[str, int], Sample] = {}
        for kind, samples in ways.items():
            for sample in samples:
                found.setdefault((sample.place, sample.row), sample)
                kinds.setdefault((sample.place, sample.row), []).append(kind)
        near = {(sample.place, sample.row): sample.near for sample in borderline}
        return tuple(replace(sample, kinds=tuple(kinds[key]), near=near.get(key, "")) for key, sample in found.items())


def _in_turn(queues: Iterable[Iterable[T]]) -> Iterator[T]:
    """The first of each, then the second of each: no check fills all places with its own rows."""
    for turn in zip_longest(*queues):
        yield from (item for item in turn if item is not None)


def nearest(scores: Scores, limits: Limits) -> tuple[float, str]:
    """How near to a limit the row came, as a share of it, and of which check; (inf, "") where there is none."""
    margins = (
        (abs(score - limit) / abs(limit), check) for check, score in scores.items() for limit in limits.get(check, ())
    )
    return min(margins, default=(float("inf"), ""))


def sample_of(data: dict[str, Any], evidence: Evidence, scores: Scores) -> Sample:
    reasons = [(verdict["check"], verdict["reason"]) for verdict in evidence["verdicts"] if not verdict["ok"]]
    fields = _fields(evidence, [reason for _, reason in reasons])
    flags = dict.fromkeys(flag for segment in evidence["segments"] for flag in segment["flags"])
    return Sample(
        row=evidence["row"],
        place=f"{PurePath(evidence['file']).name[-80:]}:{evidence['line']}",
        status=evidence["status"],
        engine=evidence["route"]["kept"] if "route" in evidence else "",
        fields=tuple(_field(data, evidence, index) for index in fields),
        more=len(evidence["fields"]) - len(fields),
        scores=scores,
        reasons=tuple((check[:40], reason[:REASON]) for check, reason in reasons[:FIELDS]),
        notes=tuple(islice(_notes(evidence), FIELDS)),
        flags=tuple(flag[:40] for flag in list(flags)[:FIELDS]),
        alternatives=tuple(islice(_alternatives(evidence), ALTERNATIVES)),
    )


def _fields(evidence: Evidence, reasons: Sequence[str]) -> list[int]:
    """Which fields to show, in reading order: those that the reasons begin with, then the first ones."""
    names = [path_name(item["path"]) for item in evidence["fields"]]
    blamed = {reason.partition(": ")[0] for reason in reasons}
    order = sorted(range(len(names)), key=lambda index: names[index] not in blamed)
    return sorted(order[:FIELDS])


def _field(data: dict[str, Any], evidence: Evidence, index: int) -> SampleField:
    item = evidence["fields"][index]
    target = value_at(data, item["path"])
    return SampleField(
        name=path_name(item["path"])[:80],
        role=item["role"][:40],
        source=passage(item["source"], item["keeps"], TEXT),
        target=passage(target, item["keeps"], TEXT) if isinstance(target, str) else None,
    )


def _notes(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Those on units with something to say; a filter has as many units as the row has fields, or segments, or one."""
    names = [path_name(item["path"])[:80] for item in evidence["fields"]]
    for check, notes in evidence.get("notes", {}).items():
        places = names if len(notes) == len(names) else [""] * len(notes)
        for place, note in zip(places, notes, strict=True):
            if note:
                yield f"{check[:40]} {place}".strip(), note[:REASON]


def _alternatives(evidence: Evidence) -> Iterator[Alternative]:
    """What other engines made of the row, then the other hypotheses for its segments."""
    kept = evidence["route"]["kept"] if "route" in evidence else ""
    here = " ".join(segment["target"] or "" for segment in evidence["segments"])
    for candidate in evidence.get("candidates", ()):
        if candidate["engine"] != kept:
            there = " ".join(target or "" for target in candidate["targets"])
            failed = [verdict["check"] for verdict in candidate["verdicts"] if not verdict["ok"]]
            remark = ", ".join([candidate["status"], *failed])[:REASON]
            yield Alternative(candidate["engine"][:40], remark, word_diff(there, here, TEXT))
    for segment in evidence["segments"]:
        for text, score in segment.get("candidates", ()):
            if segment["target"] and text != segment["target"]:
                yield Alternative("hypothesis", f"scored {score:.3g}", word_diff(text, segment["target"], TEXT))
