"""
What happens to a chunk of rows: parse, translate, rebuild, score, decide.

The three steps are separate so that a run can parse the next chunk and score the last one while the engine
translates. A worker holds no state of the run: a local loop, a cluster job or a Ray actor can drive it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Protocol, TypeVar

from babelset.contracts.accounted import accounted, kept_whole
from babelset.contracts.evidence import KEY, Evidence, add_marks, segment_evidence, verdict_evidence, whole_row
from babelset.contracts.filter import Filter, Marks, Outcome, Rater, Scored, Verdict
from babelset.contracts.schema import Schema
from babelset.contracts.shape import Field
from babelset.contracts.translator import Translation
from babelset.errors import DataError
from babelset.files.lossless import dumps
from babelset.files.row import BadRow, Row
from babelset.languages import Pair
from babelset.text.document import Keep, Span, parse
from babelset.text.segment import Context, Segment, rebuild, restore, split, whole
from babelset.translation.ladder import Answer, Ladder, expect_one_each

C = TypeVar("C")  # a chunk of rows on its way
T = TypeVar("T")  # what was made of it by translation
Entry = dict[str, Any]  # {"status": "accepted" | "rejected" | "failed", "data": row or ledger line}
CHUNK = 256  # rows
EXCERPT = 2000  # characters of an unreadable row that the ledger shows


@dataclass(frozen=True, slots=True)
class ParseOptions:
    reasoning: bool = False
    comments: bool = False
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Spanned:
    """One row taken apart, the same for every translator: each field as prose and kept spans."""

    row: Row
    fields: list[tuple[Field, list[Span]]]


ParsedField = tuple[Field, tuple[str, ...], list[str | Segment]]


@dataclass(slots=True)
class Parsed:
    """One row on its way: each field with its keeps and its parts, verbatim strings and segments."""

    row: Row
    fields: list[ParsedField]

    def segments(self) -> Iterator[Segment]:
        for _, _, parts in self.distinct():
            yield from (part for part in parts if isinstance(part, Segment))

    def distinct(self) -> list[ParsedField]:
        """Its fields, of those with the same text the first: equal texts are translated once, and come out equal."""
        first: dict[str, ParsedField] = {}
        for parsed in self.fields:
            first.setdefault(parsed[0].text, parsed)
        return list(first.values())


class Steps(Protocol[C, T]):
    """The steps that a run takes with each chunk; `translate` is called by as many threads as `parallel` says."""

    @property
    def ladders(self) -> Mapping[str, Ladder]: ...

    @property
    def parallel(self) -> int: ...

    @property
    def chunk(self) -> int:
        """Rows that are best given at a time."""

    def parse(self, rows: Sequence[Row | BadRow], /) -> C: ...

    def translate(self, chunk: C, /) -> T: ...

    def decide(self, chunk: C, translated: T, /) -> list[Entry]: ...


@dataclass(frozen=True, slots=True)
class Worker:
    pair: Pair
    schema: Schema
    ladder: Ladder
    filters: Sequence[Filter]
    options: ParseOptions = ParseOptions()

    @property
    def ladders(self) -> Mapping[str, Ladder]:
        return {"": self.ladder}

    @property
    def parallel(self) -> int:
        return self.ladder.contextual.parallel if self.ladder.contextual else 1

    @property
    def chunk(self) -> int:
        return self.ladder.contextual.chunk if self.ladder.contextual else CHUNK

    def parse(self, rows: Sequence[Row | BadRow]) -> list[Parsed | Entry]:
        spanned = map(self.spanned, rows)
        return [self.parsed(row) if isinstance(row, Spanned) else row for row in spanned]

    def translate(self, chunk: Sequence[Parsed | Entry]) -> list[Answer]:
        """One answer for each segment of the chunk, in reading order."""
        segments = [segment for row in chunk if isinstance(row, Parsed) for segment in row.segments()]
        return self.ladder.translate(segments, self.pair)

    def decide(self, chunk: Sequence[Parsed | Entry], answers: Sequence[Answer]) -> list[Entry]:
        stream = iter(answers)
        rows = [(item, self._outcome(item, stream)) for item in chunk if isinstance(item, Parsed)]
        for (_, outcome), marks in zip(rows, score(self.filters, [outcome for _, outcome in rows]), strict=True):
            outcome.marks = marks
        entries = iter([self._entry(parsed, outcome) for parsed, outcome in rows])
        return [next(entries) if isinstance(item, Parsed) else item for item in chunk]

    def spanned(self, row: Row | BadRow) -> Spanned | Entry:
        if isinstance(row, BadRow):
            return failed(row)
        try:
            fields = self.schema.fields(row.data)
        except DataError as error:
            where = f"{error.field}: " if error.field else ""
            raw = dumps(row.data)[:EXCERPT]
            return failed(BadRow(row.number, row.file, row.line, where + error.reason, raw))
        return Spanned(row, [(field, self._spans(field)) for field in fields])

    def parsed(self, row: Spanned) -> Parsed:
        """The row in segments as the translator takes them."""
        parsed = Parsed(row.row, [self._parse_field(field, spans) for field, spans in row.fields])
        return in_context(parsed) if self.ladder.contextual else parsed

    def _spans(self, field: Field | Scored) -> list[Span]:
        options = self.options
        text = field.text if isinstance(field, Field) else field.source
        return parse(text, reasoning=options.reasoning, comments=options.comments, numbers=options.numbers)

    def _parse_field(self, field: Field, spans: list[Span]) -> ParsedField:
        keeps = tuple(span.text for span in spans if isinstance(span, Keep))
        limit = self.ladder.translator.limit
        if self.ladder.documents:
            return field, keeps, whole(spans, limit)
        return field, keeps, split(spans, self.pair.source.bcp47, limit)

    def _outcome(self, parsed: Parsed, answers: Iterator[Answer]) -> Outcome:
        segments: list[Scored] = []
        fields: list[Scored] = []
        texts: dict[tuple[str | int, ...], str | None] = {}
        made: dict[str, list[Scored]] = {}
        for field, keeps, parts in parsed.fields:
            if field.text not in made:
                made[field.text] = [
                    self._scored(part, next(answers), field) for part in parts if isinstance(part, Segment)
                ]
            own = [replace(scored, field=field.name, role=field.role) for scored in made[field.text]]
            targets = [scored.target for scored in own if scored.target is not None]
            target = rebuild(parts, targets) if len(targets) == len(own) else None
            texts[field.path] = target
            segments += own
            fields.append(Scored(field.text, target, self.pair, field.name, field.role, keeps))
        data = self.schema.replace(parsed.row.data, texts, self.pair.target, self.pair.source)
        return Outcome(segments, fields, whole_row(segments, self.pair), data)

    def _scored(self, segment: Segment, answer: Answer, field: Field) -> Scored:
        unit = Scored(segment.source, None, self.pair, field.name, field.role, segment.keeps)
        if not isinstance(answer, Translation):
            return replace(unit, reason=answer.reason)
        target = restore(answer.text, segment.keeps)
        candidates = tuple((restore(text, segment.keeps), score) for text, score in answer.candidates)
        return replace(unit, target=target, flags=answer.flags, candidates=candidates)

    def _entry(self, parsed: Parsed, outcome: Outcome) -> Entry:
        found = self.schema.look(parsed.row.data)
        verdicts = [*judge(self.filters, outcome), *accounted(found, outcome)]
        status = "accepted" if all(verdict.ok for verdict in verdicts) else "rejected"
        index = {field.name: number for number, (field, _, _) in enumerate(parsed.fields)}
        evidence: Evidence = {
            "row": parsed.row.number,
            "file": parsed.row.file,
            "line": parsed.row.line,
            "status": status,
            "schema": self.schema.name,
            "source": self.pair.source.code,
            "target": self.pair.target.code,
            "translator": self.ladder.signature,
            "fields": [
                {"path": list(field.path), "role": field.role, "source": field.text, "keeps": list(keeps)}
                for field, keeps, _ in parsed.fields
            ],
            "segments": [segment_evidence(segment, index[segment.field]) for segment in outcome.segments],
            "scores": {},
            "verdicts": [verdict_evidence(verdict) for verdict in verdicts],
        }
        if left := {**found.left, **kept_whole(outcome, self._spans)}:
            evidence["left"] = left
        if parsed.row.note:
            evidence["input_note"] = parsed.row.note
        add_marks(evidence, outcome.marks)
        return {"status": status, "data": {**outcome.data, KEY: evidence}}


def in_context(parsed: Parsed) -> Parsed:
    """The same row, each segment told its role, its place and the row around it."""
    roles = [(field.role, part) for field, _, parts in parsed.distinct() for part in parts if isinstance(part, Segment)]
    context = Context.of((role, segment.text) for role, segment in roles)
    places = count()
    fields: list[ParsedField] = []
    for field, keeps, parts in parsed.distinct():
        placed = [
            replace(part, role=field.role, context=context, at=next(places)) if isinstance(part, Segment) else part
            for part in parts
        ]
        fields.append((field, keeps, placed))
    made = {field.text: parts for field, _, parts in fields}
    return Parsed(parsed.row, [(field, keeps, made[field.text]) for field, keeps, _ in parsed.fields])


def score(filters: Sequence[Filter], outcomes: Sequence[Outcome]) -> list[Marks]:
    """For each outcome, the scores of every filter over its own units; one call of a filter for all rows."""
    found = [Marks() for _ in outcomes]
    for check in filters:
        units = [outcome.units(check.unit) for outcome in outcomes]
        sent = [unit for row in units for unit in row]
        columns, notes = _columns(check, sent)
        expect_one_each(f"the filter {check.name!r}", sent, columns[check.name])
        end = 0
        for row, marks in zip(units, found, strict=True):
            start, end = end, end + len(row)
            marks.scores.update({name: [_rounded(value) for value in got[start:end]] for name, got in columns.items()})
            marks.notes.update({check.name: notes[start:end]} if any(notes[start:end]) else {})
    return found


def _columns(check: Filter, units: list[Scored]) -> tuple[dict[str, list[float | None]], list[str]]:
    """What a filter makes of the units, by column, and its notes."""
    if not isinstance(check, Rater):
        return {check.name: check.score(units)}, []
    ratings = check.rate(units)
    parts = {f"{check.name}.{part}": [rating.parts.get(part) for rating in ratings] for part in check.parts}
    return {check.name: [rating.score for rating in ratings], **parts}, [rating.note for rating in ratings]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def judge(filters: Sequence[Filter], outcome: Outcome) -> list[Verdict]:
    """What each filter decides from the row's marks."""
    return [check.judge(outcome, outcome.marks.scores[check.name]) for check in filters]


def failed(row: BadRow) -> Entry:
    """A line of the failed ledger."""
    return {
        "status": "failed",
        "data": {"row": row.number, "file": row.file, "line": row.line, "reason": row.reason, "raw": row.raw},
    }
