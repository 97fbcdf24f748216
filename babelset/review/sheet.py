"""
The review as a sheet: a line for each segment, for reviewers who have nothing but a spreadsheet.

A reviewer fills in correction, verdict, reason and reviewer. Whatever cell still has what was written there means what
it meant then, so that a program that changes line ends, as all do, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.files import formulas
from babelset.review.record import Decision, Item, ItemField, SegmentPart, segments_of
from babelset.review.store import Store

COLUMNS = (
    "id", "place", "language", "field", "segment", "source", "target", "correction", "verdict", "reason", "reviewer",
    "version",
)  # fmt: skip
CHOICES = ("accept", "reject", "correct")
LONGEST = 32_767  # UTF-16 units in a cell of Excel, which cuts off the rest without a word
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in no XML, so in no XLSX
ENDS = re.compile("\r\n?")
TEXTS = frozenset({"source", "target", "correction", "reason", "reviewer"})
NUMBER = re.compile(  # or a date in any language, or a truth
    r"'*\s*(?:(?=.{1,25}\s*\Z)(?:\d|.*\d\s*\Z)|(?:true|false)\s*\Z)", re.IGNORECASE | re.DOTALL
)
WHOLE: ItemField = {"name": "", "role": "", "parts": []}  # of a row without segments


def told(text: str) -> str:
    """The text, or what a cell says in place of one that it cannot hold."""
    size = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if size > LONGEST:
        return f"[babelset: {size:,} characters do not fit into a cell; correct this with babelset review]"
    if UNFIT.search(text):
        return "[babelset: control characters do not fit into a cell; correct this with babelset review]"
    return text


def safe(column: str, text: str) -> str:
    """
    Behind an apostrophe what a spreadsheet might take for a formula, a number or a date.

    >>> safe("source", "=1+1")
    "'=1+1"
    """
    return f"'{text}" if _guessed(column, text) else text


def plain(column: str, text: str) -> str:
    """The text that `safe` was given."""
    return text[1:] if text.startswith("'") and _guessed(column, text) else text


def _guessed(column: str, text: str) -> bool:
    return bool(formulas.START.match(text) or (column in TEXTS and NUMBER.match(text)))


def alike(cell: str, other: str) -> bool:
    """Whether a cell has the other text, but for line ends, and the apostrophe that CSV leaves where it became XLSX."""
    return any(ENDS.sub("\n", text) == ENDS.sub("\n", other) for text in (cell, plain("source", cell)))


def lines(item: Item, decision: Decision | None) -> Iterator[dict[str, str]]:
    """The lines of an item; what was said of the whole row stands in the first."""
    parts: list[tuple[ItemField, SegmentPart | None]] = [*segments_of(item)] or [(WHOLE, None)]
    targets = decision["targets"] if decision else {}
    for number, (place, part) in enumerate(parts):
        first = decision if number == 0 and decision and decision["verdict"] != "open" else None
        cells = {
            "id": f"#{item['id']}",  # no spreadsheet takes it for a number
            "place": f"{item['run']} {item['place']}",
            "language": f"{item['target_name']} ({item['target']})",
            "field": place["name"],
            "segment": str(part["segment"]) if part else "",
            "source": part["source"] if part else "",
            "target": (part["target"] or "") if part else "",
            "correction": targets.get(str(part["segment"]), "") if part else "",
            "verdict": first["verdict"] if first else "",
            "reason": first["reason"] if first else "",
            "reviewer": first["reviewer"] if first else "",
            "version": str(decision["version"] if decision else 0),
        }
        yield {name: told(text) for name, text in cells.items()}


def all_lines(store: Store) -> Iterator[tuple[Item, dict[str, str]]]:
    """The lines of all items, with their newest decisions."""
    for item in store.items():
        yield from ((item, cells) for cells in lines(item, store.decision(item["id"])))
