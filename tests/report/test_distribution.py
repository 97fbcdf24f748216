from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.report.distribution import Distribution, bins, round_step

scores = st.floats(allow_nan=False)


def of(values: list[float]) -> Distribution:
    found = Distribution()
    for value in values:
        found.add(value)
    return found


@given(st.lists(st.integers(0, 10_000)), st.integers(0, 1000))
def test_a_cut_counts_exactly(ten_thousandths: list[int], cut: int) -> None:
    found = of([value / 10_000 for value in ten_thousandths])
    assert found.at_least(cut / 1000) == sum(value >= cut * 10 for value in ten_thousandths)


@pytest.mark.parametrize(
    ("values", "quantiles"),
    [([], (0, 0, 0)), ([0.5], (0.5, 0.5, 0.5)), ([0.1, 0.2, 0.3], (0.1, 0.2, 0.3)), ([12345.0], (12300,) * 3)],
)
def test_quantiles(values: list[float], quantiles: tuple[float, ...]) -> None:
    assert tuple(map(of(values).quantile, (0, 0.5, 1))) == pytest.approx(quantiles)


@given(st.lists(scores, max_size=50), st.lists(scores, max_size=50))
def test_every_value_is_in_one_bin(accepted: list[float], rejected: list[float]) -> None:
    found = bins(of(accepted), of(rejected))
    assert len(found) <= 25
    assert sum(each.accepted for each in found) == len(accepted)
    assert sum(each.rejected for each in found) == len(rejected)
    assert all(left.high == right.low for left, right in pairwise(found))


def test_an_outlier_does_not_flatten_the_rest() -> None:
    found = bins(of([index / 100 for index in range(50, 200)] * 10 + [1e9]), Distribution())
    assert found[-1].high < 3


def test_memory_is_bounded() -> None:
    found = of([index / 7 for index in range(100_000)])
    assert len(found) == 100_000
    assert len(found.counts) < 20_000


@pytest.mark.parametrize(("least", "step"), [(0.013, 0.02), (0.05, 0.05), (0.7, 1), (3, 5), (0, 1)])
def test_steps_are_round(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)
