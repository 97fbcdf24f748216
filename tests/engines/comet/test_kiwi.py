"""What Kiwi makes of a network: order, duplicates, batches, devices, parts; no torch, no model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.comet.kiwi import Kiwi, Rating
from babelset.engines.comet.network import Network
from babelset.engines.comet.pairs import Tokens, parts
from babelset.errors import ConfigError

LONGEST = 20


class Letters:
    """One token a letter: [0, translation, source]."""

    def sequences(self, pairs: Sequence[tuple[str, str]]) -> list[list[list[int]]]:
        ids = [([*map(ord, source)], [*map(ord, target)]) for source, target in pairs]
        return [[[0, *two, *one] for one, two in parts(*pair, room=LONGEST - 1)] for pair in ids]


class Sums:
    """A network that scores a row by the sum of its tokens, and remembers what it was sent."""

    device = "cpu"

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[list[list[int]]] = []
        self.error = error

    def __call__(self, rows: list[list[int]]) -> list[float]:
        self.sent.append(rows)
        if self.error:
            raise self.error
        return [float(sum(row)) for row in rows]


def kiwi(*networks: Any, batch_tokens: int = 40) -> Kiwi:
    return Kiwi(cast("Tokens", Letters()), [cast("Network", network) for network in networks], batch_tokens)


def total(source: str, target: str) -> float:
    return sum(map(ord, source + target))


texts = st.text("abc", max_size=8)


@given(pairs=st.lists(st.tuples(texts, texts), max_size=30), devices=st.integers(1, 3), budget=st.integers(20, 90))
def test_each_pair_gets_its_own_score(pairs: list[tuple[str, str]], devices: int, budget: int) -> None:
    networks = [Sums() for _ in range(devices)]
    assert kiwi(*networks, batch_tokens=budget).score(pairs) == [total(*pair) for pair in pairs]
    sent = [batch for network in networks for batch in network.sent]
    assert sum(map(len, sent)) == len(set(pairs)), "each distinct pair is scored once"
    assert all(len(batch) * max(map(len, batch)) <= budget for batch in sent)


def test_batches_hold_rows_of_similar_length() -> None:
    network = Sums()
    kiwi(network, batch_tokens=20).score([("a", "b"), ("aaaa", "bbbbb"), ("a", "c"), ("aaaa", "ccccc")])
    assert [[len(row) for row in batch] for batch in network.sent] == [[10, 10], [3, 3]]


def test_a_long_pair_scores_the_mean_of_its_parts_weighted_by_their_tokens() -> None:
    network = Sums()
    [rating] = kiwi(network).rate([("a" * 21, "b" * 30)])
    rows = [row for batch in network.sent for row in batch]
    assert rating.parts == len(rows) > 2 and len({len(row) for row in rows}) > 1
    assert rating.score == pytest.approx(sum(len(row) * sum(row) for row in rows) / sum(map(len, rows)))


def test_a_short_pair_is_one_part() -> None:
    assert kiwi(Sums()).rate([("a", "b")]) == [Rating(total("a", "b"), 1)]


def test_every_device_works() -> None:
    meeting = threading.Barrier(2, timeout=60)

    class Waits(Sums):
        def __call__(self, rows: list[list[int]]) -> list[float]:
            meeting.wait()
            return super().__call__(rows)

    first, second = Waits(), Waits()
    pairs = [(letter * 9, letter * 9) for letter in "abcd"]
    assert kiwi(first, second, batch_tokens=40).score(pairs) == [total(*pair) for pair in pairs]
    assert len(first.sent) == len(second.sent) == 1


@pytest.mark.parametrize("others", [0, 1])
def test_an_error_ends_the_work(others: int) -> None:
    networks = [Sums(ConfigError("no memory")), *(Sums() for _ in range(others))]
    with pytest.raises(ConfigError, match="no memory"):
        kiwi(*networks, batch_tokens=20).score([(letter * 9, "b" * 9) for letter in "abcdefgh"])
    assert len(networks[0].sent) == 1


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_told(score: float) -> None:
    class Overflows(Sums):
        def __call__(self, rows: list[list[int]]) -> list[float]:
            return [score for _ in rows]

    with pytest.raises(ConfigError, match="use dtype=bf16"):
        kiwi(Overflows()).score([("a", "b")])


def test_no_pairs_are_no_trouble() -> None:
    assert kiwi(Sums()).score([]) == []
