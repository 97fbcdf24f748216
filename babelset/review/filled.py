"""What a sheet says that a reviewer has filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from babelset.contracts.filter import shorten
from babelset.errors import DataError
from babelset.review.proposal import Proposal
from babelset.review.record import Decision, Item, Said, Verdict, segments_of
from babelset.review.sheet import CHOICES, alike, lines, told
from babelset.review.store import Store

NEEDED = ("id", "segment", "source", "correction", "verdict")
Cells = Mapping[str, str]


def check_columns(columns: list[str], file: str) -> None:
    if missing := [name for name in NEEDED if name not in columns]:
        raise DataError(f"no column {missing[0]!r} in the first line; do not change the names there", file=file, line=1)


def proposals(
    store: Store, file: str, rows: Iterable[tuple[int, Cells]], reviewer: str
) -> Iterator[Proposal | DataError | None]:
    """
    What the lines say of each item, wherever in the sheet they stand; None of one about which they say nothing.

    `reviewer` is who filled in the lines that name nobody, or still the one who decided before.
    """
    found: dict[str, list[tuple[int, Cells]]] = {}
    for line, cells in rows:
        found.setdefault(cells["id"].strip().lstrip("'#"), []).append((line, cells))
    for id, own in found.items():
        try:
            yield _proposal(store, file, id, own, reviewer)
        except DataError as error:
            yield error


def _proposal(store: Store, file: str, id: str, own: list[tuple[int, Cells]], reviewer: str) -> Proposal | None:
    line, cells = own[0]
    if (item := store.get(id)) is None:
        reason = f"unknown id {shorten(id)}; this is the sheet of another review, or it was changed"
        raise DataError(reason, file=file, line=line)
    version = int(made) if (made := cells.get("version", "").strip()).isdecimal() else None
    filled = _Filled(file, line, item, store.decision(id, version), version)
    for number, each in own:
        filled.read(number, each)
    said = filled.said(reviewer)
    return said and Proposal(line, said, version)


@dataclass
class _Filled:
    """The lines of one item. `old` is the decision that they were made from, of `version` where the sheet tells."""

    file: str
    line: int
    item: Item
    old: Decision | None
    version: int | None
    targets: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)  # each with the line that it stands in
    reasons: dict[str, int] = field(default_factory=dict)
    reviewers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.targets = dict(self.old["targets"]) if self.old else {}
        self.left = {cells["segment"]: cells for cells in lines(self.item, self.old)}
        parts = [part for _, part in segments_of(self.item)]
        texts = {str(part["segment"]): (part["source"], part["target"] or "") for part in parts}
        self.locked = {number for number, pair in texts.items() if any(told(text) != text for text in pair)}

    def read(self, line: int, cells: Cells) -> None:
        segment = cells["segment"].strip()
        expected = self.left.pop(segment, None)
        if expected is None:
            raise self._wrong(line, f"segment {shorten(segment)} is unknown, or is there twice; change no numbers")
        if not alike(cells["source"], expected["source"]):
            advice = "change corrections only; where a spreadsheet took it for a date or a number, use .xlsx"
            raise self._wrong(line, f"the source is not what it was, {shorten(expected['source'])}; {advice}")
        self._correct(line, segment, cells["correction"], expected)
        if (verdict := cells["verdict"].strip().casefold()) not in ("", *CHOICES):
            raise self._wrong(line, f"unknown verdict {shorten(verdict)}; say {', '.join(CHOICES)}, or nothing")
        texts = (verdict, self._told(cells, expected, "reason"), self._told(cells, expected, "reviewer"))
        for found, text in zip((self.verdicts, self.reasons, self.reviewers), texts, strict=True):
            if text:
                found.setdefault(text, line)

    def _told(self, cells: Cells, expected: Cells, name: Literal["reason", "reviewer"]) -> str:
        text = cells.get(name, "")
        return self.old[name] if self.old and expected[name] and alike(text, expected[name]) else text.strip()

    def _correct(self, line: int, segment: str, text: str, expected: Cells) -> None:
        if alike(text, expected["correction"]):
            return
        if not text.strip() or alike(text, expected["target"]):
            self.targets.pop(segment, None)
        elif segment in self.locked or not segment:
            raise self._wrong(line, "this cannot be corrected in a sheet, as its cells say; use babelset review")
        else:
            self.targets[segment] = text.strip()

    def said(self, reviewer: str) -> Said | None:
        """What all lines say together; "open" where they no longer say what they did."""
        if len(self.reviewers) > 1:
            raise self._wrong(max(self.reviewers.values()), f"two reviewers of one row: {', '.join(self.reviewers)}")
        verdict = self._verdict()
        if verdict is None:
            return None
        who = next(iter(self.reviewers), "")
        if reviewer and (not who or (self.old and who == self.old["reviewer"])):
            who = reviewer
        reason = "" if verdict == "open" else "; ".join(self.reasons)
        return {"item": self.item["id"], "verdict": verdict, "reason": reason, "targets": self.targets, "reviewer": who}

    def _verdict(self) -> Verdict | None:
        said, last = set(self.verdicts), max(self.verdicts.values(), default=self.line)
        was = self.old["verdict"] if self.old else "open"
        if self.targets:
            if "reject" in said or (said == {"accept"} and was == "correct"):
                raise self._wrong(
                    last, "the row has corrections, which go with 'correct' only; clear them, or the verdict"
                )
            return "correct"
        if said == {"correct"}:
            raise self._wrong(last, "the verdict is 'correct', but nothing is corrected")
        if len(said) > 1:
            raise self._wrong(last, f"the row has two verdicts: {', '.join(self.verdicts)}")
        if not said and self.reasons:
            raise self._wrong(max(self.reasons.values()), "there is a reason, but no verdict")
        if not said:
            return "open" if self.version and was != "open" else None
        return "accept" if said == {"accept"} else "reject"

    def _wrong(self, line: int, reason: str) -> DataError:
        return DataError(reason, file=self.file, line=line)
