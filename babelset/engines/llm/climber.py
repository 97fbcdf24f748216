"""
How many requests at a time make a server faster: the decisions, without a clock and without asyncio.

Throughput is read off by Little's law, as limit x tokens / seconds spent in slots. Tokens per second of wall clock
would need a window many times as long, since it matters there whether the last long answer comes just before the
window's end or just after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

GAIN, LOSS = 0.05, 0.01  # of throughput: what a higher limit must bring, what a lower one may cost
CHANCE = 0.6  # readings of n requests to a server with a queue differ by about this much / sqrt(n)
STRAYS, STRAY_SHARE = 2, 0.02  # refusals let pass: so many in a row, and this share of all
CALM, CALMEST = 2, 16  # windows between two probes; twice as many after each that failed
SMALLEST_WINDOW = 32  # requests


@dataclass(frozen=True, slots=True)
class Reading:
    limit: int
    rate: float  # tokens per second
    requests: int

    def better_than(self, base: Reading) -> bool:
        """Is this limit worth having instead of the base's? A higher one must pay, a lower one must not cost."""
        if self.limit < base.limit:
            return self.rate >= base.rate * (1 - LOSS)
        share = self.limit / base.limit - 1  # the gain, if the server still had as much to spare
        gain = min(share / 2, max(GAIN, CHANCE / math.sqrt(self.requests)))
        return self.rate > base.rate * (1 + gain)


@dataclass(slots=True)
class Window:
    """Finished requests under one limit: the first ones are skipped, they met a server that had not filled up."""

    limit: int
    skip: int
    want: int
    seen: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def add(self, tokens: int, seconds: float) -> Reading | None:
        """The reading, once the window is full."""
        self.seen += 1
        if self.seen > self.skip:
            self.tokens += tokens
            self.seconds += seconds
        return self._reading() if self.seen == self.skip + self.want else None

    def _reading(self) -> Reading:
        rate = self.limit * self.tokens / self.seconds if self.seconds else math.inf
        return Reading(self.limit, rate, self.want)


class Climber:
    """
    Finds the smallest limit with nearly the full throughput, from the requests that finish.

    `base` is the best limit known. The limit doubles while that pays, then returns to the base and leaves it
    only for a probe by an eighth, up and down in turn. A pushback ends slow start; it halves the limit, or takes
    back the probe that met it. Later a single one may be a stray: it takes three in short order, and over 2 % of
    the requests. The way back is half of what is missing to the limit that was refused, window by window; that
    limit itself is tried again like any other probe.

    A request is reported with the `era` in which it started; each change of the limit begins a new one.
    """

    def __init__(self, least: int, start: int, most: int) -> None:
        self.limit, self.era = start, 0
        self._least, self._most = least, most
        self._base: Reading | None = None  # None until the first full window since the start or a pushback
        self._refused: int | None = None
        self._cut = 0  # era that the last pushback began
        self._strays = 0.0
        self._fast, self._up = True, True
        self._calm, self._wait = CALM, 0
        self._window = self._first_window()

    def done(self, era: int, tokens: int, seconds: float, *, crowded: bool) -> None:
        """A request was answered; `crowded` if others were waiting for its slot."""
        self._strays = max(0.0, self._strays - STRAY_SHARE)
        if not crowded:  # the limit is not what holds the client back: nothing is learnt about it
            self._begin()
        elif era == self.era and (reading := self._window.add(tokens, seconds)):
            self._decide(reading)

    def pushback(self, era: int) -> None:
        """A request was refused. Those that started before the last cut only say the same again."""
        if era < self._cut:
            return
        self._strays += 1
        if self._strays <= self._tolerated():
            return
        if self._base or not self._refused:  # else still on the way down from a limit that is remembered
            self._refused = max(self.limit, self._least + 1)
            self._calm = min(2 * self._calm, CALMEST)
        proven = self._base.limit if self._base and self._base.limit < self.limit else self._least
        self._base, self._fast, self._up, self._strays = None, True, True, 0.0
        self._move(max(proven, self.limit // 2))
        self._cut = self.era

    def _tolerated(self) -> float:
        slow_start = self._fast and not self._refused
        return 0.0 if slow_start else STRAYS + STRAY_SHARE * self.limit

    def _decide(self, now: Reading) -> None:
        base = self._base
        if base is None:
            self._base = now
            self._probe()
        elif now.limit == base.limit:
            self._stay(replace(now, rate=(base.rate + now.rate) / 2))
        elif now.better_than(base):
            self._accept(now)
        else:
            self._reject(base)

    def _stay(self, base: Reading) -> None:
        self._base = base
        self._wait -= 1
        self._window = Window(self.limit, 0, max(2 * self.limit, SMALLEST_WINDOW))
        if self._wait <= 0:
            self._probe(rested=True)

    def _accept(self, now: Reading) -> None:
        self._base = now
        if self._refused and now.limit >= self._refused:
            self._refused = None
        if not self._refused:
            self._calm, self._fast = CALM, self._up
        self._probe()

    def _reject(self, base: Reading) -> None:
        self._up = not self._up
        self._calm = min(2 * self._calm, CALMEST)
        self.limit = base.limit
        self._rest()

    def _probe(self, rested: bool = False) -> None:
        target = self._higher() if self._up else max(self._least, self.limit - self._eighth())
        if target == self.limit:
            self._up = not self._up
            self._rest()
        elif target == self._refused and not rested:
            self._rest()
        else:
            self._move(target)

    def _higher(self) -> int:
        if not self._refused:
            step = self.limit if self._fast else self._eighth()
        else:
            missing = self._refused - self.limit
            step = max(1, min(self.limit, missing // 2)) if self._fast else min(self._eighth(), missing)
        return min(self.limit + step, self._most)

    def _eighth(self) -> int:
        return max(1, self.limit // 8)

    def _rest(self) -> None:
        self._wait, self._fast = self._calm, False
        self._begin()

    def _move(self, limit: int) -> None:
        self.limit = limit
        self._begin()

    def _begin(self) -> None:
        self.era += 1
        self._window = self._first_window()

    def _first_window(self) -> Window:
        if self._fast and self._refused:  # the way back is known: a generation that comes home is enough
            return Window(self.limit, 0, self.limit)
        rounds = 1 if self._fast else 2
        return Window(self.limit, self.limit, max(rounds * self.limit, SMALLEST_WINDOW))
