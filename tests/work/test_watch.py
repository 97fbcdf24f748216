"""Progress within a batch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from babelset.work.watch import Ahead


def test_answers_are_told_as_they_come_and_never_twice() -> None:
    told: list[int] = []
    ahead = Ahead(told.append)
    ahead.begin(40)
    ahead.heard(3)
    ahead.done(40)
    assert told == [3, 37]


@given(st.lists(st.tuples(st.integers(0, 20), st.lists(st.integers(0, 30)))))
def test_whatever_is_heard_the_sum_is_what_was_done(batches: list[tuple[int, list[int]]]) -> None:
    told: list[int] = []
    ahead = Ahead(told.append)
    for size, heard in batches:
        ahead.begin(size)
        for count in heard:
            ahead.heard(count)
        ahead.done(size)
        assert all(count > 0 for count in told)
    assert sum(told) == sum(size for size, _ in batches)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20), st.lists(st.integers(0, 30), max_size=4))))
def test_rows_go_forward_and_end_with_those_that_were_begun(batches: list[tuple[int, int, list[int]]]) -> None:
    told: list[int] = []
    ahead, begun = Ahead(rows=told.append), 0
    for rows, size, heard in batches:
        ahead.begin(size, rows)
        begun += rows
        for count in heard:
            ahead.heard(count)
            assert sum(told) <= begun
        ahead.done(size)
        ahead.end(size, rows)
        assert sum(told) == begun
    assert all(count > 0 for count in told)


def test_batches_at_the_same_time_are_one_pool() -> None:
    told: list[int] = []
    ahead = Ahead(rows=told.append)
    ahead.begin(10, 4)
    ahead.begin(30, 16)
    ahead.heard(20)
    assert sum(told) == 10, "half of the answers, half of the rows"
    ahead.done(10)
    ahead.end(10, 4)
    ahead.done(30)
    ahead.end(30, 16)
    assert sum(told) == 20
