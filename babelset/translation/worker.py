"""
What happens to a chunk of rows: each is taken apart, goes to the engine that its rule says, is put together again,
scored and decided on; where that was done badly, the next engine of the rule gets it.

A chunk's rows are asked for engine by engine, so that an engine gets all of its rows at once. One engine alone is a
route with one rule. A worker holds no state of the run: a local loop, a cluster job or a Ray actor can drive it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from babelset.contracts.evidence import CandidateEvidence, Evidence, RouteEvidence, marks_of
from babelset.contracts.filter import Filter
from babelset.contracts.schema import Schema
from babelset.files.row import KEY, BadRow, Row
from babelset.languages import Pair
from babelset.text.document import Keep
from babelset.translation.deciding import Deciding
from babelset.translation.ladder import Ladder
from babelset.translation.parsing import ParseOptions, Spanned, parsed, spanned
from babelset.translation.routes import Measures, Retry, Rule, Way
from babelset.work.journal import Entry

ONLY = ""  # the name of an engine that is the only one
PLAIN, NEVER = ParseOptions(), Retry()
ALONE = (Way(0, Rule.model_validate({"use": (ONLY,)}), (ONLY,)),)


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
class Worker:
    """
    The engines of a run by name, and the ways that rows may go; without `ways` the engine "" gets all of them.

    Threads may call `translate` at the same time: an engine gets no more of them than it can take, and the filters
    one. `seconds` are what each engine took to answer, since the worker was made.
    """

    pair: Pair
    schema: Schema
    ladders: Mapping[str, Ladder]
    filters: Sequence[Filter]
    options: ParseOptions = PLAIN
    ways: Sequence[Way] = ALONE
    retry: Retry = NEVER
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _judging: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _deciding: Deciding = field(init=False, repr=False)
    _turns: dict[str, threading.Semaphore] = field(init=False, repr=False)  # as many as the engine takes threads

    def __post_init__(self) -> None:
        self._deciding = Deciding(self.schema, self.pair, self.filters, self.options)
        self._turns = {name: threading.Semaphore(ladder.translator.parallel) for name, ladder in self.ladders.items()}

    @property
    def parallel(self) -> int:
        """Threads; two at least: while the filters score what one engine answered, it has another chunk to do."""
        return max(2, *(ladder.translator.parallel for ladder in self.ladders.values()))

    @property
    def chunk(self) -> int:
        """Rows that are best given at a time."""
        return max(ladder.translator.chunk for ladder in self.ladders.values())

    def halt(self) -> None:
        """Let engines and filters begin with nothing more: the run stops."""
        for ladder in self.ladders.values():
            ladder.halt()
        for check in self.filters:
            check.halt()

    def parse(self, rows: Sequence[Row | BadRow]) -> list[Routed | Entry]:
        found = [spanned(row, self.schema, self.options) for row in rows]
        return [Routed(row, self._way(row)) if isinstance(row, Spanned) else row for row in found]

    def translate(self, chunk: Sequence[Routed | Entry]) -> list[Entry]:
        """The entry of every row, in order, with its route and, where several engines were asked, all candidates."""
        tries = [_Tries(item, item.way.engines) if isinstance(item, Routed) else item for item in chunk]
        while open_ := [row for row in tries if isinstance(row, _Tries) and row.left]:
            name = _next(open_)
            asked = [row for row in open_ if row.left[0] == name]
            fresh = sum(not row.entries for row in asked)  # for those who watch, a row counts once
            entries = self._ask(name, [row.routed.row for row in asked], fresh)
            for row, entry in zip(asked, entries, strict=True):
                row.entries.append(entry)
                row.left = () if _done_well(entry, self.retry) else row.left[1:]
        return [_kept(row, self.retry) if isinstance(row, _Tries) else row for row in tries]

    def _way(self, row: Spanned) -> Way:
        measures = measure(row)
        return next(way for way in self.ways if way.rule.fits(measures))

    def _ask(self, name: str, rows: Sequence[Spanned], fresh: int) -> list[Entry]:
        """An entry for each row, by one engine."""
        ladder = self.ladders[name]
        apart = [parsed(row, ladder, self.pair) for row in rows]
        with self._turns[name]:
            started = time.monotonic()
            answers = ladder.translate([segment for row in apart for segment in row.segments()], self.pair, fresh)
            seconds = time.monotonic() - started
        with self._judging:
            self.seconds[name] += seconds
            return self._deciding.entries(apart, answers, ladder.signature_for(self.pair))


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
    entries, tried = row.entries, row.routed.way.engines[: len(row.entries)]
    if tried == (ONLY,):
        return entries[0]
    done_well = _done_well(entries[-1], retry)
    best = entries[-1] if done_well else max(entries, key=lambda entry: _standing(entry, retry))
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
