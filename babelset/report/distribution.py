"""Numbers of any count in bounded memory: enough to draw, to cut and to say where the middle is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import floor, log10

MOST_BINS = 24
LARGEST = 1e12  # what lies beyond counts as this


@dataclass
class Distribution:
    """
    How often each value came, values rounded down: to three decimals, from 10 on to three digits.

    Rounded down, a value stays on its side of every cut of up to three decimals.
    """

    counts: Counter[float] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        self.counts[_floored(min(max(value, -LARGEST), LARGEST))] += 1

    def __len__(self) -> int:
        return self.counts.total()

    def __add__(self, other: Distribution) -> Distribution:
        return Distribution(self.counts + other.counts)

    def at_least(self, cut: float) -> int:
        return sum(count for value, count in self.counts.items() if value >= cut)

    def quantile(self, share: float) -> float:
        """The least value that `share` of all do not exceed; 0.0 where there is none."""
        wanted = share * len(self)
        return next((value for value, below in self._running if below >= wanted), 0.0)

    @cached_property  # of a distribution that is complete
    def _running(self) -> list[tuple[float, int]]:
        values = sorted(self.counts)
        return list(zip(values, accumulate(self.counts[value] for value in values), strict=True))


@dataclass(frozen=True, slots=True)
class Bin:
    """The values from `low` on and below `high`; the outermost bins hold what lies beyond them too."""

    low: float
    high: float
    accepted: int
    rejected: int


def bins(accepted: Distribution, rejected: Distribution) -> tuple[Bin, ...]:
    """Both over the same bins, at most 24 of a round width, fitted to all but the outermost values."""
    together = accepted + rejected
    if not together:
        return ()
    edges = list(_edges(together))
    counts = [_binned(each, edges) for each in (accepted, rejected)]
    return tuple(map(Bin, edges, edges[1:], *counts))


def _edges(values: Distribution) -> Iterator[float]:
    if min(values.counts) >= 0 and max(values.counts) <= 1:
        first, step, count = 0, 0.05, 20
    else:
        low, high = values.quantile(0.005), values.quantile(0.995)
        step = round_step((high - low) / (MOST_BINS - 2))
        first, last = (floor(edge / step + 1e-9) for edge in (low, high))
        count = last - first + 1
    yield from (round((first + index) * step, 10) for index in range(count + 1))


def round_step(least: float) -> float:
    """`round_step(0.13)` -> 0.2: the next of 1, 2, 5 times a power of ten."""
    if least <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if factor * power >= least)


def _binned(values: Distribution, edges: list[float]) -> list[int]:
    found = [0] * (len(edges) - 1)
    width = edges[1] - edges[0]
    for value, count in values.counts.items():
        index = floor((value - edges[0]) / width + 1e-9)
        found[min(max(index, 0), len(found) - 1)] += count
    return found


def _floored(value: float) -> float:
    if abs(value) < 10:
        return (round(value * 10_000) // 10) / 1000  # scores have four decimals
    size: float = 10.0 ** (floor(log10(abs(value))) - 2)
    return value // size * size
