"""
How far a score can be trusted for a language: how it lies, what each cut keeps, and whether it finds errors.

The errors are those that people found, where there are ratings, or a scorer that is believed, or else planted ones.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from babelset.contracts.checks import DEFAULT, opened
from babelset.contracts.evidence import Evidence
from babelset.contracts.filter import Filter, Marks, Outcome
from babelset.files.hub import dataset_of, is_hub
from babelset.files.reading import read
from babelset.scoring.calibration.planted_errors import KINDS, plant
from babelset.scoring.calibration.ratings import Believed, Gold
from babelset.scoring.scores import SEED, known
from babelset.scoring.selection import Columns, ranks, value_of
from babelset.translation.deciding import score
from babelset.work.journal import Journal
from babelset.work.places import Places, keep_outside, named_files

DECILES = tuple(tenth / 10 for tenth in range(11))
CUTS = 10  # steps of the sweep, about
FINEST = 1e-5  # scores are stored to four decimals
PRECISE = 0.95  # share of good rows among those kept, that a cut is proposed for
SCORED = 50  # planted rows given to a scorer at once


def auc(good: Sequence[float], bad: Sequence[float]) -> float | None:
    """
    How probable it is that a good one scores higher than a bad one, ties counting half; None where one side is empty.

    >>> auc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    ranked = sorted(good)
    halves = sum(2 * len(ranked) - bisect_left(ranked, value) - bisect_right(ranked, value) for value in bad)
    return halves / (2 * len(ranked) * len(bad)) if good and bad else None


def best_cut(rated: Iterable[tuple[float, bool]]) -> dict[str, float] | None:
    """
    The score from which rows should be kept, so that the F1 of finding the good ones is highest; None without any.

    >>> best_cut([(0.9, True), (0.7, True), (0.6, False)])
    {'cut': 0.7, 'precision': 1.0, 'recall': 1.0, 'f1': 1.0}
    """
    ranked = sorted(rated, reverse=True)
    total, hits = sum(good for _, good in ranked), 0
    best: dict[str, float] | None = None
    for kept, (value, good) in enumerate(ranked, 1):
        hits += good
        if not total or (kept < len(ranked) and ranked[kept][0] == value):
            continue  # equals are kept or cut together
        f1 = 2 * hits / (kept + total)
        if best is None or f1 >= best["f1"]:
            best = {"cut": value, "precision": hits / kept, "recall": hits / total, "f1": f1}
    return best


def quantile(ranked: Sequence[float], share: float) -> float:
    """`quantile([1, 2, 3, 4], 0.5)` -> 2: the lowest score that `share` of the rows do not exceed."""
    return ranked[max(math.ceil(round(share * len(ranked), 6)) - 1, 0)]


def sweep(ranked: Sequence[float]) -> list[dict[str, float]]:
    """Round scores between the lowest and the highest percent, each with how many rows score as much or more."""
    low, high = quantile(ranked, 0.01), quantile(ranked, 0.99)
    step = _round_step((high - low) / CUTS)
    if not step:
        return [{"cut": low, "kept": len(ranked) - bisect_left(ranked, low)}]
    first, last = math.ceil(round(low / step, 6)), math.floor(round(high / step, 6))
    cuts = [round(number * step, 10) for number in range(first, last + 1)]
    return [{"cut": cut, "kept": len(ranked) - bisect_left(ranked, cut)} for cut in cuts]


def precisions(cuts: Sequence[float], rated: Sequence[tuple[float, bool]]) -> list[dict[str, float | None]]:
    """For each cut how many of those rated it keeps, and the share of good ones among them; None for none of none."""
    kept = [[good for value, good in rated if value >= cut] for cut in cuts]
    return [{"rated": len(each), "precision": sum(each) / len(each) if each else None} for each in kept]


def _round_step(width: float) -> float:
    """`_round_step(0.017)` -> 0.02: 1, 2 or 5 times a power of ten; 0 for what stored scores cannot tell apart."""
    if width < FINEST:
        return 0.0
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * 0.999)


