"""One row taken apart: its fields as prose and kept spans, and these as segments that a translator takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from babelset.contracts.schema import Schema
from babelset.contracts.shape import Field, Look
from babelset.errors import DataError
from babelset.files.lossless import dumps
from babelset.files.row import BadRow, Row, excerpt
from babelset.languages import Pair
from babelset.text.document import Keep, Prose, Span, parse
from babelset.text.segment import Context, Segment, split, whole
from babelset.translation.ladder import Ladder
from babelset.work.journal import Entry


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What of a text is translated besides its prose, or kept besides its code."""

    reasoning: bool = False
    comments: bool = False
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Spanned:
    """A row whose fields are prose and kept spans, the same for every translator."""

    row: Row
    look: Look
    fields: list[tuple[Field, list[Span]]]


ParsedField = tuple[Field, tuple[str, ...], list[str | Segment]]


@dataclass(slots=True)
class Parsed:
    """A row as one translator takes it: each field with its keeps and its parts, verbatim strings and segments."""

    row: Row
    look: Look
    fields: list[ParsedField]

    def distinct(self) -> Iterator[ParsedField]:
        """The fields without those whose text another one before them has."""
        seen: set[str] = set()
        for item in self.fields:
            if item[0].text not in seen:
                seen.add(item[0].text)
                yield item

    def segments(self) -> Iterator[Segment]:
        for _, _, parts in self.distinct():
            yield from (part for part in parts if isinstance(part, Segment))


def spanned(row: Row | BadRow, schema: Schema, options: ParseOptions) -> Spanned | Entry:
    """The row taken apart; an entry of the failed ledger where it cannot be."""
    if isinstance(row, BadRow):
        return failed(row)
    try:
        look = schema.look(row.data)
        fields = schema.taken(row.data, look)
    except DataError as error:
        where = f"{error.field}: " if error.field else ""
        return failed(BadRow(row.number, row.file, row.line, where + error.reason, excerpt(dumps(row.data))))
    return Spanned(row, look, [(field, spans_of(field.text, options, schema.marks)) for field in fields])


def failed(row: BadRow) -> Entry:
    """A line of the failed ledger."""
    data = {"row": row.number, "file": row.file, "line": row.line, "reason": row.reason, "raw": row.raw}
    return {"status": "failed", "data": data}


def parsed(row: Spanned, ladder: Ladder, pair: Pair) -> Parsed:
    """The row in segments as the translator takes them: sentences, or whole fields."""
    fields = []
    for field, spans in row.fields:
        keeps = tuple(span.text for span in spans if isinstance(span, Keep))
        limit = ladder.translator.limit
        parts = whole(spans, limit) if ladder.translator.documents else split(spans, pair.source.bcp47, limit)
        fields.append((field, keeps, parts))
    found = Parsed(row.row, row.look, fields)
    return _in_context(found) if ladder.translator.reads_rows else found


def spans_of(text: str, options: ParseOptions, marks: Sequence[str] = ()) -> list[Span]:
    """The spans of a text; `marks` are literals that a schema keeps."""
    spans = parse(text, reasoning=options.reasoning, comments=options.comments, numbers=options.numbers)
    if not any(mark in text for mark in marks):
        return spans
    return [part for span in spans for part in (_parted(span, marks) if isinstance(span, Prose) else (span,))]


def _parted(prose: Prose, marks: Sequence[str]) -> Iterator[Span]:
    known = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
    for at, text in enumerate(re.split(f"({known})", prose.text)):
        if text:
            yield Keep(text, "mark") if at % 2 else Prose(text)


def _in_context(row: Parsed) -> Parsed:
    """The same row, each segment told its role, its place and the row around it."""
    roles = [(field.role, part) for field, _, parts in row.distinct() for part in parts if isinstance(part, Segment)]
    context = Context.of((role, segment.text) for role, segment in roles)
    places = count()
    made: dict[str, list[str | Segment]] = {}
    for field, _, parts in row.distinct():
        made[field.text] = [
            replace(part, role=field.role, context=context, at=next(places)) if isinstance(part, Segment) else part
            for part in parts
        ]
    return Parsed(row.row, row.look, [(field, keeps, made[field.text]) for field, keeps, _ in row.fields])
