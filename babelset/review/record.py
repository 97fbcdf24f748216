"""What is reviewed, an `Item`, and what is said of it, a `Decision`: plain data, as it is stored and sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic cannot read the one of Python 3.11

from babelset.contracts.filter import shorten
from babelset.errors import BabelsetError, DataError

Verdict = Literal["accept", "reject", "correct", "open"]
Status = Literal["", "open", "accept", "reject", "correct"]
Sort = Literal["order", "worst", "place"]
VERDICTS: tuple[Verdict, ...] = ("accept", "reject", "correct", "open")


class SegmentPart(TypedDict):
    segment: int  # its number in the row, as in evidence["segments"]
    source: str
    target: str | None
    keeps: list[str]
    flags: list[str]
    reason: str
    notes: list[list[str]]  # check and what it says


class ItemField(TypedDict):
    name: str
    role: str
    parts: list[str | SegmentPart]  # in reading order; strings stand between the segments
    torn: NotRequired[bool]  # the parts are segments only: what stands between them is not known


class Item(TypedDict):
    """One row as it is shown; contract: babelset/review/item.py."""

    id: str
    number: int
    row: int
    place: str  # "alpaca.json:133"
    run: str
    status: str
    source: str  # FLORES-200 code
    target: str
    source_name: str
    target_name: str
    source_lang: str  # BCP-47 tag
    target_lang: str
    source_dir: str  # "ltr" or "rtl"
    target_dir: str
    kinds: list[str]  # "worst", "borderline", "random"
    scores: dict[str, float]  # of the row, by check
    quality: float | None  # the least of those that say how good it is
    reasons: list[list[str]]  # check and reason of each that failed
    engine: str
    fields: list[ItemField]
    alternatives: list[list[str]]  # label and text


class Summary(TypedDict):
    """A line of the list of items."""

    id: str
    number: int
    place: str
    run: str
    verdict: Verdict
    reviewer: str
    excerpt: str
    target: str
    kinds: list[str]


class Said(TypedDict):
    """What a reviewer says of an item; `targets` are those of the changed segments, by their number as text."""

    item: str
    verdict: Verdict
    reason: str
    targets: dict[str, str]
    reviewer: str


class Decision(Said):
    version: int
    at: str  # "2026-11-21T13:00:00Z"


class Conflict(BabelsetError):
    """Somebody else decided in between: `newest` is what they said."""

    def __init__(self, newest: Decision) -> None:
        self.newest = newest
        who, what = newest["reviewer"], newest["verdict"]
        super().__init__(f"item {newest['item']}: {who!r} said {what!r} in the meantime; look at it and decide again")


def segments_of(item: Item) -> Iterator[tuple[ItemField, SegmentPart]]:
    """Every segment in reading order, with the field that it stands in."""
    for field in item["fields"]:
        yield from ((field, part) for part in field["parts"] if not isinstance(part, str))


def check(said: Said, item: Item) -> None:
    """DataError for what cannot be said of the item."""
    segments = {str(part["segment"]): part["target"] for _, part in segments_of(item)}
    verdict, targets = said["verdict"], said["targets"]
    nobody = "" if said["reviewer"].strip() else "there is no reviewer; say who reviews"
    if reason := _against(verdict, targets, segments) or nobody:
        raise DataError(f"item {item['id']} ({item['place']}): {reason}")


def _against(verdict: str, targets: Mapping[str, str], segments: Mapping[str, str | None]) -> str:
    """Why the verdict is none for these segments, "" where it is one."""
    if verdict not in VERDICTS:
        return f"unknown verdict {shorten(verdict)}; known: {', '.join(VERDICTS)}"
    if unknown := [number for number in targets if number not in segments]:
        return f"it has no segment {shorten(unknown[0])}"
    if (verdict == "correct") != bool(targets):
        return f"the verdict is {verdict!r}, with {len(targets)} corrected segments"
    if blank := [number for number, target in targets.items() if not target.strip()]:
        return f"the corrected segment {blank[0]} is blank; correct or reject it"
    missing = [number for number, target in segments.items() if target is None and number not in targets]
    if missing and verdict in ("accept", "correct"):
        return f"segment {missing[0]} has no translation; correct it, or reject the row"
    return ""


def content(said: Said) -> Said:
    """What was said, without when."""
    return {
        "item": said["item"],
        "verdict": said["verdict"],
        "reason": said["reason"],
        "targets": dict(said["targets"]),
        "reviewer": said["reviewer"],
    }
