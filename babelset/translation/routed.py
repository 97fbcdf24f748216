"""
A worker with several translators: each row goes the way that its rule says, until it is done well.

A chunk's rows are asked for engine by engine, so that an engine gets all of its rows at once. What is asked next
depends on the scores of what was answered before, so `translate` scores too, and its entries are finished.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from babelset.contracts.evidence import CandidateEvidence, Evidence, RouteEvidence, marks_of
from babelset.files.row import KEY, BadRow, Row
from babelset.text.document import Keep
from babelset.translation.ladder import Ladder
from babelset.translation.routes import Measures, Retry, Way
from babelset.translation.worker import Entry, Spanned, Worker


@dataclass(frozen=True, slots=True)
class Routed:
    """A row on its way, and the way."""

    row: Spanned
    way: Way


@dataclass(slots=True)
class _Tries:
    """What was made of a row by the engines of its way so far, and those that are left."""

    routed: Routed
    left: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)


@dataclass
class RoutedWorker:
    """
    `Worker`s by the names of their engines, which agree in all but the ladder.

    Threads may call `translate` at the same time: an engine gets no more of them than it can take, and the filters
    one. `seconds` are what each engine took to answer, since the worker was made.
    """

    ways: Sequence[Way]
    workers: Mapping[str, Worker]
    retry: Retry
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _judging: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _turns: dict[str, threading.Semaphore] = field(init=False, repr=False)  # as many as the engine takes threads

    def __post_init__(self) -> None:
        self._turns = {name: threading.Semaphore(worker.parallel) for name, worker in self.workers.items()}

    @property
    def ladders(self) -> Mapping[str, Ladder]:
        return {name: worker.ladder for name, worker in self.workers.items()}

    @property
    def parallel(self) -> int:
        """Two at least: while the filters score what one engine answered, it has another chunk to go on with."""
        return max(2, *(worker.parallel for worker in self.workers.values()))

    @property
    def chunk(self) -> int:
        return max(worker.chunk for worker in self.workers.values())

    def parse(self, rows: Sequence[Row | BadRow]) -> list[Routed | Entry]:
        any_worker = next(iter(self.workers.values()))
        spanned = map(any_worker.spanned, rows)
        return [Routed(row, self._way(row)) if isinstance(row, Spanned) else row for row in spanned]

    def translate(self, chunk: Sequence[Routed | Entry]) -> list[Entry]:
        """The entry of every row, in order, with its route and, where several engines were asked, all candidates."""
        tries = [_Tries(item, item.way.engines) if isinstance(item, Routed) else item for item in chunk]
        while open_ := [row for row in tries if isinstance(row, _Tries) and row.left]:
            name = _next(open_)
            asked = [row for row in open_ if row.left[0] == name]
            entries = self._ask(name, [row.routed.row for row in asked])
            for row, entry in zip(asked, entries, strict=True):
                row.entries.append(entry)
                row.left = () if _done_well(entry, self.retry) else row.left[1:]
        return [_kept(row, self.retry) if isinstance(row, _Tries) else row for row in tries]

    def decide(self, chunk: Sequence[Routed | Entry], entries: Sequence[Entry]) -> list[Entry]:
        return list(entries)

    def _way(self, row: Spanned) -> Way:
        measures = measure(row)
        return next(way for way in self.ways if way.rule.fits(measures))

    def _ask(self, name: str, rows: Sequence[Spanned]) -> list[Entry]:
        worker = self.workers[name]
        parsed = [worker.parsed(row) for row in rows]
        with self._turns[name]:
            started = time.monotonic()
            answers = worker.translate(parsed)
            seconds = time.monotonic() - started
        with self._judging:
            self.seconds[name] += seconds
            return worker.decide(parsed, answers)


def measure(row: Spanned) -> Measures:
    """What the rules look at, over all text fields of the row."""
    keeps = [span for _, spans in row.fields for span in spans if isinstance(span, Keep)]
    length = sum(len(each.text) for each, _ in row.fields)
    return Measures(
        roles=frozenset(each.role for each, _ in row.fields),
        kinds=frozenset(keep.kind for keep in keeps),
        kept_share=sum(len(keep.text) for keep in keeps) / max(length, 1),
        length=length,
    )


def _next(tries: Sequence[_Tries]) -> str:
    """An engine that no row may come to later, where there is one."""
    later = {name for row in tries for name in row.left[1:]}
    names = list(dict.fromkeys(row.left[0] for row in tries))
    return next((name for name in names if name not in later), names[0])


def _done_well(entry: Entry, retry: Retry) -> bool:
    means = ((_mean(entry, name), least) for name, least in retry.below.items())
    return entry["status"] == "accepted" and not any(mean is not None and mean < least for mean, least in means)


def _mean(entry: Entry, name: str) -> float | None:
    """Of the scores of a filter over the row; None where it could not say, -inf where it should have and did not."""
    evidence = _evidence(entry)
    if marks_of(evidence).unjudged(name):
        return -inf
    known = [score for score in evidence["scores"][name] if score is not None]
    return sum(known) / len(known) if known else None


def _standing(entry: Entry, retry: Retry) -> tuple[int, float]:
    """The higher the better: checks passed, then the score that decides."""
    failed = sum(not verdict["ok"] for verdict in _evidence(entry)["verdicts"])
    score = _mean(entry, retry.best_by) if retry.best_by else None
    return -failed, -inf if score is None else score


def _kept(row: _Tries, retry: Retry) -> Entry:
    """The entry of the last engine where it did well, else the best, else the earliest."""
    entries = row.entries
    done_well = _done_well(entries[-1], retry)
    best = entries[-1] if done_well else max(entries, key=lambda entry: _standing(entry, retry))
    tried = row.routed.way.engines[: len(entries)]
    kept = next(name for name, entry in zip(tried, entries, strict=True) if entry is best)
    route: RouteEvidence = {"rule": row.routed.way.index, "tried": list(tried), "kept": kept}
    evidence: Evidence = {**_evidence(best), "route": route}
    if len(entries) > 1:
        evidence["candidates"] = [_candidate(name, entry) for name, entry in zip(tried, entries, strict=True)]
    return {**best, "data": {**best["data"], KEY: evidence}}


def _candidate(engine: str, entry: Entry) -> CandidateEvidence:
    evidence = _evidence(entry)
    return {
        "engine": engine,
        "signature": evidence["translator"],
        "status": evidence["status"],
        "targets": [segment["target"] for segment in evidence["segments"]],
        "scores": evidence["scores"],
        "verdicts": evidence["verdicts"],
    }


def _evidence(entry: Entry) -> Evidence:
    evidence: Evidence = entry["data"][KEY]
    return evidence
