"""
A translated field taken apart again: verbatim strings and the numbers of its segments, in reading order.

>>> [field.parts for field in apart({"instruction": "# Hola\\n", ...}, evidence)]
[['# ', 0, '\\n']]

The source is cut as the run cut it, and the row's text must be the parts with the targets put in. Where no way of
cutting gives the stored segments, the first split that fits both texts is taken; where there is none the field is torn.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from babelset.contracts.evidence import Evidence, FieldEvidence, SegmentEvidence, value_at
from babelset.languages import find
from babelset.text.document import parse
from babelset.text.scan.blocks import THINK
from babelset.text.segment import HELD, PLACEHOLDER, Part, Segment, split, whole

ENDLESS = 1 << 30
SENTENCES, DOCUMENTS = (ENDLESS, 2000), (ENDLESS, 3600)  # the limits of translators, where anything is longer
HINTS = (THINK, re.compile(r"[^\w\s]"), re.compile(r"\d"))  # without them an option of `parse` changes nothing
EFFORT = 20  # characters looked at for each one of the texts before a search is given up


@dataclass(frozen=True, slots=True)
class Apart:
    """
    `parts` are strings and numbers of segments; of a torn field the numbers alone, for what is between is not known.

    `texts` are the sources of its segments as the translation memory knows them, kept texts as placeholder characters;
    None where they cannot be told apart.
    """

    parts: list[str | int]
    texts: Mapping[int, str | None]
    torn: bool = False

    def together(self, targets: Mapping[int, str]) -> str:
        """The field with these targets for its segments; not for a torn one."""
        return "".join(part if isinstance(part, str) else targets[part] for part in self.parts)


Own = dict[int, SegmentEvidence]  # the segments of a field by their numbers in the row


def apart(data: dict[str, Any], evidence: Evidence) -> list[Apart]:
    """Every field of a row."""
    return [
        one_apart(field, own, value_at(data, field["path"]), evidence["source"])
        for field, own in zip(evidence["fields"], owned(evidence), strict=True)
    ]


def owned(evidence: Evidence) -> list[Own]:
    found: list[Own] = [{} for _ in evidence["fields"]]
    for number, segment in enumerate(evidence["segments"]):
        found[segment["field"]][number] = segment
    return found


def one_apart(field: FieldEvidence, own: Own, value: Any, language: str) -> Apart:
    """A field that is `value` in the row now: blank or null where a segment has no target."""
    text = value if isinstance(value, str) and value else None
    targets = {number: target for number, segment in own.items() if (target := segment["target"]) is not None}
    source, segments = field["source"], list(own.values())
    parts = _as_cut(source, segments, find(language).bcp47)
    known = [part.text for part in parts if isinstance(part, Segment)]
    texts = dict(zip(own, known if parts else _all_masked(segments), strict=True))
    numbers = iter(own)
    placed = [part if isinstance(part, str) else next(numbers) for part in parts or _search(source, text, segments)]
    found = Apart(placed, texts)
    fits = placed and text == (found.together(targets) if len(targets) == len(own) else None)
    return found if fits else Apart(list(own), texts, torn=True)


def masked(text: str, keeps: Sequence[str]) -> str | None:
    """
    The text with a placeholder character for each kept text.

    >>> masked("Executa `ls` ara.", ["`ls`"])
    'Executa \\ue000 ara.'

    None where one is missing, stands there more often than it was kept, or where the text has such characters itself.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, keep in enumerate(keeps):
        places[keep].append(index)
    longest_first = sorted(places, key=len, reverse=True)
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if keeps else [text]
    if Counter(pieces[1::2]) != Counter(keeps) or any(HELD.search(piece) for piece in pieces[::2]):
        return None
    left = {keep: iter(indices) for keep, indices in places.items()}
    pieces[1::2] = [chr(PLACEHOLDER + next(left[keep])) for keep in pieces[1::2]]
    return "".join(pieces)


def _as_cut(source: str, segments: Sequence[SegmentEvidence], language: str) -> list[Part]:
    """The parts as the run had them; [] where it had others."""
    wanted = [(segment["source"], tuple(segment["keeps"])) for segment in segments]
    for parts in _ways(source, language):
        if [(part.source, part.keeps) for part in parts if isinstance(part, Segment)] == wanted:
            return parts
    return []


def _ways(source: str, language: str) -> Iterator[list[Part]]:
    """Every way that a run may cut a field, the usual ones first."""
    for reasoning, comments, numbers in product(
        *((False, True) if hint.search(source) else (False,) for hint in HINTS)
    ):
        spans = parse(source, reasoning=reasoning, comments=comments, numbers=numbers)
        yield from (split(spans, language, limit) for limit in SENTENCES if limit == ENDLESS or len(source) > limit)
        yield from (whole(spans, limit) for limit in DOCUMENTS if limit == ENDLESS or len(source) > limit)


def _all_masked(segments: Sequence[SegmentEvidence]) -> list[str | None]:
    return [masked(segment["source"], segment["keeps"]) for segment in segments]


def _search(source: str, target: str | None, segments: Sequence[SegmentEvidence]) -> list[Part]:
    """The first split whose strings stand in both texts; [] where there is none, or no end of looking for it."""
    parts, at, to = list[Part](), 0, 0
    effort = EFFORT * (len(source) + len(target or "") + 100)
    for segment in segments:
        text, new = segment["source"], segment["target"] or ""
        place = source.find(text, at)
        while target is not None and place >= 0 and not target.startswith(new, to + place - at):
            effort -= len(text) + len(new)
            place = source.find(text, place + 1) if effort > 0 else -1
        gap = source[at:place]
        if place < 0 or (target is not None and not target.startswith(gap, to)):
            return []
        parts += [gap, Segment(text)]
        at, to = place + len(text), to + len(gap) + len(new)
    return [part for part in [*parts, source[at:]] if part]
