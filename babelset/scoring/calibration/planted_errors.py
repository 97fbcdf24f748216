"""
Errors planted into translations, to see whether a scorer tells them from what was there before.

Each kind is a function from the segments of a sample, which all have a target, to new targets; None where a segment
has no room for the error. Nothing but the `Random` that it is given decides what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from babelset.contracts.evidence import whole_row
from babelset.contracts.filter import Outcome, Scored

LOOPS = 10  # times that a translator running in circles says its last words again
LAST = 3  # words, or characters where there are no spaces
WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Sample:
    """Segments of one target language, and by source what `others`, the other target languages, make of it."""

    segments: Sequence[Scored]
    others: Mapping[str, str] = field(default_factory=dict)


Targets = list[str | None]
Kind = Callable[[Sample, Random], Targets]


def shuffled(sample: Sample, draw: Random) -> Targets:
    """The translation of another segment."""
    count = len(sample.segments)
    if count < 2:
        return [None] * count
    shift = draw.randrange(1, count)
    return [_target(sample.segments[(index + shift) % count]) for index in range(count)]


def dropped(sample: Sample, draw: Random) -> Targets:
    """A third of the words are gone."""

    def drop(pieces: list[str]) -> list[str]:
        gone = set(draw.sample(range(len(pieces)), len(pieces) // 3))
        return [piece for index, piece in enumerate(pieces) if index not in gone]

    return [_edited(segment, drop) for segment in sample.segments]


def wrong_language(sample: Sample, draw: Random) -> Targets:
    """A translation into another target language: of the same source where there is one."""
    pool = list(sample.others.values())
    return [sample.others.get(segment.source) or (draw.choice(pool) if pool else None) for segment in sample.segments]


def reversed_words(sample: Sample, draw: Random) -> Targets:
    """The words in reverse order."""
    return [_edited(segment, lambda pieces: pieces[::-1]) for segment in sample.segments]


def untranslated(sample: Sample, draw: Random) -> Targets:
    """The source again."""
    return [segment.source for segment in sample.segments]


def truncated(sample: Sample, draw: Random) -> Targets:
    """The first half."""
    return [_edited(segment, lambda pieces: pieces[: len(pieces) // 2]) for segment in sample.segments]


def repeated(sample: Sample, draw: Random) -> Targets:
    """The last words again and again."""
    return [_edited(segment, lambda pieces: pieces + pieces[-LAST:] * LOOPS) for segment in sample.segments]


KINDS: dict[str, Kind] = {
    "shuffled": shuffled,
    "dropped": dropped,
    "wrong language": wrong_language,
    "reversed": reversed_words,
    "untranslated": untranslated,
    "truncated": truncated,
    "repeated": repeated,
}


def plant(kind: str, rows: Sequence[Outcome], others: Mapping[str, str], seed: int) -> dict[int, Outcome]:
    """
    The rows with the error in every segment that has room for it, by index; those without any room are left out.

    >>> plant("untranslated", rows, {}, seed=20)[0].segments[0].target == rows[0].segments[0].source
    True
    """
    sample = Sample([segment for row in rows for segment in row.segments], others)
    targets = iter(KINDS[kind](sample, Random(f"{kind} {seed}")))
    made: dict[int, Outcome] = {}
    for index, row in enumerate(rows):
        own = [next(targets) for _ in row.segments]
        if any(target not in (None, segment.target) for target, segment in zip(own, row.segments, strict=True)):
            made[index] = with_targets(row, own)
    return made


def with_targets(row: Outcome, targets: Sequence[str | None]) -> Outcome:
    """The row with other targets for its segments, None for the same, and so in its fields and as a whole."""
    told = zip(row.segments, targets, strict=True)
    segments = [old if new is None else replace(old, target=new) for old, new in told]
    fields = [_field(unit, row.segments, segments) for unit in row.fields]
    return Outcome(segments, fields, whole_row(segments, row.row.pair), row.data)


def _field(unit: Scored, old: Sequence[Scored], new: Sequence[Scored]) -> Scored:
    """The field with the new text in the place of each old one: segments stand in it one after the other."""
    text, parts, at = unit.target or "", [], 0
    for before, after in zip(old, new, strict=True):
        if before.field != unit.field:
            continue
        if (found := text.find(_target(before), at)) < 0:
            break  # the field was changed since; looking on for every segment could take forever
        parts += [text[at:found], _target(after)]
        at = found + len(_target(before))
    return replace(unit, target="".join([*parts, text[at:]]))


def _target(segment: Scored) -> str:
    return segment.target or ""


def _edited(segment: Scored, edit: Callable[[list[str]], list[str]]) -> str | None:
    """The target with its words edited, or its characters where there are fewer than three words."""
    text = _target(segment).strip()
    pieces = WORD.findall(text + " ")
    if len(pieces) < LAST:
        pieces = list(text)
    edited = "".join(edit(pieces)).strip() if len(pieces) >= LAST else text
    return None if edited == text else edited
