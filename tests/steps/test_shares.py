from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from babelset.steps.shares import Urn, apportion, largest, partition_shares

WEIGHTS = st.dictionaries(st.text(max_size=3), st.fractions(0, 1000, max_denominator=997), min_size=1, max_size=20)


@given(WEIGHTS, st.integers(0, 10**7))
def test_shares_sum_to_the_total_and_are_off_by_less_than_one(weights: dict[str, Fraction], total: int) -> None:
    whole = sum(weights.values())
    counts = apportion(weights, total)
    assert sum(counts.values()) == (total if whole else 0)
    assert all(abs(count - weights[key] * total / (whole or 1)) < 1 for key, count in counts.items())


@given(WEIGHTS, st.data())
def test_the_largest_total_is_enough_and_one_more_share_is_not(
    weights: dict[str, Fraction], data: st.DataObject
) -> None:
    available = {key: data.draw(st.integers(0, 10**6)) for key in weights}
    total = largest(weights, available)
    assert all(count <= available[key] for key, count in apportion(weights, total).items())
    whole = sum(weights.values())
    assert not whole or any(weights[key] * (total + 1) / whole > available[key] for key in weights)


@given(st.dictionaries(st.integers(), st.integers(0, 30), max_size=9), st.integers())
def test_an_urn_gives_what_is_in_it(counts: dict[int, int], seed: int) -> None:
    urn, chance = Urn(counts), Random(seed)
    drawn = Counter(urn.draw(chance) for _ in range(sum(counts.values())))
    assert drawn == Counter(counts)


def test_every_subset_is_as_likely() -> None:
    """2 of 4: each of the 6 subsets 500 times in 3,000, give or take four standard deviations."""
    found = Counter(
        tuple(urn.draw(chance) for _ in range(4))
        for chance in map(Random, range(3000))
        for urn in [Urn({True: 2, False: 2})]
    )
    assert len(found) == 6 and all(abs(count - 500) < 82 for count in found.values())


def test_the_partition_that_ships() -> None:
    shares = partition_shares("mc4")
    assert len(shares) == 96 and round(sum(shares.values()), 3) == 100
