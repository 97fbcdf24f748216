"""The step `translation-pairs`: a better and a worse translation of each segment, to train a translator on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from pydantic import Field

from babelset.contracts.checks import opened
from babelset.contracts.evidence import Evidence, evidence_of, outcome_of
from babelset.contracts.filter import Filter, Scored
from babelset.contracts.step import Failed, Made, Rejected, Rows, RowStep, Running, Stage, StepOutcome, StepRow
from babelset.errors import ConfigError, DataError
from babelset.scoring.scores import build_scorers

Worth = dict[str, float]  # of the candidates of a segment, by text


class Candidate(NamedTuple):
    """A translation of a segment, and what the evidence says of its worth; None for nothing."""

    text: str
    score: float | None


class TranslationPairs(RowStep, frozen=True):
    """
    Make preference pairs of translations: of each segment the best candidate against the worst.

    >>> TranslationPairs(scorers=["cometkiwi:models/kiwi", "embedding:models/labse"], min_gap=0.05)

    Candidates are those that `translate` has left in a row: of one language model, with `-O candidates=4`, or of
    several engines, with `--route`. What they are worth say the scorers, their mean; or the column `by` that engines'
    candidates have; or else the scores that one model's candidates were chosen by. Rows that were not accepted are
    rejected, and a segment makes one pair, or none. Source: ALMA-R, which takes the mean of CometKiwi and XCOMET.
    """

    scorers: list[str] = Field([], alias="with")  # scorers of quality, as "cometkiwi:MODEL"
    options: dict[str, Any] = Field({})  # of theirs: { "embedding.aggregate" = "mean" }
    by: str = ""  # a score that engines' candidates have, in place of scorers
    min_gap: float = Field(0.0, ge=0)  # between the two, in scores

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        about = {"language", "prompt_language", "response_language"}
        return frozenset(about | {"prompt", "source", "chosen", "rejected", "chosen_score", "rejected_score", "margin"})

    def check(self, stage: Stage) -> None:
        if self.by and self.scorers:
            raise ConfigError("by and with: give one of them")
        self._built()

    def told(self, counts: Mapping[str, int]) -> list[str]:
        told = {"without": "segments without a pair", "alone": "of them with fewer than two scored candidates"}
        return [f"{counts[key]} {what}" for key, what in told.items() if counts.get(key)]

    def _built(self) -> list[Filter]:
        built = build_scorers(self.scorers, self.options, {}) if self.scorers else []
        if wrong := [
            check.name for check in built if not check.quality or check.needs_candidates or check.unit == "row"
        ]:
            raise ConfigError(f"with: {wrong[0]} does not score the quality of one translation")
        return built

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        checks = self._built()
        with opened(checks, running.work):
            yield lambda batch: self._outcomes(batch, checks)

    def _outcomes(self, batch: Sequence[StepRow], checks: Sequence[Filter]) -> list[StepOutcome]:
        found = [self._candidates(row) for row in batch]
        units = [
            unit for each in found if isinstance(each, list) for unit, texts in each for unit in _units(unit, texts)
        ]
        scored = _means(checks, list(dict.fromkeys(units))) if checks else {}
        return [
            self._made([(unit, _worth(unit, texts, scored if checks else None)) for unit, texts in each])
            if isinstance(each, list)
            else each
            for each in found
        ]

    def _candidates(self, row: StepRow) -> list[tuple[Scored, list[Candidate]]] | Rejected | Failed:
        """Each segment once, with its candidates."""
        try:
            evidence = evidence_of(row.data)
            outcome = outcome_of(row.data, evidence)
        except DataError as error:
            return Failed(error.reason, error.field)
        if evidence["status"] != "accepted":
            return Rejected("the row was not accepted")
        segments = {segment.source: (number, segment) for number, segment in enumerate(outcome.segments)}
        return [(segment, _of(evidence, number, self.by)) for number, segment in segments.values()]

    def _made(self, segments: Sequence[tuple[Scored, Worth]]) -> Made:
        rows, counts = list[dict[str, Any]](), defaultdict[str, int](int)
        for unit, worth in segments:
            best, worst = max(worth, key=worth.__getitem__, default=""), min(worth, key=worth.__getitem__, default="")
            gap = worth[best] - worth[worst] if worth else 0.0
            counts["alone"] += len(worth) < 2
            if not gap or gap < self.min_gap:
                counts["without"] += 1
                continue
            rows.append(_row(unit, best, worst, worth))
        return Made(rows, counts={"pairs": len(rows), **counts})


def _of(evidence: Evidence, number: int, by: str) -> list[Candidate]:
    """What the evidence holds of candidates of a segment: those of one model, or of the engines that were asked."""
    own = [Candidate(text, None if by else score) for text, score in evidence["segments"][number].get("candidates", ())]
    for each in evidence.get("candidates", ()):
        if len(each["targets"]) == len(evidence["segments"]) and (text := each["targets"][number]) is not None:
            own.append(Candidate(text, _at(each["scores"].get(by, []), number, evidence)))
    return own


def _at(scores: Sequence[float | None], number: int, evidence: Evidence) -> float | None:
    """The score of a segment, of its field where fields were scored, or of the row."""
    segments, fields = evidence["segments"], evidence["fields"]
    place = {len(segments): number, len(fields): segments[number]["field"], 1: 0}
    return scores[place[len(scores)]] if len(scores) in place else None


def _units(segment: Scored, candidates: Sequence[Candidate]) -> list[Scored]:
    return [Scored(segment.source, each.text, segment.pair, role=segment.role) for each in candidates]


def _means(checks: Sequence[Filter], units: Sequence[Scored]) -> dict[Scored, float]:
    """Of each unit the mean over the scorers; those that one of them does not cover have none."""
    ratings = zip(*(check.score(units) for check in checks), strict=True)
    scores = [[rating.score for rating in each] for each in ratings]
    return {
        unit: math.fsum(known) / len(checks)
        for unit, each in zip(units, scores, strict=True)
        if len(known := [score for score in each if score is not None]) == len(checks)
    }


def _worth(segment: Scored, candidates: Sequence[Candidate], scored: Mapping[Scored, float] | None) -> Worth:
    told = zip(candidates, _units(segment, candidates), strict=True)
    found = [(each.text, each.score if scored is None else scored.get(unit)) for each, unit in told]
    return {text: round(score, 4) for text, score in found if score is not None}


def _row(unit: Scored, best: str, worst: str, worth: Worth) -> dict[str, Any]:
    source, target = unit.pair.source, unit.pair.target
    return {
        "prompt": f"Translate this from {source.name} to {target.name}:\n{source.name}: {unit.source}\n{target.name}:",
        "source": unit.source,
        "chosen": best,
        "rejected": worst,
        "chosen_score": worth[best],
        "rejected_score": worth[worst],
        "language": target.bcp47,
        "prompt_language": source.bcp47,
        "response_language": target.bcp47,
        "margin": round(worth[best] - worth[worst], 4),
    }