@dataclass
class Tongue:
    """What was read of one target language."""

    scores: defaultdict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    missing: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # rows not covered, by column
    rated: defaultdict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))
    sample: list[tuple[int, int, Outcome]] = field(default_factory=list)  # a heap, by a hash of the source

    def add(self, evidence: Evidence, columns: Sequence[str], good: bool | None, believed: str = "") -> None:
        for column in columns or evidence["scores"]:
            value = value_of(evidence, column)
            if value is None:
                self.missing[column] += 1
                continue
            self.scores[column].append(value)
            if good is not None and column.partition(".")[0] != believed:
                self.rated[column].append((value, good))

    def draw(self, outcome: Outcome, most: int, number: int) -> None:
        """Keep the `most` rows whose sources hash lowest: by chance, and the same rows in every language."""
        if not all(segment.target for segment in outcome.segments) or not outcome.segments:
            return
        item = (-_hash(outcome.row.source), -number, outcome)
        if len(self.sample) < most:
            heapq.heappush(self.sample, item)
        else:
            heapq.heappushpop(self.sample, item)

    def rows(self) -> list[Outcome]:
        return [outcome for _, _, outcome in sorted(self.sample, key=lambda item: item[:2], reverse=True)]

    def report(self, asked: Sequence[str], precise: float = PRECISE) -> dict[str, dict[str, Any]]:
        """By column. Cuts only where a higher score is better, or for the columns that were asked for."""
        columns = sorted({*self.scores, *self.missing})
        return {column: self._column(column, precise, cuts=column in asked or ranks(column)) for column in columns}

    def _column(self, column: str, precise: float, *, cuts: bool) -> dict[str, Any]:
        ranked = sorted(self.scores[column])
        told: dict[str, Any] = {"rows": len(ranked), "not_covered": self.missing[column]}
        if ranked:
            told["deciles"] = [quantile(ranked, share) for share in DECILES]
            told |= {"cuts": sweep(ranked)} if cuts else {}
        if cuts and (rated := self.rated[column]):
            good, bad = ([value for value, is_good in rated if is_good is side] for side in (True, False))
            shares = precisions([step["cut"] for step in told["cuts"]], rated)
            told["cuts"] = [step | share for step, share in zip(told["cuts"], shares, strict=True)]
            enough = (step["cut"] for step in told["cuts"] if (step["precision"] or 0) >= precise)
            told["gold"] = {"good": len(good), "bad": len(bad), "auc": auc(good, bad), "best": best_cut(rated)}
            told["gold"]["precise"] = next(enough, None)
        return told


def _hash(text: str) -> int:
    import xxhash

    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"), seed=SEED)


