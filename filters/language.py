"""The translation is in the target language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten
from babelset.measures.language import TAKEN, Confidence, confidences

LINE = re.compile(rf"line (\d+) {TAKEN}(.+)")  # in a note, from 1: what the least sure line is taken for


class Language(Filter):
    """
    Reject a row that lingua takes for another language than the target, as a whole or in one long line of it.

    The score is lingua's confidence in the target, from 0 to 1, over all prose of the row, without names that the
    source has too where enough is left. The part `segments` is that in the least sure of its long lines, which the row
    as a whole would hide. Rows with fewer than `letters` letters, and languages that lingua does not know, are not
    judged.
    """

    name: ClassVar[str] = "language"
    unit: ClassVar[Unit] = "row"
    parts: ClassVar[tuple[str, ...]] = ("segments",)

    least: float = 0.3
    least_segment: float = 0.01  # what the least sure long line must reach
    letters: int = 40
    segment_letters: int = 100  # of a line that is long enough to be judged by itself
    read: int = 1500  # letters: enough to be sure

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        whole = confidences(units, self.letters, self.read)
        lines = [_lines(unit) for unit in units]
        sure = iter(confidences([line for each in lines for line in each], self.segment_letters, self.read))
        return [_rating(one, [next(sure) for _ in own]) for one, own in zip(whole, lines, strict=True)]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        [rating] = ratings
        score, segment = rating.score, rating.parts.get("segments")
        if score is None or (score >= self.least and (segment is None or segment >= self.least_segment)):
            return Verdict(self.name, True, score)
        row, line = rating.note.partition("; ")[::2] if rating.note.startswith(TAKEN) else ("", rating.note)
        if score < self.least:
            return self._rejected(rating, "", score, row.removeprefix(TAKEN), rating.of.target or "")
        found = LINE.fullmatch(line)
        number, taken = (int(found[1]), found[2]) if found else (0, "")
        text = _lines(rating.of)[number - 1].target or "" if number else rating.of.target or ""
        return self._rejected(rating, f"line {number}: " if number else "", segment or 0.0, taken, text)

    def _rejected(self, rating: Rating, where: str, sure: float, taken: str, text: str) -> Verdict:
        told = f"{where}{sure:.0%} sure that this is {rating.of.pair.target.name}"
        reason = ", ".join(filter(None, [told, taken and TAKEN + taken]))
        counts = {TAKEN + taken: 1} if taken else {}
        return Verdict(self.name, False, rating.score, f"{reason}: {shorten(text)}", counts)


def _lines(unit: Scored) -> list[Scored]:
    """The lines of the target, each with that of the source where both have as many, else with all of it."""
    source, target = unit.prose
    targets = target.split("\n")
    sources = source.split("\n")
    if len(sources) != len(targets):
        sources = [source] * len(targets)
    return [Scored(one, other, unit.pair) for one, other in zip(sources, targets, strict=True)]


def _rating(row: Confidence | None, lines: Sequence[Confidence | None]) -> Rating:
    if row is None:
        return Rating(None)
    notes = [TAKEN + row.taken] if row.taken else []
    number, least = min(_numbered(lines), key=lambda item: item[1].score, default=(0, None))
    if least and least.taken:
        notes.append(f"line {number} {TAKEN}{least.taken}")
    return Rating(row.score, {"segments": least.score} if least else {}, "; ".join(notes))


def _numbered(lines: Sequence[Confidence | None]) -> Iterator[tuple[int, Confidence]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line is not None)
