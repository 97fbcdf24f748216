"""Whether answers stand under their own numbers, as names, numbers, lengths and marks tell together."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.filter import Scored
from babelset.engines.llm.placement import assignment, displaced, misplaced
from babelset.languages import Pair, find

PAIR = Pair(find("eng_Latn"), find("spa_Latn"))
SOURCES = [
    "Last winter the lake near Geneva froze over for the first time since 1963.",
    "Who was there?",
    "My uncle Robert sold both of his boats.",
    "It was cold, so nobody in the village wanted to go out before the sun had risen.",
]
TARGETS = [
    "El invierno pasado el lago cerca de Geneva se heló por primera vez desde 1963.",
    "¿Quién estaba allí?",
    "Mi tío Robert vendió sus dos barcas.",
    "Hacía frío, así que nadie en el pueblo quería salir antes de que hubiera salido el sol.",
]


def places(*order: int | str | None) -> set[int]:
    """The answers that are misplaced, when each stands where the order says; None is an empty one."""
    said = ["" if at is None else at if isinstance(at, str) else TARGETS[at] for at in order]
    return misplaced([Scored(source, answer, PAIR) for source, answer in zip(SOURCES, said, strict=True)])


@pytest.mark.parametrize(
    ("what", "order", "expected"),
    [
        ("right", (0, 1, 2, 3), set()),
        ("moved on by one", (1, 2, 3, 0), {0, 1, 2, 3}),
        ("moved back by one", (3, 0, 1, 2), {0, 1, 2, 3}),
        ("two swapped", (2, 1, 0, 3), {0, 2}),
        ("one empty", (0, None, 2, 3), set()),
        ("two in one, one empty", (0, 1, f"{TARGETS[2]} {TARGETS[3]}", None), {2}),
        ("none", (None, None, None, None), set()),
    ],
    ids=str,
)
def test_answers_under_other_numbers_are_found(what: str, order: tuple[int | None], expected: set[int]) -> None:
    assert places(*order) == expected


TABLES = st.integers(1, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.floats(-1, 1), min_size=size, max_size=size), min_size=size, max_size=size
    )
)  # fmt: skip


@given(TABLES)
def test_no_other_assignment_is_better(table: list[list[float]]) -> None:
    best = assignment(table)
    size = range(len(table))
    assert sorted(best) == list(size)
    most = max(sum(table[row][order[row]] for row in size) for order in permutations(size))
    assert sum(table[row][best[row]] for row in size) == pytest.approx(most)


def test_weak_signs_count_together_and_only_where_they_close_a_circle() -> None:
    weak = [[0.5 + 0.45 * ((row + 1) % 6 == column) - 0.5 * (row != column) for column in range(6)] for row in range(6)]
    assert displaced(weak, 0.4) == set()
    strong = [[0.5 * ((row + 1) % 6 == column) for column in range(6)] for row in range(6)]
    assert displaced(strong, 0.4) == set(range(6))
    assert displaced([[0.0, 0.9], [0.0, 0.9]], 0.4) == set(), "one answer fits two sources; none fits the other"
