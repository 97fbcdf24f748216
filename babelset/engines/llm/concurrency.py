"""Requests in flight: as many as still make the server faster, first come, first served."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from babelset.errors import ConfigError

GAIN, LOSS, FALL = 0.05, 0.1, 0.3  # of throughput: what a step up must bring, a step down may cost; reason to halve
CHANCE = 0.6  # readings of n requests to a server with a queue differ by about this much / sqrt(n)
STRAYS, STRAY_SHARE = 2, 0.02  # refusals that mean nothing: so many at once, and this share of all requests
WINDOW = 64  # requests at least
LONG = 8  # windows before a value that was refused is tried again


class Limit:
    """
    Additive increase, multiplicative decrease: `value` is how many requests may be in flight.

    From the start it doubles while that pays, or else halves while that costs nothing. Then it grows by one after each
    window of answers, and returns to the best value known where a quarter more brings nothing. It halves when the
    server refuses requests or throughput falls; after refusals it returns fast to just below what was refused.

    Throughput is value * tokens / seconds in flight (Little's law): by the wall clock it would depend on whether the
    last long answer comes just before the end of the window. A change begins an era; only requests of the era count.
    """

    def __init__(self, least: int, start: int, most: int) -> None:
        if not 1 <= least <= most:
            raise ConfigError(f"concurrency: wants 1 <= least <= most, got least={least} and most={most}")
        self.value = self._start = min(max(least, start), most)
        self.era, self._least, self._most = 0, least, most
        self._base, self._rate = 0, 0.0  # the best value known, 0 for none, and its throughput
        self._factor, self._strays = 2.0, 0.0  # the factor is that of a step, and 1 when the start is over
        self._left, self._want, self._tokens, self._seconds = 0, 0, 0, 0.0  # of the window
        self._held = self._ceiling = self._cut = 0  # last value not refused, value to return to, era of the last cut
        self._move(self.value)

    def done(self, era: int, tokens: int, seconds: float, *, crowded: bool) -> None:
        """A request was answered; unless others wait (`crowded`), it is not the limit that holds the client back."""
        self._strays = max(0.0, self._strays - STRAY_SHARE)
        if not crowded:
            self._move(self.value)
        elif era == self.era:
            self._left -= 1
            if self._left < self._want:
                self._tokens, self._seconds = self._tokens + tokens, self._seconds + seconds
            if not self._left:
                self._decide(self.value * self._tokens / self._seconds if self._seconds else math.inf)

    def refused(self, era: int) -> None:
        """The server could not keep up. Requests that started before the last cut only say the same again."""
        self._strays += era >= self._cut
        if era >= self._cut and self._strays > STRAYS + STRAY_SHARE * self.value:
            if self._held or not self._ceiling:  # else still on the way down
                self._ceiling = (self._held + self.value) // 2
            self._halve()

    def _decide(self, rate: float) -> None:
        self._held, base, up = self.value, self._base, self.value > self._base
        if self.value < self._ceiling:
            self._move(min(2 * self.value, self._ceiling))
        elif base and self._factor == 1 and rate < self._rate * (1 - FALL):
            self._ceiling = 0
            self._halve()
        elif self.value == base:
            self._rate = (self._rate + rate) / 2
            self._move(base + 1)
        elif not base or rate > self._rate * (1 + max(GAIN, CHANCE / math.sqrt(self._want)) if up else 1 - LOSS):
            self._base, self._rate = self.value, rate
            self._move(self.value + 1 if self._factor == 1 else int(self.value * self._factor))
        elif self._factor != 1:  # the step did not pay
            self._factor = 0.5 if up and base == self._start else 1
            self._move(int(base * self._factor))
        else:
            self._move(self.value + 1 if self.value < base * 1.25 else base)

    def _halve(self) -> None:
        self._base, self._held, self._factor, self._strays = 0, 0, 1, 0.0
        self._move(self.value // 2)
        self._cut = self.era

    def _move(self, value: int) -> None:
        self.value = min(max(self._least, value), self._most)
        self.era += 1
        self._want = max(WINDOW, self.value) * (LONG if self.value == self._ceiling else 1)
        if self.value < self._ceiling:  # the way back: nothing is measured
            self._want = self.value
        self._left = self._want + (self.value if self._factor != 1 else 0)  # the server adapts to a large step first
        self._tokens, self._seconds = 0, 0.0


@dataclass(slots=True)
class Slot:
    """The right to have one request in flight; says how it went."""

    era: int
    tokens: int | None = None  # of the answer; None: nothing is learnt
    refused: bool = False  # the server could not keep up: 429, 5xx, a timeout, a lost connection


class Concurrency:
    """
    Slots for requests, given in order of arrival; for one event loop.

    >>> limiter = Concurrency(least=1, start=8, most=1024)  # least == most: fixed
    >>> async with limiter.slot() as slot:
    ...     slot.tokens = (await ask(request)).completion_tokens

    Raises ConfigError unless 1 <= least <= most; `start` is brought between them.
    """

    def __init__(self, least: int = 1, start: int = 8, most: int = 1024) -> None:
        self._limit = Limit(least, start, most)
        self._in_flight, self._closed_until = 0, -math.inf
        self._turn, self._freed = asyncio.Lock(), asyncio.Event()  # whoever has the turn waits for the next slot

    @property
    def limit(self) -> int:
        return self._limit.value

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def pause(self, seconds: float) -> None:
        """Give nobody a slot for so long; of several pauses the last to end holds."""
        self._closed_until = max(self._closed_until, _now() + seconds)

    @asynccontextmanager
    async def slot(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> AsyncIterator[Slot]:
        """The next; `sleep` is what a pause is waited for with."""
        async with self._turn:
            while (pause := self._closed_until - _now()) > 0 or self._in_flight >= self.limit:
                self._freed.clear()
                await (sleep(pause) if pause > 0 else self._freed.wait())
            self._in_flight += 1
        slot, start = Slot(self._limit.era), _now()
        try:
            yield slot
        finally:
            self._learn(slot, _now() - start)
            self._in_flight -= 1
            self._freed.set()

    def _learn(self, slot: Slot, seconds: float) -> None:
        if slot.refused:
            self._limit.refused(slot.era)
        elif slot.tokens is not None:
            crowded = self._turn.locked() and self._closed_until <= _now()
            self._limit.done(slot.era, slot.tokens, seconds, crowded=crowded)


def _now() -> float:
    return asyncio.get_running_loop().time()
