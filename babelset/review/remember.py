"""Corrections into translation memories, so that the next run knows what a person wrote for a segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import Evidence
from babelset.contracts.translator import Translation
from babelset.files.halves import HALF
from babelset.languages import Pair, find
from babelset.review.apart import apart, masked
from babelset.review.keeping import valid
from babelset.review.record import Decision
from babelset.text.segment import Segment
from babelset.work.memory import REVIEWED, Memory, reviewed_key_of


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected segment, its texts with placeholder characters; None where the memory cannot hold it."""

    memory: Path
    pair: Pair
    source: str | None
    target: str | None
    reviewer: str
    at: str


def corrections(data: dict[str, Any], evidence: Evidence, decision: Decision, memory: Path) -> Iterator[Correction]:
    """The corrected segments of a row as it was before."""
    pair = Pair(find(evidence["source"]), find(evidence["target"]))
    sources = {number: text for field in apart(data, evidence) for number, text in field.texts.items()}
    for number, text in decision["targets"].items():
        target = masked(text, evidence["segments"][int(number)]["keeps"])
        yield Correction(memory, pair, sources[int(number)], target, decision["reviewer"], decision["at"])


def remember(found: Sequence[Correction]) -> dict[str, int]:
    """
    Put them into their memories, the newest last; how many, and how many there was no place for.

    Of corrections of the same text the newest one stays. One that lost a kept text, or has it more often than its
    source, has no place: it could not be told what to put there in the next run.
    """
    counts = Counter[str]()
    ordered = sorted(found, key=lambda each: (str(each.memory), each.at))
    for path, group in groupby(ordered, key=lambda each: each.memory):
        with closing(Memory(path)) as memory:
            for (pair, by), same in groupby(group, key=lambda each: (each.pair, valid(each.reviewer))):
                entries = [_entry(each) for each in same]
                good = [entry for entry in entries if entry]
                memory.put(good, pair, f"review:{by}")
                counts.update({"remembered": len(good), "not remembered": len(entries) - len(good)})
    return {what: count for what, count in counts.items() if count}


def _entry(each: Correction) -> tuple[bytes, Segment, Translation] | None:
    if each.source is None or each.target is None or HALF.search(each.source + each.target):
        return None
    return reviewed_key_of(each.source, each.pair), Segment(each.source), Translation(each.target, (REVIEWED,))
