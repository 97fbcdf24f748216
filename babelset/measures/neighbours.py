"""Which texts of two lists are each other's nearest: exact, by blocks of matrix products, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.floating[Any]]

BLOCK = 2048  # rows of a product


class Side(Protocol):
    """The vectors of a list, each of length 1 or 0, so many at a time as are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Match:
    source: int
    target: int
    similarity: float


def mutual(source: Side, target: Side, block: int = BLOCK) -> Iterator[Match]:
    """
    The pairs of which each is the nearest of the other, by the cosine; of equally near ones the first counts.

    >>> list(mutual(np.eye(2), np.eye(2)[::-1]))
    [Match(source=0, target=1, similarity=1.0), Match(source=1, target=0, similarity=1.0)]

    What has nothing in common with anything has no nearest.
    """
    import numpy as np

    best = np.zeros(len(source)), np.full(len(source), -1)
    other = np.zeros(len(target)), np.full(len(target), -1)
    for at in range(0, len(source), block):
        rows = source[at : at + block]
        for by in range(0, len(target), block):
            product = rows @ target[by : by + block].T
            _better(best, product, at, by)
            _better(other, product.T, by, at)
    for row, column in enumerate(best[1]):
        if column >= 0 and other[1][column] == row:
            yield Match(row, int(column), min(float(best[0][row]), 1.0))


def _better(best: tuple[Any, Any], product: Any, at: int, by: int) -> None:
    """Note what is nearer than before, row by row of the product, which begins at `at` and, in columns, at `by`."""
    score, place = best
    nearest = product.argmax(axis=1)
    found = product[range(len(product)), nearest]
    here = slice(at, at + len(product))
    nearer = found > score[here]
    score[here][nearer] = found[nearer]
    place[here][nearer] = nearest[nearer] + by
