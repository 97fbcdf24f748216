"""Slots for requests in flight, on an event loop whose time is virtual: a wait for nothing is an error there."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.engines.llm.concurrency import Concurrency
from babelset.errors import ConfigError
from tests.budget import examples


class Hurried(selectors.SelectSelector):
    """Does not wait for the next timer but goes there."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("deadlock: everyone waits, and no timer runs")
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.hurried = Hurried()
        super().__init__(self.hurried)

    def time(self) -> float:
        return self.hurried.now


def on_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


def fixed(limit: int) -> Concurrency:
    return Concurrency(limit, limit, limit)


async def hold(limiter: Concurrency, seconds: float = 1.0, tokens: int | None = 1) -> None:
    async with limiter.slot() as slot:
        await asyncio.sleep(seconds)
        slot.tokens = tokens


async def refused(limiter: Concurrency) -> None:
    async with limiter.slot() as slot:
        await asyncio.sleep(1)
        slot.refused = True


async def enter(limiter: Concurrency, order: list[Any], what: Any, seconds: float = 1.0) -> None:
    async with limiter.slot():
        order.append(what)
        await asyncio.sleep(seconds)


@on_virtual_time
async def test_slots_are_given_in_order_of_arrival() -> None:
    limiter, order = fixed(3), []
    await asyncio.gather(*(enter(limiter, order, number, 1 + number % 3) for number in range(50)))
    assert order == list(range(50)) and limiter._in_flight == 0


@on_virtual_time
async def test_a_fixed_limit_stays_whatever_happens() -> None:
    limiter = fixed(4)
    for ask in (hold, refused, hold):
        await asyncio.gather(*(ask(limiter) for _ in range(400)))
    assert limiter.limit == 4 and now() == 300.0


@on_virtual_time
async def test_a_burst_of_refusals_halves_the_limit_once() -> None:
    limiter = Concurrency(start=64)
    await asyncio.gather(*(refused(limiter) for _ in range(64)))
    assert limiter.limit == 32


@on_virtual_time
async def test_a_client_that_never_waits_learns_nothing() -> None:
    limiter = Concurrency(start=8)
    for _ in range(100):
        await asyncio.gather(*(hold(limiter) for _ in range(8)))
    assert limiter.limit == 8


@pytest.mark.parametrize("tokens", [None, 0, 1], ids=["neither", "no tokens", "answered"])
@on_virtual_time
async def test_only_answers_with_tokens_let_it_grow(tokens: int | None) -> None:
    limiter = Concurrency(start=8)
    await asyncio.gather(*(hold(limiter, tokens=tokens) for _ in range(300)))
    assert (limiter.limit == 8) == (tokens is None) and (limiter.limit > 16) == (tokens == 1)


@on_virtual_time
async def test_an_error_in_the_block_gives_the_slot_back() -> None:
    limiter = fixed(1)
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot():
            raise ZeroDivisionError
    await hold(limiter)
    assert limiter._in_flight == 0


@on_virtual_time
async def test_a_cancelled_waiter_gives_its_place_back() -> None:
    limiter = fixed(1)
    _, second, third = tasks = [asyncio.create_task(hold(limiter)) for _ in range(3)]
    asyncio.get_running_loop().call_later(0.5, second.cancel)
    await third
    assert [task.cancelled() for task in tasks] == [False, True, False]
    assert now() == 2.0 and limiter._in_flight == 0


@on_virtual_time
async def test_a_waiter_cancelled_in_the_moment_its_turn_comes_gives_it_back() -> None:
    limiter = fixed(1)

    async def first() -> None:
        await hold(limiter)
        second.cancel()  # has its turn, but has not run yet

    tasks = [asyncio.create_task(ask) for ask in (first(), hold(limiter), hold(limiter))]
    second = tasks[1]
    await tasks[2]
    assert second.cancelled() and now() == 2.0 and limiter._in_flight == 0


