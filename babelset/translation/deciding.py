"""Answers into rows: put together, scored by every filter, and decided on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from babelset.contracts import expect_kind, expect_one_each
from babelset.contracts.accounted import accounted, kept_whole
from babelset.contracts.evidence import (
    Evidence,
    add_marks,
    carried,
    field_evidence,
    segment_evidence,
    verdict_evidence,
    whole_row,
)
from babelset.contracts.filter import RIGHT, Filter, Marks, Outcome, Rating, Scored, Verdict
from babelset.contracts.schema import Schema
from babelset.contracts.shape import Field
from babelset.contracts.translator import Translation
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.text.segment import Segment, rebuild, restore
from babelset.translation.ladder import Answer
from babelset.translation.parsing import Parsed, ParseOptions, spans_of
from babelset.work.journal import Entry


@dataclass(frozen=True, slots=True)
class Deciding:
    """What a run knows of all rows: their schema, languages, filters, and how their texts are parsed."""

    schema: Schema
    pair: Pair
    filters: Sequence[Filter]
    options: ParseOptions

    def entries(self, rows: Sequence[Parsed], answers: Sequence[Answer], signature: str) -> list[Entry]:
        """The entry of each row; `answers` has one for each segment of all rows, in reading order."""
        stream = iter(answers)
        outcomes = [self._outcome(row, stream) for row in rows]
        for outcome, marks in zip(outcomes, score(self.filters, outcomes), strict=True):
            outcome.marks = marks
        return [self._entry(row, outcome, signature) for row, outcome in zip(rows, outcomes, strict=True)]

    def _outcome(self, row: Parsed, answers: Iterator[Answer]) -> Outcome:
        segments: list[Scored] = []
        fields: list[Scored] = []
        texts: dict[tuple[str | int, ...], str | None] = {}
        made: dict[str, list[Scored]] = {}  # by text: equal texts come out equal
        for field, keeps, parts in row.fields:
            if field.text not in made:
                own = [part for part in parts if isinstance(part, Segment)]
                made[field.text] = [_scored(part, next(answers), field, self.pair) for part in own]
                units = made[field.text]
            else:
                units = [replace(unit, field=field.name, role=field.role) for unit in made[field.text]]
            targets = [unit.target for unit in units if unit.target is not None]
            target = rebuild(parts, targets) if len(targets) == len(units) else None
            texts[field.path] = target
            segments += units
            flags = (RIGHT,) if field.right else ()
            fields.append(Scored(field.text, target, self.pair, field.name, field.role, keeps, flags))
        data = self.schema.replace(row.row.data, texts, self.pair.target, self.pair.source, row.look)
        return Outcome(segments, fields, whole_row(segments, self.pair), data)

    def _entry(self, row: Parsed, outcome: Outcome, signature: str) -> Entry:
        broken = self.schema.broken(row.row.data, self.pair)
        verdicts = [*judge(self.filters, outcome), *accounted(row.look, outcome, broken)]
        status = "accepted" if all(verdict.ok for verdict in verdicts) else "rejected"
        index = {field.name: number for number, (field, _, _) in enumerate(row.fields)}
        evidence: Evidence = {
            "row": row.row.number,
            "file": row.row.file,
            "line": row.row.line,
            "status": status,
            "schema": self.schema.name,
            "source": self.pair.source.code,
            "target": self.pair.target.code,
            "translator": signature,
            "fields": [field_evidence(field, keeps) for field, keeps, _ in row.fields],
            "segments": [segment_evidence(segment, index[segment.field]) for segment in outcome.segments],
            "scores": {},
            "verdicts": [verdict_evidence(verdict) for verdict in verdicts],
        }
        if left := {**row.look.left, **kept_whole(outcome, lambda unit: spans_of(unit.source, self.options))}:
            evidence["left"] = left
        if row.row.note:
            evidence["input_note"] = row.row.note
        add_marks(evidence, outcome.marks)
        evidence.update(carried(row.row.data))  # type: ignore[typeddict-item]
        return {"status": status, "data": {**outcome.data, KEY: evidence}}


def score(filters: Sequence[Filter], outcomes: Sequence[Outcome]) -> list[Marks]:
    """For each outcome, the scores of every filter over its own units; one call of a filter for all rows."""
    found = [Marks() for _ in outcomes]
    for check in filters:
        units = [check.units(outcome) for outcome in outcomes]
        sent = [unit for row in units for unit in row]
        ratings = check.score(sent)
        expect_one_each(f"the filter {check.name!r}", sent, ratings, f"{check.unit}s")
        for rating in ratings:
            expect_kind(f"the filter {check.name!r}", rating, Rating)
        stream = iter(ratings)
        for row, marks in zip(units, found, strict=True):
            marks.put(check, list(islice(stream, len(row))))
    return found


def judge(filters: Sequence[Filter], outcome: Outcome) -> list[Verdict]:
    """What each filter decides from the row's marks."""
    verdicts = [check.judge(outcome.ratings(check)) for check in filters]
    for check, verdict in zip(filters, verdicts, strict=True):
        expect_kind(f"the filter {check.name!r}", verdict, Verdict)
    return verdicts


def _scored(segment: Segment, answer: Answer, field: Field, pair: Pair) -> Scored:
    source, keeps = segment.source, segment.keeps
    if not isinstance(answer, Translation):
        return Scored(source, None, pair, field.name, field.role, keeps, reason=answer.reason)
    candidates = tuple((restore(text, keeps), score) for text, score in answer.candidates)
    target = restore(answer.text, keeps)
    return Scored(source, target, pair, field.name, field.role, keeps, answer.flags, candidates=candidates)
