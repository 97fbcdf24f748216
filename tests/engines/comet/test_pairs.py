"""Pairs that are too long for the encoder are cut into parts: nothing is lost, and no part is too long."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from babelset.engines.comet.pairs import parts

STOP = 0  # the token that ends a sentence


@given(
    source=st.lists(st.integers(0, 9), max_size=300),
    target=st.lists(st.integers(0, 9), max_size=300),
    room=st.integers(20, 100),
)
@example(source=[STOP] * 300, target=[], room=20)
@example(source=[1] * 299, target=[STOP, 1] * 150, room=21)
def test_the_parts_are_the_pair_and_each_fits(source: list[int], target: list[int], room: int) -> None:
    found = parts(source, target, room, {STOP})
    assert [token for part, _ in found for token in part] == source
    assert [token for _, part in found for token in part] == target
    assert all(0 < len(first) + len(second) <= room for first, second in found) or not source + target
    assert (len(found) == 1) == (len(source) + len(target) <= room)


CUTS = [
    # what it shows, tokens of the source, tokens of the target, room, where the source is cut
    ("a pair that just fits", 5, 5, 10, []),
    ("in the same proportions", 100, 50, 110, [50]),
    ("a source alone", 100, 0, 70, [50]),
]


@pytest.mark.parametrize(("what", "source", "target", "room", "cuts"), CUTS, ids=[case[0] for case in CUTS])
def test_both_texts_are_cut_in_the_same_proportions(
    what: str, source: int, target: int, room: int, cuts: list[int]
) -> None:
    found = parts([1] * source, [1] * target, room)
    assert [sum(len(first) for first, _ in found[:place]) for place in range(1, len(found))] == cuts
    assert len({(len(first), len(second)) for first, second in found}) == 1


@pytest.mark.parametrize(
    ("stop", "cut"),
    [(49, 50), (47, 48), (53, 54), (44, 45), (55, 56), (30, 50), (80, 50)],  # 50 is the middle, 6 is near
)
def test_a_cut_moves_to_the_end_of_a_sentence_that_is_near(stop: int, cut: int) -> None:
    source = [1] * 100
    source[stop] = STOP
    (first, _), _ = parts(source, [1] * 20, 100, {STOP})
    assert len(first) == cut


def test_a_million_tokens_take_no_time() -> None:
    started = time.process_time()
    assert len(parts([1] * 1_000_000, [1] * 10, 508)) > 2000
    assert time.process_time() - started < 5