@on_virtual_time
async def test_a_cancelled_request_gives_its_slot_back() -> None:
    limiter = fixed(1)
    first, second = (asyncio.create_task(hold(limiter, 100)) for _ in range(2))
    asyncio.get_running_loop().call_later(5, first.cancel)
    await second
    assert now() == 105.0 and limiter._in_flight == 0


@on_virtual_time
async def test_nobody_starts_during_a_pause() -> None:
    limiter, order = fixed(2), []
    asks = asyncio.gather(*(enter(limiter, order, number, 2) for number in range(6)))
    await asyncio.sleep(1)
    limiter.pause(19)
    limiter.pause(9)  # over at 10: the longer one holds
    await asyncio.sleep(9)
    assert now() == 10.0 and order == [0, 1]
    await asks
    assert now() == 24.0


@on_virtual_time
async def test_a_pause_teaches_nothing() -> None:
    limiter = Concurrency()

    async def pause_again_and_again() -> None:
        while True:
            limiter.pause(0.9)  # longer than a request: each one ends in a pause
            await asyncio.sleep(0.95)

    pauses = asyncio.create_task(pause_again_and_again())
    await asyncio.sleep(0.5)
    await asyncio.gather(*(hold(limiter, 0.5) for _ in range(500)))
    pauses.cancel()
    assert limiter.limit == 8


@pytest.mark.parametrize(("least", "most"), [(0, 8), (9, 8), (-1, -1)])
def test_bounds_that_cannot_be_are_refused(least: int, most: int) -> None:
    with pytest.raises(ConfigError, match=f"least={least} and most={most}"):
        Concurrency(least, 8, most)


@pytest.mark.parametrize(("least", "start", "most", "limit"), [(1, 8, 4, 4), (16, 8, 64, 16), (1, 8, 1024, 8)])
def test_the_start_is_brought_between_the_bounds(least: int, start: int, most: int, limit: int) -> None:
    assert Concurrency(least, start, most).limit == limit


@on_virtual_time
async def test_a_batching_server_is_used_fully_through_the_slots() -> None:
    limiter, seats = Concurrency(), asyncio.Semaphore(64)

    async def ask() -> None:
        async with limiter.slot() as slot, seats:
            await asyncio.sleep(1)
            slot.tokens = 10

    await asyncio.gather(*(ask() for _ in range(5000)))
    assert 48 <= limiter.limit <= 256 and now() < 1.25 * 5000 / 64


REQUESTS = st.tuples(
    st.floats(0, 20),  # comes
    st.floats(0, 5),  # takes
    st.sampled_from(["done", "pushback", "neither", "error", "pause"]),
    st.none() | st.floats(0, 10),  # is cancelled after
)


@given(st.integers(1, 4), st.integers(0, 8), st.lists(REQUESTS, max_size=60))
@settings(max_examples=examples(60), deadline=None)
@on_virtual_time
async def test_no_story_exceeds_the_limit_or_ends_in_a_deadlock(
    least: int, more: int, requests: list[tuple[float, float, str, float | None]]
) -> None:
    limiter = Concurrency(least, least + more // 2, least + more)
    came: list[int] = []
    served: dict[int, float] = {}

    async def ask(number: int, takes: float, how: str) -> None:
        came.append(number)
        async with limiter.slot() as slot:
            served[number] = now()
            assert limiter._in_flight <= limiter.limit
            await asyncio.sleep(takes)
            if how == "error":
                raise ValueError
            if how == "pause":
                limiter.pause(takes)
            if how in ("pause", "pushback"):
                slot.refused = True
            elif how == "done":
                slot.tokens = 3

    async def arrive(number: int) -> None:
        comes, takes, how, patience = requests[number]
        await asyncio.sleep(comes)
        await asyncio.wait_for(ask(number, takes, how), patience)

    ends = await asyncio.gather(*(arrive(number) for number in range(len(requests))), return_exceptions=True)
    assert all(end is None or isinstance(end, ValueError | TimeoutError) for end in ends)
    assert limiter._in_flight == 0 and not limiter._turn.locked()
    starts = [served[number] for number in came if number in served]
    assert starts == sorted(starts)
