"""Which rows of runs are reviewed: those that a report shows, or so many drawn evenly, or all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from babelset.contracts.evidence import Evidence, evidence_of
from babelset.errors import ConfigError, DataError
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.languages import find
from babelset.report.collect import quality_scores
from babelset.report.facts import limits_of
from babelset.report.sample import Samples
from babelset.report.section import row_scores
from babelset.review.item import item_of, place_of
from babelset.review.record import Item
from babelset.scoring.scores import SEED
from babelset.work.manifest import told_manifest
from babelset.work.places import Places

Known = tuple[dict[str, Any], Evidence]
STATUSES = ("accepted", "rejected")


@dataclass
class Choice:
    """
    The rows of runs as items, accepted and rejected ones, in the order of the files, which are read one row at a time.

    >>> store.add(Choice(["es.jsonl"], sample=50))

    Of each language those that `babelset report` shows, the worst, the borderline and some by chance; or `sample` rows
    drawn evenly; or `everything`. Raises DataError for a file that is missing or breaks off.
    """

    runs: Sequence[str]
    sample: int | None = None
    everything: bool = False
    format: str | None = None
    items: int = 0  # that were given
    _damaged: dict[Path, int] = field(default_factory=dict)

    @property
    def damaged(self) -> int:
        """Rows that could not be read or carry no evidence, so that nobody can review them."""
        return sum(self._damaged.values())

    def __iter__(self) -> Iterator[Item]:
        quality, seen = quality_scores(), set[Path]()
        for places in map(Places.of, self.runs):
            if places.accepted.resolve() in seen:  # the rejected rows of a run that was named before
                continue
            seen |= {path.resolve() for path in translated_files(places)}
            for data, evidence, kinds in self._chosen(places, quality):
                self.items += 1
                yield item_of(data, evidence, places.accepted.name, quality, kinds)

    def _chosen(
        self, places: Places, quality: Collection[str]
    ) -> Iterator[tuple[dict[str, Any], Evidence, Sequence[str]]]:
        if self.everything:
            return ((*known, ()) for known in self._rows(places))
        if self.sample is not None:
            return ((*known, ()) for known in self._drawn(places, self.sample))
        return self._shown(places, quality)

    def _drawn(self, places: Places, size: int) -> Iterator[Known]:
        """One by chance out of each of `size` equal stretches of the rows of a language."""
        totals = Counter(evidence["target"] for _, evidence in self._rows(places))
        draw, drawn = Random(SEED), dict[str, set[int]]()
        for language, total in totals.items():
            parts = min(size, total)
            stretches = ((part * total // parts, (part + 1) * total // parts) for part in range(parts))
            drawn[language] = {draw.randrange(*stretch) for stretch in stretches}
        numbers = defaultdict[str, Iterator[int]](count)
        for data, evidence in self._rows(places):
            if next(numbers[evidence["target"]]) in drawn[evidence["target"]]:
                yield data, evidence

    def _shown(
        self, places: Places, quality: Collection[str]
    ) -> Iterator[tuple[dict[str, Any], Evidence, Sequence[str]]]:
        limits = limits_of(told_manifest(places.manifest))
        samples = defaultdict[str, Samples](lambda: Samples(limits))
        for data, evidence in self._rows(places):
            scores = dict(row_scores(evidence))
            good = [score for name, score in scores.items() if name in quality]
            samples[evidence["target"]].offer(data, evidence, scores, good)
        chosen = {
            (language, sample.place, sample.row): sample.kinds
            for language, found in samples.items()
            for sample in found.chosen()
        }
        for data, evidence in self._rows(places):
            kinds = chosen.pop((evidence["target"], place_of(evidence), evidence["row"]), None)
            if kinds is not None:
                yield data, evidence, kinds

    def _rows(self, places: Places) -> Iterator[Known]:
        for path in translated_files(places):
            self._damaged[path] = 0
            for row in read([path], format=self.format):
                try:
                    found = known(row.data if isinstance(row, Row) else {})
                except (DataError, ConfigError):
                    self._damaged[path] += 1
                else:
                    yield found


def known(data: dict[str, Any]) -> Known:
    """A translated row with its evidence; DataError where it carries none, ConfigError for an unknown language."""
    evidence = evidence_of(data)
    if evidence["status"] not in STATUSES:
        raise DataError("is neither accepted nor rejected")
    if not 0 <= evidence["row"] < 1 << 63:
        raise DataError("its row has no possible number")
    if not all(0 <= segment["field"] < len(evidence["fields"]) for segment in evidence["segments"]):
        raise DataError("has a segment of no field")
    for language in (evidence["source"], evidence["target"]):
        find(language)
    return data, evidence


def translated_files(places: Places) -> list[Path]:
    """Those of a run that there are: the accepted rows, and the rejected ones."""
    return [places.accepted, *(path for path in [places.rejected] if path.exists())]