def calibrate(
    inputs: Sequence[str],
    scorers: Sequence[Filter],
    *,
    by: Sequence[str] = (),
    gold: Gold | Believed | None = None,
    precise: float = PRECISE,
    sample: int = 200,
    format: str | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """
    For each target language the spread of the stored scores, of the columns `by` or of all, and what cuts keep.

    With `gold`, the cut that agrees best with people, or with a score that is believed, and the lowest of the round
    cuts with a precision of `precise`. With `scorers`, how each tells up to `sample` accepted rows from the same rows
    with a planted error; what they pay for is kept in `folder`. Raises ConfigError for a column that no
    row has and for ratings of no row.
    """
    tongues: defaultdict[str, Tongue] = defaultdict(Tongue)
    believed = gold.column.partition(".")[0] if isinstance(gold, Believed) else ""
    columns, failed, numbers = Columns("--by", by), 0, count()
    for row in read(inputs, format=format):
        item = known(row)
        if not isinstance(item, tuple):
            failed += 1
            continue
        data, evidence, outcome = item
        columns.see(evidence)
        tongue = tongues[evidence["target"]]
        tongue.add(evidence, by, gold.good(data, evidence) if gold else None, believed)
        if scorers and evidence["status"] == "accepted":
            tongue.draw(outcome, sample, next(numbers))
    columns.check()
    if gold:
        gold.check()
    report = {language: {"scores": tongue.report(by, precise)} for language, tongue in sorted(tongues.items())}
    if scorers:
        for language, found in planted(tongues, scorers, folder).items():
            report[language]["planted"] = found
    return {"rows": {"read": columns.rows + failed, "failed": failed}, "languages": report}


Table = dict[str, dict[str, dict[str, Any]]]  # by scorer, then by kind of error


@contextmanager
def keeping(inputs: Sequence[str], scorers: Sequence[Filter]) -> Iterator[Path | None]:
    """
    The folder that keeps what scorers pay for until the block has ended well; None where no scorer pays.

    >>> with keeping(["ca.jsonl"], [Judge(model="qwen")]) as folder: ...
    PosixPath('ca.calibrate.work')

    Any later calibration of the same first input finds the replies there. Raises ConfigError where another process
    works there, OutputError where the folder cannot be made.
    """
    if not any(check.pays for check in scorers):
        yield None
        return
    first = f"{dataset_of(inputs[0])}.jsonl" if is_hub(inputs[0]) else inputs[0]
    place = Places.of("stdin.jsonl" if first == "-" else first).calibration
    keep_outside(place, [*inputs, *named_files([dict(check) for check in scorers])])
    with Journal(place, {"command": "calibrate"}) as journal:
        try:
            yield journal.folder
        except BaseException:
            journal.remove(keep_paid=True)
            raise
        journal.remove()


def planted(tongues: Mapping[str, Tongue], scorers: Sequence[Filter], folder: Path | None = None) -> dict[str, Table]:
    """For each language the AUC of every scorer at telling rows from the same rows with an error, by kind."""
    samples = {language: rows for language, tongue in sorted(tongues.items()) if (rows := tongue.rows())}
    with opened(scorers, folder):
        return {language: _table(rows, _others(language, samples), scorers) for language, rows in samples.items()}


def _others(language: str, samples: Mapping[str, Sequence[Outcome]]) -> dict[str, str]:
    """What the other languages make of their sources: of several translations one by chance."""
    others = [row for other, rows in samples.items() if other != language for row in rows]
    found: defaultdict[str, list[str]] = defaultdict(list)
    for segment in (segment for row in others for segment in row.segments):
        found[segment.source].append(segment.target or "")
    draw = Random(SEED)
    return {source: draw.choice(targets) for source, targets in found.items()}


def _table(rows: Sequence[Outcome], others: Mapping[str, str], scorers: Sequence[Filter]) -> Table:
    table: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    before = _ratings(rows, scorers)
    for kind in KINDS:
        made = plant(kind, rows, others, SEED)
        if not made:
            continue
        for name, after in _ratings(list(made.values()), scorers).items():
            good = [value for index in made if (value := before[name][index]) is not None]
            bad = [value for value in after if value is not None]
            table[name][kind] = {"rows": len(bad), "not_covered": len(made) - len(bad), "auc": auc(good, bad)}
    return dict(table)


def _ratings(rows: Sequence[Outcome], scorers: Sequence[Filter]) -> dict[str, list[float | None]]:
    """What each scorer makes of each row: its mean score, or of a default check, whether the row passes."""
    ratings: defaultdict[str, list[float | None]] = defaultdict(list)
    for start in range(0, len(rows), SCORED):
        part = rows[start : start + SCORED]
        for check in scorers:
            for row, marks in zip(part, score([check], part), strict=True):
                if check.name in DEFAULT:
                    ratings[check.name].append(_passes(check, row, marks))
                    continue
                for name in marks.scores:
                    ratings[name].append(_mean(marks, name))
    return ratings


def _mean(marks: Marks, name: str) -> float | None:
    found = [value for value in marks.scores[name] if value is not None]
    return math.fsum(found) / len(found) if found and not marks.unjudged(name) else None


def _passes(check: Filter, row: Outcome, marks: Marks) -> float | None:
    scores = marks.scores[check.name]
    if all(value is None for value in scores):
        return None
    return float(check.judge(replace(row, marks=marks).ratings(check)).ok)
