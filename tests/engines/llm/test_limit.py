"""The limit on requests in flight, against simulated servers: full throughput, no more requests at a time than it takes, few refusals."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.engines.llm.concurrency import Limit
from tests.budget import examples

PER_TOKEN = 0.02  # seconds


class Overloaded(Exception):
    pass


@dataclass
class Server:
    """Its answers take as long as their tokens, times `slowness` of the number of requests inside."""

    slowness: Callable[[int], float] = lambda inside: 1.0
    most: int = 10**9
    down: tuple[float, float] = (0.0, 0.0)
    strays: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(7))

    def seconds(self, now: float, tokens: int, inside: int) -> float:
        if inside > self.most or self.down[0] <= now < self.down[1] or self.random.random() < self.strays:
            raise Overloaded
        return tokens * PER_TOKEN * self.slowness(inside) * self.random.uniform(0.9, 1.1)


@dataclass
class Seats(Server):
    """So many requests at a time, each as fast as alone; the others queue."""

    seats: int = 1

    def __post_init__(self) -> None:
        self.free = [0.0] * self.seats

    def seconds(self, now: float, tokens: int, inside: int) -> float:
        alone = super().seconds(now, tokens, inside)
        end = max(now, self.free[0]) + alone
        heapq.heapreplace(self.free, end)
        return end - now


@dataclass
class Report:
    tokens: int = 0
    answered: int = 0
    refused: int = 0
    seconds: float = 0.0
    limits: list[tuple[float, int]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.tokens / self.seconds

    def limits_since(self, moment: float) -> list[int]:
        return [limit for when, limit in self.limits if when >= moment]


def serve(server: Server, limit: Limit, requests: int = 20_000, spread: float = 0.8, seed: int = 3) -> Report:
    """A client that always has more to ask, and asks again at once what was refused (after 10 ms)."""
    lengths, report = random.Random(seed), Report()
    flying: list[tuple[float, int, int, float, int]] = []  # end, number, tokens (0: refused), start, era
    number = inside = 0
    while report.answered < requests:
        while len(flying) < limit.value:
            tokens, number = max(1, int(lengths.lognormvariate(4, spread))), number + 1
            try:
                end = report.seconds + server.seconds(report.seconds, tokens, inside + 1)
                inside += 1
            except Overloaded:
                end, tokens = report.seconds + 0.01, 0
            heapq.heappush(flying, (end, number, tokens, report.seconds, limit.era))
        report.seconds, _, tokens, start, era = heapq.heappop(flying)
        if tokens:
            inside, report.answered, report.tokens = inside - 1, report.answered + 1, report.tokens + tokens
            limit.done(era, tokens, report.seconds - start, crowded=True)
        else:
            report.refused += 1
            limit.refused(era)
        report.limits.append((report.seconds, limit.value))
    return report


def best_fixed(server: Callable[[], Server], limits: Sequence[int], spread: float) -> float:
    return max(serve(server(), Limit(limit, limit, limit), spread=spread).rate for limit in limits)


BATCHING = [
    # throughput grows up to 64 at a time
    ("64 seats and a queue", lambda: Seats(seats=64)),
    ("slower by the batch, and a queue", lambda: Seats(lambda inside: 1 + min(inside, 64) / 64, seats=64)),
    ("memory-bound, then compute-bound", lambda: Server(lambda inside: (1 + (inside / 64) ** 6) ** (1 / 6))),
]


@pytest.mark.parametrize("spread", [0.0, 0.8], ids=["equal lengths", "long and short"])
@pytest.mark.parametrize(("what", "server"), BATCHING, ids=[case[0] for case in BATCHING])
def test_a_batching_server_is_used_fully(what: str, server: Callable[[], Server], spread: float) -> None:
    limit = Limit(1, 8, 1024)
    report = serve(server(), limit, spread=spread)
    assert 48 <= limit.value <= 256, what
    assert report.rate >= 0.95 * best_fixed(server, (64, 96, 128, 256), spread)


def test_throughput_that_never_saturates_is_followed_to_the_top() -> None:
    report = serve(Server(lambda inside: 1 + inside / 4096), limit := Limit(1, 8, 1024))
    assert limit.value >= 896 and max(report.limits_since(0)) == 1024


def test_a_server_that_slows_down_under_load_is_not_loaded() -> None:
    server = Server(lambda inside: 1 + (inside / 32) ** 2)  # best at 32
    report = serve(server, limit := Limit(1, 8, 1024))
    assert 20 <= limit.value <= 48 and max(report.limits_since(0)) <= 64


@pytest.mark.parametrize(("start", "spread"), [(8, 0.0), (8, 0.4), (8, 0.8), (48, 0.4)])
def test_a_serial_server_gets_few_at_a_time(start: int, spread: float) -> None:
    limit = Limit(1, start, 1024)
    report = serve(Seats(seats=1), limit, spread=spread)
    limits = report.limits_since(report.seconds / 2)
    assert limit.value <= 16 and sum(limits) / len(limits) <= 16
    assert report.rate >= 0.98 * serve(Seats(seats=1), Limit(8, 8, 8), spread=spread).rate


def test_a_server_for_one_at_a_time_is_seldom_asked_for_two() -> None:
    report = serve(Server(most=1), limit := Limit(1, 8, 1024), requests=3000)
    assert limit.value <= 2 and report.refused < 100


def test_chance_does_not_raise_the_limit() -> None:
    """Windows of a serial server with long and short answers differ by more than a tenth."""
    ends = []
    for seed in range(20):
        limit = Limit(1, 8, 1024)
        serve(Seats(seats=1), limit, requests=500, seed=seed)
        ends.append(limit.value)
    assert sorted(ends)[18] <= 16, ends


@pytest.mark.parametrize("start", [4, 8, 128])
def test_refusals_above_a_number_keep_the_limit_just_below(start: int) -> None:
    report = serve(Server(most=32), Limit(1, start, 1024), requests=10_000)
    limits = report.limits_since(report.seconds / 2)
    assert 28 <= sum(limits) / len(limits) < 33
    assert report.refused < 0.03 * 10_000
    assert report.rate > 0.85 * serve(Server(most=32), Limit(32, 32, 32), requests=10_000).rate


def test_a_server_that_was_down_is_used_fully_again() -> None:
    report = serve(Seats(seats=64, down=(100, 160)), Limit(1, 8, 1024))
    assert min(report.limits_since(100)) == 1
    back = next(when for when, limit in report.limits if when > 160 and limit >= 56)
    assert back < 160 + 40  # an answer takes about one second
    assert 48 <= report.limits[-1][1] <= 256


@pytest.mark.parametrize("before", [Server(most=16), Seats(seats=1)], ids=["refused more", "was serial"])
def test_a_server_that_got_bigger_is_found_out(before: Server) -> None:
    limit = Limit(1, 1, 1024)
    limit.refused(limit.era)  # already one was too many
    serve(before, limit, requests=3_000, spread=0.0)
    assert limit.value <= 18
    serve(Seats(seats=64), limit, requests=10_000)
    assert 48 <= limit.value <= 256


@pytest.mark.parametrize(("strays", "kept"), [(0.001, 0.95), (0.01, 0.6)])
def test_failures_now_and_then_are_not_overload(strays: float, kept: float) -> None:
    report = serve(Seats(seats=64, strays=strays), Limit(1, 8, 1024))
    assert report.rate > kept * serve(Seats(seats=64), Limit(1, 8, 1024)).rate


def answer(limit: Limit, requests: int, seconds: float = 1.0, crowded: bool = True) -> None:
    for _ in range(requests):
        limit.done(limit.era, 1, seconds, crowded=crowded)


def values(limit: Limit, answers: int, seconds: Callable[[int], float]) -> list[int]:
    """The values that it takes, in order, each once in a row."""
    taken = [limit.value]
    for _ in range(answers):
        answer(limit, 1, seconds(limit.value))
        taken += [limit.value] if limit.value != taken[-1] else []
    return taken


WAYS = [
    # the server, start, the first values
    ("one for 128", lambda value: max(1.0, value / 128), 8, [8, 16, 32, 64, 128, 256, 128, 129, 130]),
    ("one that does not care for load", lambda value: 1.0, 64, [64, 128, 256, 512, 1024, 1024][:5]),
    ("a serial one", float, 64, [64, 128, 32, 16, 8, 4, 2, 1]),
    ("one for 64", lambda value: max(1.0, value / 64), 64, [64, 128, 32, 64, 65, 66]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "seconds", "start", "way"), WAYS, ids=[case[0] for case in WAYS])
def test_the_way_from_the_start(what: str, seconds: Callable[[int], float], start: int, way: list[int]) -> None:
    assert values(Limit(1, start, 1024), 6000, seconds)[: len(way)] == way, what


def test_throughput_that_falls_halves_the_limit() -> None:
    limit = Limit(1, 64, 1024)
    values(limit, 2000, lambda value: max(1.0, value / 64))
    assert 64 <= limit.value <= 81
    assert values(limit, 300, lambda value: 10.0)[-1] <= 41


def refuse(limit: Limit, times: int) -> None:
    for _ in range(times):
        limit.refused(limit.era)


def test_a_burst_of_refusals_is_one_signal() -> None:
    limit = Limit(1, 64, 1024)
    era = limit.era
    for _ in range(64):
        limit.refused(era)
    assert limit.value == 32
    refuse(limit, 3)
    assert limit.value == 16  # those were asked after the cut


def test_two_refusals_may_be_strays_and_more_are_none() -> None:
    limit = Limit(1, 50, 1024)
    refuse(limit, 3)
    assert limit.value == 50
    answer(limit, 50)
    refuse(limit, 1)
    assert limit.value == 50
    refuse(limit, 1)
    assert limit.value == 25


def test_after_refusals_it_returns_to_below_what_was_refused_and_stays() -> None:
    limit = Limit(1, 16, 1024)
    assert values(limit, 16 + 64, lambda value: 1.0) == [16, 32]
    refuse(limit, 4)
    assert values(limit, 500, lambda value: 1.0) == [16, 24]


def test_an_idle_client_moves_nothing() -> None:
    limit = Limit(1, 8, 1024)
    for _ in range(100):
        answer(limit, 15)
        answer(limit, 1, crowded=False)
    assert limit.value == 8


@given(
    st.integers(1, 50),
    st.integers(0, 50),
    st.lists(st.tuples(st.sampled_from("aaaaap."), st.integers(0, 3), st.integers(0, 9), st.floats(0, 9)), max_size=60),
)
@settings(max_examples=examples(60), deadline=None)
def test_the_limit_stays_in_its_bounds(least: int, more: int, story: list[tuple[str, int, int, float]]) -> None:
    limit = Limit(least, least + more // 2, least + more)
    for what, ago, tokens, seconds in story * 5:
        era = max(0, limit.era - ago)
        if what == "p":
            limit.refused(era)
        else:
            for _ in range(20):
                limit.done(era, tokens, seconds, crowded=what == "a")
        assert least <= limit.value <= least + more
