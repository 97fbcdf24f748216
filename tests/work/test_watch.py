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
