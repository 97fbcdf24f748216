"""Answers into rows: put together, scored by every filter, and decided on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from babelset.contracts import expect_one_each
from babelset.contracts.evidence import Evidence, add_marks, segment_evidence, verdict_evidence, whole_row
from babelset.contracts.filter import Filter, Marks, Outcome, Scored, Verdict
from babelset.contracts.schema import Field, Schema
from babelset.contracts.translator import Translation
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.text.segment import Segment, rebuild, restore
from babelset.translation.ladder import Answer
from babelset.translation.parsing import Parsed
from babelset.work.journal import Entry


def decided(
    rows: Sequence[Parsed],
    answers: Sequence[Answer],
    schema: Schema,
    pair: Pair,
    filters: Sequence[Filter],
    signature: str,
) -> list[Entry]:
    """The entry of each row; `answers` has one for each segment of all rows, in reading order."""
    stream = iter(answers)
    outcomes = [_outcome(row, stream, schema, pair) for row in rows]
    for outcome, marks in zip(outcomes, score(filters, outcomes), strict=True):
        outcome.marks = marks
    return [
        _entry(row, outcome, judge(filters, outcome), schema, pair, signature)
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


def score(filters: Sequence[Filter], outcomes: Sequence[Outcome]) -> list[Marks]:
    """For each outcome, the scores of every filter over its own units; one call of a filter for all rows."""
    found = [Marks() for _ in outcomes]
    for check in filters:
        units = [outcome.units(check.unit) for outcome in outcomes]
        sent = [unit for row in units for unit in row]
        ratings = check.score(sent)
        expect_one_each(f"the filter {check.name!r}", sent, ratings)
        stream = iter(ratings)
        for row, marks in zip(units, found, strict=True):
            marks.put(check, list(islice(stream, len(row))))
    return found


def judge(filters: Sequence[Filter], outcome: Outcome) -> list[Verdict]:
    """What each filter decides from the row's marks."""
    return [check.judge(outcome.ratings(check)) for check in filters]


def _outcome(row: Parsed, answers: Iterator[Answer], schema: Schema, pair: Pair) -> Outcome:
    segments: list[Scored] = []
    fields: list[Scored] = []
    texts: dict[tuple[str | int, ...], str | None] = {}
    for field, keeps, parts in row.fields:
        own = [_scored(part, next(answers), field, pair) for part in parts if isinstance(part, Segment)]
        targets = [scored.target for scored in own if scored.target is not None]
        target = rebuild(parts, targets) if len(targets) == len(own) else None
        texts[field.path] = target
        segments += own
        fields.append(Scored(field.text, target, pair, field.name, field.role, keeps))
    return Outcome(segments, fields, whole_row(segments, pair), schema.replace(row.row.data, texts, pair.target))


def _scored(segment: Segment, answer: Answer, field: Field, pair: Pair) -> Scored:
    unit = Scored(segment.source, None, pair, field.name, field.role, segment.keeps)
    if not isinstance(answer, Translation):
        return replace(unit, reason=answer.reason)
    target = restore(answer.text, segment.keeps)
    candidates = tuple((restore(text, segment.keeps), score) for text, score in answer.candidates)
    return replace(unit, target=target, flags=answer.flags, candidates=candidates)


def _entry(
    row: Parsed, outcome: Outcome, verdicts: Sequence[Verdict], schema: Schema, pair: Pair, signature: str
) -> Entry:
    status = "accepted" if all(verdict.ok for verdict in verdicts) else "rejected"
    index = {field.name: number for number, (field, _, _) in enumerate(row.fields)}
    evidence: Evidence = {
        "row": row.row.number,
        "file": row.row.file,
        "line": row.row.line,
        "status": status,
        "schema": schema.name,
        "source": pair.source.code,
        "target": pair.target.code,
        "translator": signature,
        "fields": [
            {"path": list(field.path), "role": field.role, "source": field.text, "keeps": list(keeps)}
            for field, keeps, _ in row.fields
        ],
        "segments": [segment_evidence(segment, index[segment.field]) for segment in outcome.segments],
        "scores": {},
        "verdicts": [verdict_evidence(verdict) for verdict in verdicts],
    }
    add_marks(evidence, outcome.marks)
    return {"status": status, "data": {**outcome.data, KEY: evidence}}
