"""Batches that waste little: sorted by length, each within a budget of tokens, padding included."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """
    Positions in `lengths`, the longest first, grouped so that rows x longest row <= budget.

    >>> batches([3, 9, 4], budget=10)
    [[1], [2, 0]]
    """
    groups: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def shared(lengths: Sequence[int], budget: int, workers: int) -> list[list[int]]:
    """
    Batches that keep every worker busy to the end: a multiple of `workers` of them, of about the same size.

    >>> shared([4, 4, 4, 4], budget=12, workers=2)      # not three rows for one and one for the other
    [[0, 1], [2, 3]]
    """
    rounds = -(-len(batches(lengths, budget)) // workers)
    budgets = range(1, budget + 1)
    enough = bisect_left(budgets, True, key=lambda size: len(batches(lengths, size)) <= rounds * workers)
    return batches(lengths, budgets[min(enough, budget - 1)])


def looped(tokens: Sequence[str], rounds: int = 4, longest: int = 32) -> int:
    """
    How many tokens stand in the longest run of one phrase said at least `rounds` times in a row.

    >>> looped("we go on and on and on and on and on".split())
    9
    """
    worst = 0
    for period in range(1, min(longest, len(tokens) // rounds) + 1):
        run = 0
        for token, earlier in zip(tokens[period:], tokens, strict=False):
            run = run + 1 if token == earlier else 0
            if run >= period * (rounds - 1):
                worst = max(worst, run + period)
    return worst
