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
LEAST = 1e-9  # mean cosine that a cosine is divided by


class Side(Protocol):
    """The vectors of a list, each of length 1 or 0, so many at a time as are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Match:
    source: int
    target: int
    similarity: float
    margin: float = 1.0  # the cosine, over what it is on average with the nearest ones of both


def mutual(source: Side, target: Side, block: int = BLOCK, neighbours: int = 0) -> Iterator[Match]:
    """
    The pairs of which each is the nearest of the other, by the cosine; of equally near ones the first counts.

    >>> list(mutual(np.eye(2), np.eye(2)[::-1]))
    [Match(source=0, target=1, similarity=1.0, margin=1.0), Match(source=1, target=0, similarity=1.0, margin=1.0)]

    With `neighbours` it is the nearest by the margin: the cosine over the mean of two means, the cosines of either text
    with so many nearest ones on the other side ("ratio", Artetxe and Schwenk 2019, arXiv 1811.01136). What has nothing
    in common with anything has no nearest.
    """
    import numpy as np

    if not (len(source) and len(target)):
        return
    near = _means(source, target, block, neighbours) if neighbours else (np.ones(len(source)), np.ones(len(target)))
    best = np.zeros(len(source)), np.full(len(source), -1)
    other = np.zeros(len(target)), np.full(len(target), -1)
    for at, by, product in _products(source, target, block):
        own, theirs = near[0][at : at + block], near[1][by : by + block]
        scores = product / ((own[:, None] + theirs) / 2).clip(LEAST) if neighbours else product
        _better(best, scores, at, by)
        _better(other, scores.T, by, at)
    for row, column in enumerate(best[1]):
        if column >= 0 and other[1][column] == row:
            score, mean = float(best[0][row]), max(float(near[0][row] + near[1][column]) / 2, LEAST)
            yield Match(row, int(column), min(score * mean, 1.0), score if neighbours else 1.0)


def _products(source: Side, target: Side, block: int) -> Iterator[tuple[int, int, Any]]:
    """Every block of the matrix of all cosines, with the row and the column that it begins at."""
    for at in range(0, len(source), block):
        rows = source[at : at + block]
        for by in range(0, len(target), block):
            yield at, by, rows @ target[by : by + block].T


def _means(source: Side, target: Side, block: int, most: int) -> tuple[Any, Any]:
    """For each text of either side the mean cosine with its `most` nearest ones on the other, or with all of fewer."""
    import numpy as np

    counts = min(most, len(target)), min(most, len(source))
    nearest = [np.full((len(side), count), -np.inf) for side, count in zip((source, target), counts, strict=True)]
    for at, by, product in _products(source, target, block):
        for found, scores, start in ((nearest[0], product, at), (nearest[1], product.T, by)):
            here = slice(start, start + len(scores))
            both = np.concatenate([found[here], scores], axis=1)
            found[here] = np.partition(both, -found.shape[1], axis=1)[:, -found.shape[1] :]
    return nearest[0].mean(axis=1), nearest[1].mean(axis=1)


def _better(best: tuple[Any, Any], product: Any, at: int, by: int) -> None:
    """Note what is nearer than before, row by row of the product, which begins at `at` and, in columns, at `by`."""
    score, place = best
    nearest = product.argmax(axis=1)
    found = product[range(len(product)), nearest]
    here = slice(at, at + len(product))
    nearer = found > score[here]
    score[here][nearer] = found[nearer]
    place[here][nearer] = nearest[nearer] + by
