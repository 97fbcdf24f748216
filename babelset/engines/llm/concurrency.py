"""
Slots for requests in flight: as many as still make the server faster, first come, first served.

`Concurrency` hands them out; how many there are is decided by `Climber`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from babelset.engines.llm.climber import Climber
from babelset.errors import ConfigError

HISTORY = 1000  # changes of the limit


@dataclass(slots=True, eq=False)
class Slot:
    """The right to have one request in flight, from `Concurrency.slot`; good for one `async with`."""

    _limiter: Concurrency
    _era: int = 0
    _start: float = 0.0
    _tokens: int | None = None
    _refused: bool = False

    def done(self, tokens: int = 1) -> None:
        """The request was answered, with this many tokens; leave it at 1 if the server does not count them."""
        self._tokens = tokens

    def pushback(self) -> None:
        """The server could not keep up: 429, 5xx, a timeout, a lost connection."""
        self._refused = True

    async def __aenter__(self) -> Self:
        await self._limiter._take(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._limiter._give_back(self)


class Concurrency:
    """
    As many requests in flight as make the server faster, first come, first served; for one event loop at a time.

    >>> limiter = Concurrency(least=1, start=8, most=1024)  # least == most: fixed
    >>> async with limiter.slot() as slot:
    ...     reply = await ask(request)
    ...     slot.done(tokens=reply.completion_tokens)  # or slot.pushback(); neither: nothing is learnt

    The limit moves only while requests wait for a slot. What it has learnt outlives the event loop.
    Raises ConfigError unless 1 <= least <= most; `start` is brought between them.
    """

    def __init__(
        self, least: int = 1, start: int = 8, most: int = 1024, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not 1 <= least <= most:
            raise ConfigError(f"concurrency: wants 1 <= least <= most, got least={least} and most={most}")
        self._climber = Climber(least, min(max(least, start), most), most)
        self._clock = clock
        self._in_flight = 0
        self._waiting: OrderedDict[asyncio.Future[None], Slot] = OrderedDict()
        self._closed_until = -math.inf
        self._opening: asyncio.TimerHandle | None = None
        self._history = deque([(clock(), self.limit)], HISTORY)

    @property
    def limit(self) -> int:
        return self._climber.limit

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def history(self) -> list[tuple[float, int]]:
        """The last 1000 changes as (time by the clock, new limit), the oldest first."""
        return list(self._history)

    def slot(self) -> Slot:
        return Slot(self)

    async def pause(self, seconds: float) -> None:
        """As `pause_until`, and return when the pause is over."""
        self.pause_until(self._clock() + seconds)
        await asyncio.sleep(seconds)

    def pause_until(self, moment: float) -> None:
        """Give nobody a slot before this moment by the clock; of several pauses the longest holds."""
        if moment > self._closed_until:
            self._closed_until = moment
            if self._waiting:
                self._open_later()

    async def _take(self, slot: Slot) -> None:
        if not self._waiting and self._is_free():
            return self._grant(slot)
        if not self._waiting and self._is_closed():
            self._open_later()
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = slot
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.pop(turn, None)
            if not turn.cancelled():  # the turn had come in the same moment
                self._leave()
            raise

    def _give_back(self, slot: Slot) -> None:
        if slot._refused:
            self._climber.pushback(slot._era)
        elif slot._tokens is not None:
            crowded = bool(self._waiting) and not self._is_closed()
            self._climber.done(slot._era, slot._tokens, self._clock() - slot._start, crowded=crowded)
        if self.limit != self._history[-1][1]:
            self._history.append((self._clock(), self.limit))
        self._leave()

    def _leave(self) -> None:
        self._in_flight -= 1
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._is_free():
            turn, slot = self._waiting.popitem(last=False)
            if not turn.cancelled():
                self._grant(slot)
                turn.set_result(None)

    def _grant(self, slot: Slot) -> None:
        self._in_flight += 1
        slot._era, slot._start = self._climber.era, self._clock()

    def _is_free(self) -> bool:
        return self._in_flight < self.limit and not self._is_closed()

    def _is_closed(self) -> bool:
        return self._clock() < self._closed_until

    def _open_later(self) -> None:
        if self._opening:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_later(self._closed_until - self._clock(), self._open)

    def _open(self) -> None:
        if self._is_closed():  # the loop's clock is ahead of ours
            self._open_later()
        else:
            self._serve()
