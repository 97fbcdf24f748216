from __future__ import annotations

import pytest

from babelset.steps.alignment.links import Labelled, Link, covered, settled, unambiguous

SOURCE, TARGET = "one two three four", "un dos tres quatre cinc sis"
COVERED = [
    # what it shows, span, links, what is covered
    ("one word", (4, 7), [(1, 1)], "dos"),
    ("neighbours", (0, 7), [(0, 0), (1, 1)], "un dos"),
    ("a gap of one word is filled", (0, 7), [(0, 0), (1, 2)], "un dos tres"),
    ("a wider gap is not: the longest part wins", (0, 7), [(0, 0), (1, 3), (1, 4)], "quatre cinc"),
    ("links of other words do not count", (4, 7), [(0, 0), (1, 1), (2, 2)], "dos"),
    ("nothing linked", (4, 7), [(0, 0)], None),
    ("links to words that are not there", (4, 7), [(1, 99)], None),
]


@pytest.mark.parametrize(("span", "linked", "found"), [case[1:] for case in COVERED], ids=[case[0] for case in COVERED])
def test_covered(span: tuple[int, int], linked: list[tuple[int, int]], found: str | None) -> None:
    place = covered(span, SOURCE, TARGET, linked)
    assert (TARGET[slice(*place)] if place else None) == found


def test_words_that_share_a_place_have_none() -> None:
    a, b, c = Link(0, 5, "x"), Link(3, 6, "x"), Link(6, 9, "x")
    assert unambiguous([a, None, b, c]) == [None, None, None, c]
    long, inner, last = Link(0, 20, "x"), Link(2, 4, "x"), Link(10, 12, "x")
    assert unambiguous([inner, long, last]) == [None, None, None]
    same = Link(0, 5, "x")
    assert unambiguous([same, Link(0, 5, "x")]) == [None, None]


SETTLED = [
    ("apart", [(0, 3, "A"), (3, 5, "B")], [(0, 3, "A"), (3, 5, "B")]),
    ("of one label become one", [(0, 5, "A"), (3, 9, "A")], [(0, 9, "A")]),
    ("else the longer stays", [(0, 5, "A"), (4, 6, "B")], [(0, 5, "A")]),
    ("the longer one may be the second", [(0, 2, "A"), (1, 6, "B")], [(1, 6, "B")]),
    ("one inside another", [(0, 9, "A"), (2, 4, "B"), (5, 7, "C")], [(0, 9, "A")]),
]


@pytest.mark.parametrize(("spans", "left"), [case[1:] for case in SETTLED], ids=[case[0] for case in SETTLED])
def test_collisions(spans: list[tuple[int, int, str]], left: list[tuple[int, int, str]]) -> None:
    found = settled(Labelled(*span, number) for number, span in enumerate(spans))
    assert [(span.start, span.end, span.label) for span in found] == left
