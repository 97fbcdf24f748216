"""
Cuts: which of the rows that pass the checks are good enough, by a formula over their scores or by their rank.

A column is a scorer, as `cometkiwi`, or one of its parts, as `judge.accuracy`: the mean over the row's units. With
`.min`, `.mean` or `.weighted`, by the length of the source's prose, it is that instead.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from babelset import plugins
from babelset.contracts.evidence import Evidence, marks_of, verdict_evidence
from babelset.contracts.filter import Verdict
from babelset.contracts.loading import filter_class
from babelset.errors import ConfigError, did_you_mean
from babelset.files.row import KEY
from babelset.languages import find
from babelset.measures.aggregate import AGGREGATES, Aggregate, aggregated, prose_length
from babelset.scoring.expression import Expression, parse_expression
from babelset.work.journal import Entry
from babelset.work.output import Output


def value_of(evidence: Evidence, column: str) -> float | None:
    """
    The score of a row in a column, None where it has none or is not covered.

    >>> value_of({"scores": {"kiwi": [0.5, None, 0.9]}, ...}, "kiwi.min")
    0.5

    With a unit that should have been judged and was not, the row has none.
    """
    if marks_of(evidence).unjudged(column):
        return None
    name, how = _split(evidence, column)
    scores = evidence["scores"].get(name, ())
    return aggregated(how, scores, partial(_length, evidence, len(scores)))


def ranks(column: str) -> bool:
    """`ranks("length.min")` -> False: whether a higher score means a better translation, as far as is known."""
    scorer = column.partition(".")[0]
    installed = scorer in plugins.available("filters")
    return not installed or filter_class(scorer).quality


def _split(evidence: Evidence, column: str) -> tuple[str, Aggregate]:
    name, _, how = column.rpartition(".")
    return (name, how) if how in AGGREGATES and column not in evidence["scores"] else (column, "mean")


def _length(evidence: Evidence, count: int, at: int) -> float:
    """Of a unit's prose: `count` scores are aligned with segments, with fields, or with the row."""
    for units in (evidence["segments"], evidence["fields"]):
        if len(units) == count:
            return prose_length(units[at]["source"], units[at]["keeps"])
    return 1.0


@dataclass
class Columns:
    """The columns that an option names; one that no row has is a mistake of the user's."""

    option: str
    names: Sequence[str]
    found: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)  # scores of the rows seen so far
    rows: int = 0

    def see(self, evidence: Evidence) -> None:
        self.rows += 1
        self.present.update(evidence["scores"])
        self.found.update(name for name in self.names if _split(evidence, name)[0] in evidence["scores"])

    def check(self) -> None:
        for name in self.names if self.rows else ():
            if name not in self.found:
                known = sorted(self.present)
                raise ConfigError(
                    f"{self.option}: no row has the score {name!r}.{did_you_mean(name, known)} "
                    f"The rows have: {', '.join(known)}. To add it: babelset score IN -o OUT --with NAME"
                )


@dataclass
class Where:
    """
    Rows for which a formula over their scores holds, and none with a unit that could not be judged for one of them.

    >>> Where.of("cometkiwi > 0.75 and judge.accuracy >= 4")
    """

    expression: Expression
    columns: Columns

    @classmethod
    def of(cls, text: str) -> Where:
        """ConfigError for what is no formula."""
        expression = parse_expression(text)
        return cls(expression, Columns("--where", expression.names))

    def decide(self, entry: Entry) -> Entry:
        if entry["status"] == "failed":
            return entry
        evidence: Evidence = entry["data"][KEY]
        self.columns.see(evidence)
        if entry["status"] == "accepted":
            reason = self._against(evidence)
            _judged(entry, Verdict("where", not reason, None, reason))
        return entry

    def _against(self, evidence: Evidence) -> str:
        """Why the row is cut, "" where it is not."""
        names = self.expression.names
        if doubt := next(filter(None, map(marks_of(evidence).unjudged, names)), ""):
            return f"{self.expression.text}: {doubt}"
        values = {name: value_of(evidence, name) for name in names}
        told = ", ".join(f"{name} is {_told(value)}" for name, value in values.items())
        return "" if self.expression.holds(values.get) else f"{self.expression.text}: {told}"


