import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.padding import batches, looped, shared


@given(st.lists(st.integers(1, 300)), st.integers(1, 2000))
def test_every_row_is_in_one_batch_and_no_batch_is_over_budget(lengths, budget):
    groups = batches(lengths, budget)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[index] for index in group) <= budget
    order = [lengths[index] for group in groups for index in group]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize(
    "lengths, budget, groups",
    [
        ([], 10, []),
        ([3, 9, 4], 10, [[1], [2, 0]]),
        ([5, 5, 5], 10, [[0, 1], [2]]),
        ([50], 10, [[0]]),
    ],
)
def test_batches(lengths, budget, groups):
    assert batches(lengths, budget) == groups


@given(st.lists(st.integers(1, 300), min_size=1), st.integers(1, 2000), st.integers(1, 8))
def test_sharing_out_takes_no_more_rounds_and_no_larger_batches(lengths, budget, workers):
    groups = shared(lengths, budget, workers)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    assert all(len(group) == 1 or len(group) * lengths[group[0]] <= budget for group in groups)
    assert -(-len(groups) // workers) == -(-len(batches(lengths, budget)) // workers)


@pytest.mark.parametrize(
    "lengths, budget, workers, sizes",
    [
        ([], 10, 2, []),
        ([4, 4, 4, 4], 12, 2, [2, 2]),
        ([4, 4, 4, 4], 16, 1, [4]),
        ([5] * 9, 20, 2, [3, 3, 3]),
        ([9, 8, 7], 1000, 64, [1, 1, 1]),
    ],
)
def test_shared(lengths, budget, workers, sizes):
    assert [len(group) for group in shared(lengths, budget, workers)] == sizes


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("", 0),
        ("we go on and on", 0),
        ("we go on and on and on and on and on", 9),
        ("no no no", 0),
        ("no no no no", 4),
        ("a b c d e f g h", 0),
        ("x " * 1000, 1000),
        ("a b c a b c a b c a b d", 0),
        ("a b c a b c a b c a b c", 12),
    ],
)
def test_looped(text, tokens):
    assert looped(text.split()) == tokens
