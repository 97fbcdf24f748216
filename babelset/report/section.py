"""One run into one language, counted in one pass over its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import floor, isfinite
from typing import Any

from babelset.contracts.evidence import Evidence, marks_of, value_at
from babelset.languages import Language
from babelset.measures.language import LIKELIER, TAKEN
from babelset.report.distribution import Bin, Distribution, bins, round_step
from babelset.report.sample import Limits, Sample, Samples

KINDS = 50  # of checks, reasons or flags told apart, so that no file makes a report grow without end
OTHER = "other"
RATIO = "length ratio"
CONFIDENT = 0.9  # of older runs, whose score is a confidence from 0 to 1
CUTS = 20
QUANTILES = (0.05, 0.5, 0.95)
Distributions = defaultdict[str, Distribution]  # by score


@dataclass(frozen=True, slots=True)
class Reason:
    check: str
    rows: int
    alone: int  # rows that only this check turns away
    example: str


@dataclass(frozen=True, slots=True)
class Score:
    """How the rows scored; `low`, `median` and `high` are the 5th, 50th and 95th percentile."""

    name: str
    rows: int
    uncovered: int  # rows that the check could not judge
    low: float
    median: float
    high: float
    limits: tuple[float, ...]
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """How many rows score at least `cut`, and how many of them no other check rejects."""

    cut: float
    rows: int
    kept: int


@dataclass(frozen=True, slots=True)
class Sweep:
    score: str
    rows: int  # that have this score
    limits: tuple[float, ...]  # of the run
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """
    Rows by how much likelier their target language is than any other; `copied` of those in another are still the
    source, and `taken` are those of them of which the run noted what they look like, by language.
    """

    sure: int
    doubtful: int
    other: int
    copied: int
    unjudged: int
    least: float
    surely: float
    taken: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Section:
    """All that a report says of one run into one language."""

    run: int  # index of the run
    source: Language
    target: Language
    rows: Mapping[str, int]  # read, accepted, rejected, failed
    reasons: tuple[Reason, ...]
    failures: Mapping[str, int]
    uncovered: Mapping[str, int]
    flags: Mapping[str, int]
    counts: Mapping[str, Mapping[str, int]]  # by check
    segments: int
    kept_spans: int
    scores: tuple[Score, ...]
    sweeps: tuple[Sweep, ...]
    confusion: Confusion | None
    signatures: Mapping[str, int]  # rows by the signature of their translator
    samples: tuple[Sample, ...]


@dataclass
class Counting:
    """What is known of a section while its rows come by. `quality` names the scores that say how good a row is."""

    quality: frozenset[str]
    limits: Limits
    rows: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    uncovered: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    signatures: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    kept_spans: int = 0
    copied: int = 0  # of the rows in another language
    taken: Counter[str] = field(default_factory=Counter)  # for that language
    accepted: Distributions = field(default_factory=lambda: defaultdict(Distribution))
    rejected: Distributions = field(default_factory=lambda: defaultdict(Distribution))
    open: Distributions = field(
        default_factory=lambda: defaultdict(Distribution)
    )  # of rows that no other check rejects

    def __post_init__(self) -> None:
        self.samples = Samples(self.limits)

    def add(self, data: dict[str, Any], evidence: Evidence) -> None:
        self.rows[evidence["status"]] += 1
        self.segments += len(evidence["segments"])
        self.kept_spans += sum(len(item["keeps"]) for item in evidence["fields"])
        count(self.signatures, evidence["translator"])
        for segment in evidence["segments"]:
            for flag in segment["flags"]:
                count(self.flags, flag)
        failing = self._verdicts(evidence)
        scores = dict(row_scores(evidence))
        self._distribute(evidence, failing, {**scores, **_ratio(data, evidence)})
        self.samples.offer(data, evidence, scores, [scores[name] for name in scores if name in self.quality])

    def fail(self, reason: str) -> None:
        self.rows["failed"] += 1
        count(self.failures, reason)

    def _verdicts(self, evidence: Evidence) -> list[str]:
        """Count the verdicts; the checks that reject the row."""
        failing = []
        for verdict in evidence["verdicts"]:
            if not verdict["ok"]:
                failing.append(verdict["check"])
                self.examples.setdefault(count(self.rejections, verdict["check"]), verdict["reason"][:200])
            for what, number in verdict.get("counts", {}).items():
                if verdict["check"] == "language" and what.startswith(TAKEN):
                    count(self.taken, what.removeprefix(TAKEN), number)
                    continue
                count(self.counts[_known(self.counts, verdict["check"])], what, number)
        if len(failing) == 1:
            count(self.alone, failing[0])
        if "copied" in failing and "language" in failing:
            self.copied += 1
        return failing

    def _distribute(self, evidence: Evidence, failing: list[str], scores: Mapping[str, float]) -> None:
        side = self.accepted if evidence["status"] == "accepted" else self.rejected
        for name, score in scores.items():
            side[_known(side, name)].add(score)
            if name in self.quality and not set(failing) - {name}:
                self.open[name].add(score)
        marks = marks_of(evidence)
        for name, found in evidence["scores"].items():
            if found and (all(score is None for score in found) or marks.unjudged(name)):
                count(self.uncovered, name)

    def done(self, run: int, source: Language, target: Language) -> Section:
        read = {"read": self.rows.total(), **{name: self.rows[name] for name in ("accepted", "rejected", "failed")}}
        names = sorted({*self.accepted, *self.rejected}, key=lambda name: (name not in self.quality, name))
        return Section(
            run, source, target, read,
            reasons=tuple(
                Reason(check, rows, self.alone[check], self.examples[check])
                for check, rows in self.rejections.most_common()
            ),
            failures=dict(self.failures.most_common()),
            uncovered=dict(self.uncovered.most_common()),
            flags=dict(self.flags.most_common()),
            counts={check: dict(counts.most_common()) for check, counts in self.counts.items()},
            segments=self.segments,
            kept_spans=self.kept_spans,
            scores=tuple(map(self._score, names)),
            sweeps=tuple(self._sweep(name) for name in names if name in self.quality),
            confusion=self._confusion(),
            signatures=dict(self.signatures.most_common()),
            samples=self.samples.chosen(),
        )  # fmt: skip

    def _sides(self, name: str) -> tuple[Distribution, Distribution]:
        return self.accepted[name], self.rejected[name]

    def _score(self, name: str) -> Score:
        accepted, rejected = self._sides(name)
        both = accepted + rejected
        low, median, high = map(both.quantile, QUANTILES)
        limits = tuple(self.limits.get(name, ()))
        return Score(name, len(both), self.uncovered[name], low, median, high, limits, bins(accepted, rejected))

    def _sweep(self, name: str) -> Sweep:
        accepted, rejected = self._sides(name)
        both = accepted + rejected
        cuts = (Cut(cut, both.at_least(cut), self.open[name].at_least(cut)) for cut in _cuts(both))
        return Sweep(name, len(both), tuple(self.limits.get(name, ())), tuple(cuts))

    def _confusion(self) -> Confusion | None:
        accepted, rejected = self._sides("language")
        both = accepted + rejected
        if not both:
            return None
        least = next(iter(self.limits.get("language", ())), -LIKELIER)
        surely = -least if least < 0 else CONFIDENT
        certain, probable = both.at_least(surely), both.at_least(least)
        other = len(both) - probable
        unjudged = self.uncovered["language"]
        taken = dict(self.taken.most_common())
        return Confusion(certain, probable - certain, other, min(self.copied, other), unjudged, least, surely, taken)


def count(counts: Counter[str], name: str, number: int = 1) -> str:
    """Count `name`, or "other" where there are too many; what it was counted as."""
    name = _known(counts, name)
    counts[name] += number
    return name


def _known(table: Mapping[str, Any], name: str) -> str:
    return name[:200] if name[:200] in table or len(table) < KINDS else OTHER


def row_scores(evidence: Evidence) -> Iterator[tuple[str, float]]:
    """The score of the row by check: as its verdict says, or the mean of what is stored."""
    judged = {verdict["check"]: verdict["score"] for verdict in evidence["verdicts"]}
    marks = marks_of(evidence)
    for name, stored in list(evidence["scores"].items())[:KINDS]:
        known = [score for score in stored if score is not None and not marks.unjudged(name)]
        score = judged[name] if name in judged else sum(known) / len(known) if known else None
        if score is not None and isfinite(score):
            yield name[:200], score


def _ratio(data: dict[str, Any], evidence: Evidence) -> dict[str, float]:
    """Characters of the translation for each character of the source, over all fields; {} where there are none."""
    source = sum(len(item["source"]) for item in evidence["fields"])
    targets = (value_at(data, item["path"]) for item in evidence["fields"])
    target = sum(len(text) for text in targets if isinstance(text, str))
    return {RATIO: target / source} if source else {}


def _cuts(values: Distribution) -> Iterator[float]:
    """About twenty round numbers, from the first that cuts something off to the last that leaves something."""
    low, high = values.quantile(0), values.quantile(1)
    step = max(round_step((high - low) / CUTS), 0.01) if high > low else 0.01
    first, last = (floor(edge / step + 1e-9) for edge in (low, high))  # 0.9 / 0.05 is a little less than 18
    yield from (round(index * step, 10) for index in range(first, last + 1))
