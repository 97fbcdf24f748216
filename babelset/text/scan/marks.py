"""A mark is a stretch of text to keep. Scanners yield marks; carving lets the next scanner see only the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Mark(NamedTuple):
    """`text[start:end]` is to be kept."""

    start: int
    end: int
    kind: str
    inline: bool = False

    def moved(self, by: int) -> Mark:
        return Mark(self.start + by, self.end + by, self.kind, self.inline) if by else self


Scanner = Callable[[str], Iterable[Mark]]  # marks in order, not overlapping
Needed = tuple[str, ...]  # a text with none of these holds nothing for the scanner; () for any text


def carve(text: str, scanners: Sequence[tuple[Needed, Scanner]]) -> list[Mark]:
    """Marks of all scanners, each applied to what the ones before it left free."""
    marks: list[Mark] = []
    free = [(0, len(text))]
    for needed, scan in scanners:
        if needed and not any(map(text.__contains__, needed)):
            continue
        left = []
        for start, end in free:
            at = start
            for found in scan(text[start:end]):
                mark = found.moved(start)
                marks.append(mark)
                if at < mark.start:
                    left.append((at, mark.start))
                at = mark.end
            if at < end:
                left.append((at, end))
        free = left
    return sorted(marks)
