"""What is shown of one translated row, and how it is known again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from math import isfinite
from pathlib import PurePath
from typing import Any

import xxhash

from babelset.contracts.evidence import Evidence, FieldEvidence, path_name, value_at
from babelset.files.lossless import dumps
from babelset.languages import find
from babelset.report.sample import ALTERNATIVES
from babelset.review.apart import Apart, apart
from babelset.review.record import Item, ItemField, SegmentPart
from babelset.scoring.selection import value_of


def id_of(data: dict[str, Any], evidence: Evidence) -> str:
    """
    64-bit xxh3 of where the row came from, its texts, and what they are translated as.

    A row that was translated anew is another item: nobody has reviewed it yet.
    """
    texts = [[field["source"], value_at(data, field["path"])] for field in evidence["fields"]]
    told = dumps([evidence["file"], evidence["row"], evidence["target"], len(evidence["segments"]), texts])
    return xxhash.xxh3_64_hexdigest(told.encode())


def place_of(evidence: Evidence) -> str:
    """As a report has it: alpaca.json:133."""
    return f"{PurePath(evidence['file']).name[-80:]}:{evidence['line']}"


def item_of(
    data: dict[str, Any], evidence: Evidence, run: str, quality: Collection[str], kinds: Sequence[str] = ()
) -> Item:
    """The row as an item, its number not yet given; `quality` names the scores that say how good a row is."""
    source, target = find(evidence["source"]), find(evidence["target"])
    scores = {name: value for name in evidence["scores"] if (value := value_of(evidence, name)) is not None}
    scores = {name: value for name, value in scores.items() if isfinite(value)}
    return {
        "id": id_of(data, evidence),
        "number": 0,
        "row": evidence["row"],
        "place": place_of(evidence),
        "run": run,
        "status": evidence["status"],
        "source": source.code,
        "target": target.code,
        "source_name": source.name,
        "target_name": target.name,
        "source_lang": source.bcp47,
        "target_lang": target.bcp47,
        "source_dir": source.direction,
        "target_dir": target.direction,
        "kinds": list(kinds),
        "scores": scores,
        "quality": min((scores[name] for name in scores if name in quality), default=None),
        "reasons": [[verdict["check"], verdict["reason"]] for verdict in evidence["verdicts"] if not verdict["ok"]],
        "engine": evidence["route"]["kept"] if "route" in evidence else "",
        "fields": [
            _field(evidence, field, found)
            for field, found in zip(evidence["fields"], apart(data, evidence), strict=True)
        ],
        "alternatives": list(islice(_alternatives(evidence), ALTERNATIVES)),
    }


def _field(evidence: Evidence, field: FieldEvidence, found: Apart) -> ItemField:
    parts = [part if isinstance(part, str) else _segment(evidence, part) for part in found.parts]
    shown: ItemField = {"name": path_name(field["path"]), "role": field["role"], "parts": parts}
    return {**shown, "torn": True} if found.torn else shown


def _segment(evidence: Evidence, number: int) -> SegmentPart:
    segment = evidence["segments"][number]
    return {
        "segment": number,
        "source": segment["source"],
        "target": segment["target"],
        "keeps": segment["keeps"],
        "flags": segment["flags"],
        "reason": segment["reason"],
        "notes": [[check, note] for check, note in _notes(evidence, number) if note],
    }


def _notes(evidence: Evidence, number: int) -> Iterator[tuple[str, str]]:
    """What filters say of a segment: of itself, else of its field, else of the row."""
    for check, notes in evidence.get("notes", {}).items():
        if len(notes) == len(evidence["segments"]):
            yield check, notes[number]
        elif len(notes) == len(evidence["fields"]):
            yield check, notes[evidence["segments"][number]["field"]]
        elif len(notes) == 1:
            yield check, notes[0]


def _alternatives(evidence: Evidence) -> Iterator[list[str]]:
    """What other engines made of the row, then the other hypotheses for its segments."""
    kept = evidence["route"]["kept"] if "route" in evidence else ""
    for candidate in evidence.get("candidates", ()):
        if candidate["engine"] != kept:
            yield [candidate["engine"], " ".join(target or "" for target in candidate["targets"])]
    for number, segment in enumerate(evidence["segments"]):
        others = dict.fromkeys(text for text, _ in segment.get("candidates", ()))
        yield from ([f"hypothesis for segment {number}", text] for text in others if text != segment["target"])
