"""A run's files read once, row by row, into a summary that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from babelset import plugins
from babelset.contracts.evidence import evidence_of
from babelset.contracts.loading import filter_class
from babelset.errors import ConfigError, ContractError, DataError
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.languages import Language, find
from babelset.report.facts import Run, limits_of, run_of
from babelset.report.section import Counting, Section
from babelset.work.manifest import Manifest, read_manifest
from babelset.work.places import Places

MOST_SECTIONS = 300
UNKNOWN = Language("und", "und", "unknown language", "", "Zyyy", "ltr", "", "", False)
Pair = tuple[Language, Language]


@dataclass(frozen=True, slots=True)
class Report:
    """Every run, and each language that its rows are in: most runs have one."""

    runs: tuple[Run, ...]
    sections: tuple[Section, ...]

    @property
    def damaged(self) -> int:
        return sum(run.damaged for run in self.runs)

    def as_data(self) -> dict[str, Any]:
        """The numbers, without the samples."""
        sections = [{**asdict(replace(section, samples=())), **_codes(section)} for section in self.sections]
        for section in sections:
            del section["samples"]
        return {"runs": [asdict(run) for run in self.runs], "sections": sections}


def collect(outputs: Sequence[str], format: str | None = None) -> Report:
    """
    What became of the rows of each output, with its rejected and failed files and its manifest beside it.

    >>> collect(["ca.jsonl", "es.jsonl"]).sections[0].rows
    {'read': 999, 'accepted': 948, 'rejected': 51, 'failed': 0}

    Rows that are not readable, or carry no evidence, are counted as damaged. Raises DataError for a file that is
    missing or breaks off, ConfigError for more than 300 languages.
    """
    runs: list[Run] = []
    sections: list[Section] = []
    seen: set[Path] = set()
    for output in outputs:
        places = Places.of(output)
        if places.accepted.resolve() in seen:  # the rejected rows of a run that was named before
            continue
        found = _Reading(places, format)
        seen |= {path.resolve() for path in found.paths}
        sections += found.sections(len(runs), MOST_SECTIONS - len(sections))
        runs.append(found.run())
    return Report(tuple(runs), tuple(sections))


@dataclass
class _Reading:
    """The files of one run while they are read."""

    places: Places
    format: str | None
    damaged: int = 0
    warnings: list[str] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)
    found: dict[Pair, Counting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.manifest = self._manifest()
        self.limits = limits_of(self.manifest)
        self.quality = quality_scores()

    def _manifest(self) -> Manifest:
        try:
            return read_manifest(self.places.manifest)
        except DataError as error:
            self.warnings.append(str(error))
            return {}

    @property
    def paths(self) -> list[Path]:
        """The files with rows: the output itself, and what stands beside it."""
        if "shortfall" in self.manifest:  # nothing was made
            return []
        beside = [path for path in (self.places.rejected, self.places.failed) if path.exists()]
        return [self.places.accepted, *beside]

    def run(self) -> Run:
        return run_of(self.places.accepted.name, self.manifest, self.files, self.damaged, self.warnings)

    def sections(self, index: int, room: int) -> list[Section]:
        for path in self.paths:
            self._read(path, room)
        if short := self.manifest.get("shortfall"):
            self.warnings += ["nothing was written", str(short["reason"]), *map(str, short["details"])]
            return []
        counted = self.manifest.get("rows", {})  # a run without failed rows writes no ledger of them
        for status in ("failed",) if "scorers" in self.manifest else ("rejected", "failed"):
            ledger: Path = getattr(self.places, status)
            if ledger not in self.paths and counted.get(status, 1):
                self.warnings.append(f"there is no {ledger.name}: its rows are missing here")
        return [counting.done(index, *pair) for pair, counting in self.found.items()]

    def _read(self, path: Path, room: int) -> None:
        self.files[path.name] = 0
        for row in read([path], format=self.format if path != self.places.failed else None):
            self.files[path.name] += 1
            if path == self.places.failed:
                self._failed(row)
            else:
                self._translated(row)
            if len(self.found) > room:
                raise ConfigError(f"{path}: more than {MOST_SECTIONS} languages; report on fewer files at a time")

    def _translated(self, row: Row | BadRow) -> None:
        try:
            if isinstance(row, BadRow):
                raise DataError(row.reason)
            evidence = evidence_of(row.data)
            if evidence["status"] not in ("accepted", "rejected"):
                raise DataError("is neither accepted nor rejected")
            pair = find(evidence["source"]), find(evidence["target"])
            self._counting(pair).add(row.data, evidence)
        except (DataError, ConfigError):
            self.damaged += 1

    def _failed(self, row: Row | BadRow) -> None:
        reason = row.data.get("reason") if isinstance(row, Row) else row.reason
        self._counting(self._pair()).fail(str(reason))

    def _pair(self) -> Pair:
        """The languages of rows that never got any: those that most rows have, or that the job names."""
        if self.found:
            return max(self.found, key=lambda pair: self.found[pair].rows.total())
        job: Mapping[str, Any] = self.manifest.get("job") or {}
        try:
            return find(str(job["source"])), find(str(job["target"]))
        except (KeyError, ConfigError):
            return UNKNOWN, UNKNOWN

    def _counting(self, pair: Pair) -> Counting:
        if pair not in self.found:
            self.found[pair] = Counting(self.quality, self.limits)
        return self.found[pair]


def _codes(section: Section) -> dict[str, str]:
    return {"source": section.source.code, "target": section.target.code}


def quality_scores() -> frozenset[str]:
    """The installed scorers whose score says how good a translation is."""
    return frozenset(name for name in plugins.available("filters") if _says_quality(name))


def _says_quality(name: str) -> bool:
    try:
        return filter_class(name).quality
    except ContractError:  # a plug-in that is broken here has scored nothing that can be read; `plugins` shows it
        return False
