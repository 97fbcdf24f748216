"""A text as a reader sees it in a sample: shortened, what was kept marked in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

MOST_KEEPS = 200  # that are looked for in one text

Kind = Literal["", "keep", "only-here", "only-there"]
Found = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """The beginning of a text in parts, and how many characters of it are not shown."""

    parts: tuple[Part, ...]
    left: int = 0

    def upto(self, length: int) -> Passage:
        """The same passage of at most `length` characters."""
        room, parts = length, []
        for part in self.parts:
            parts.append(Part(part.text[:room], part.kind))
            room -= len(part.text)
            if room <= 0:
                break
        cut = sum(len(part.text) for part in self.parts) - sum(len(part.text) for part in parts)
        return Passage(tuple(parts), self.left + cut)


def passage(text: str, keeps: Sequence[str], length: int) -> Passage:
    """
    The first `length` characters of `text`, with `keeps` marked where they stand, in whatever order.

    >>> passage("Run `ls` now.", ["`ls`"], 100).parts
    (Part("Run "), Part("`ls`", "keep"), Part(" now."))
    """
    window = text[: 2 * length]  # a kept text that begins before the cut is seen as a whole, or for `length`
    spans = sorted(_places(window, (keep[:length] for keep in keeps[:MOST_KEEPS] if keep)))
    return Passage(tuple(_parts(window[:length], spans)), max(len(text) - length, 0))


def _places(text: str, keeps: Iterable[str]) -> Iterator[Found]:
    taken = bytearray(len(text))
    end = 0
    for keep in keeps:
        start = _free(text, keep, taken, end)
        if start < 0 and end:
            start = _free(text, keep, taken, 0)
        if start >= 0:
            end = start + len(keep)
            taken[start:end] = b"\1" * len(keep)
            yield start, end


def _free(text: str, keep: str, taken: bytearray, start: int) -> int:
    """Where `keep` stands from `start` on and nothing else was found; -1 where nowhere."""
    start = text.find(keep, start)
    while start >= 0 and any(taken[start : start + len(keep)]):
        start = text.find(keep, start + len(keep))
    return start


def _parts(text: str, spans: Iterable[Found]) -> Iterator[Part]:
    at = 0
    for start, end in spans:
        if start >= len(text):
            break
        if start > at:
            yield Part(text[at:start])
        yield Part(text[start:end], "keep")
        at = end
    if at < len(text):
        yield Part(text[at:])
