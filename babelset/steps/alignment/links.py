"""
Links between spans of a sentence and its translation, and the rules for spans of several words.

The rules are those of Easy-Label-Projection: a gap of one word is filled, otherwise the longest part wins; what is
linked to punctuation only is not linked; of two spans that meet, those of one kind become one, else the longer stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from babelset.steps.alignment.words import Span, overlap, words


@dataclass(frozen=True, slots=True)
class Link:
    """Where a span stands in the translation of its sentence, and what proves it."""

    start: int
    end: int
    proof: str

    @property
    def span(self) -> Span:
        return self.start, self.end

    def moved(self, by: int) -> Link:
        return replace(self, start=self.start + by, end=self.end + by)


def covered(span: Span, source: str, target: str, linked: Iterable[tuple[int, int]]) -> Span | None:
    """
    The span of `target` that the words of a span are linked to; `linked` are numbers of words in both.

    >>> covered((4, 13), "the old house", "la casa vella", [(0, 0), (1, 2), (2, 1)])
    (3, 13)
    """
    inside = {number for number, word in enumerate(words(source)) if overlap(word, span)}
    there = sorted({other for one, other in linked if one in inside})
    if not there:
        return None
    runs = [[there[0]]]
    for number in there[1:]:
        if number - runs[-1][-1] <= 2:
            runs[-1].append(number)
        else:
            runs.append([number])
    found = words(target)
    spans = [(found[run[0]][0], found[run[-1]][1]) for run in runs if run[-1] < len(found)]
    return max(spans, key=lambda span: span[1] - span[0], default=None)


def unambiguous(links: Sequence[Link | None]) -> list[Link | None]:
    """The links without those that share a place: one part of a translation is that of one word."""
    order = sorted((link for link in links if link), key=lambda link: link.span)
    meeting: set[int] = set()
    furthest = None
    for link in order:
        if furthest and link.start < furthest.end:
            meeting |= {id(link), id(furthest)}
        furthest = link if furthest is None or link.end > furthest.end else furthest
    return [None if link is None or id(link) in meeting else link for link in links]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled part of a text, and what proves it after projection."""

    start: int
    end: int
    label: str
    number: int  # of the span that it comes from
    proof: str = ""

    @property
    def span(self) -> Span:
        return self.start, self.end


def settled(spans: Iterable[Labelled]) -> list[Labelled]:
    """
    The spans without collisions: those of one label become one, else the longer stays.

    >>> settled([Labelled(0, 5, "PER", 0), Labelled(3, 9, "PER", 1), Labelled(8, 10, "LOC", 2)])
    [Labelled(start=0, end=9, label='PER', number=0, proof='')]
    """
    found: list[Labelled] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = found[-1] if found else None
        if last is None or span.start >= last.end:
            found.append(span)
        elif span.label == last.label:
            found[-1] = replace(last, end=max(last.end, span.end))
        elif span.end - span.start > last.end - last.start:
            found[-1] = span
    return found