def _told(value: float | None) -> str:
    return "None" if value is None else f"{value:.4g}"


def _judged(entry: Entry, verdict: Verdict) -> None:
    evidence: Evidence = entry["data"][KEY]
    evidence["verdicts"].append(verdict_evidence(verdict))
    if not verdict.ok:
        entry["status"] = evidence["status"] = "rejected"


@dataclass
class KeepBest:
    """
    The best rows of each target language by one column: `percent` of those that pass everything else, or `count`.

    >>> KeepBest.of("cometkiwi", percent=30)

    Of equals the first ones are kept; rows without the score are not. Memory holds one number a row.
    """

    columns: Columns
    percent: float | None = None
    count: int | None = None

    @classmethod
    def of(cls, by: str, *, percent: float | None = None, count: int | None = None) -> KeepBest:
        """ConfigError where a higher score is not a better one."""
        if not ranks(by):
            raise ConfigError(
                f"--by {by}: a higher {by.partition('.')[0]!r} is not a better translation; cut with --where instead, "
                f"as --where '{by} < 1.5', or name a scorer of quality"
            )
        return cls(Columns("--by", [by]), percent, count)

    def told(self) -> dict[str, Any]:
        return {"by": self.columns.names[0], "percent": self.percent, "count": self.count}

    def best(self, chunks: Iterable[Sequence[Entry]], output: Output) -> Iterator[Entry]:
        """Every entry, decided; the output's journal holds them until all scores are known."""
        scores: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        for number, entries in enumerate(chunks):
            for entry in entries:
                self._rank(entry, scores)
            output.write(number, entries)
        self.columns.check()
        limits = {language: self._limit(values, language) for language, values in scores.items()}
        for entry in output.entries():
            if entry["status"] == "accepted":
                _judged(entry, limits[entry["data"][KEY]["target"]].verdict(self._value(entry)))
            yield entry

    def _rank(self, entry: Entry, scores: defaultdict[str, array[float]]) -> None:
        if entry["status"] != "failed":
            self.columns.see(entry["data"][KEY])
        if entry["status"] == "accepted":
            value = self._value(entry)
            scores[entry["data"][KEY]["target"]].append(math.nan if value is None else value)

    def _value(self, entry: Entry) -> float | None:
        return value_of(entry["data"][KEY], self.columns.names[0])

    def _limit(self, values: array[float], language: str) -> Limit:
        if self.count is None:
            room = math.ceil(round((self.percent or 0) * len(values) / 100, 6))  # 30 % of 10 are 3, not 3.0000000001
            share = f"{self.percent:g} % of"
        else:
            room, share = self.count, f"{self.count} of"
        ranked = sorted((value for value in values if not math.isnan(value)), reverse=True)[:room]
        lowest = ranked[-1] if ranked else math.inf
        rows = f"the best {share} {len(values)} rows into {find(language).name}"
        return Limit(self.columns.names[0], lowest, ranked.count(lowest), rows)


@dataclass
class Limit:
    """The lowest score that is kept, and how many rows with just that score still are."""

    column: str
    lowest: float
    room: int
    rows: str

    def verdict(self, value: float | None) -> Verdict:
        if value is None:
            return Verdict("cut", False, None, f"no score of {self.column}, so not among {self.rows}")
        if value == self.lowest and self.room > 0:
            self.room -= 1
            return Verdict("cut", True, value)
        if value > self.lowest:
            return Verdict("cut", True, value)
        return Verdict("cut", False, value, f"{self.column} {value:.4g} is not among {self.rows}: {self._edge(value)}")

    def _edge(self, value: float) -> str:
        if math.isinf(self.lowest):
            return "there is no room"
        return f"these have {self.lowest:.4g} and more" + (", and came first" if value == self.lowest else "")
