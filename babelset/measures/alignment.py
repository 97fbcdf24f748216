"""
How well a model's vectors align languages, by sentences that say the same: MEXA, and the mean cosine.

MEXA (arXiv 2410.05873) is the share of sentences whose vector is nearer to that of their translation than every other
one is, seen from both. The mean cosine of translations is what Language Ranker compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating[Any]]

DIGITS = 12  # of a cosine: behind them is what the order of a sum does, and equal vectors must be equally near


def cosines(source: Matrix, target: Matrix) -> Matrix:
    """Of every vector of the one with every one of the other, in one product; a vector of zeros is near nothing."""
    import numpy as np

    one, other = (side / np.linalg.norm(side, axis=1, keepdims=True).clip(1e-300) for side in _exact(source, target))
    product: Matrix = np.round(one @ other.T, DIGITS)
    return product


def mexa(similarities: Matrix) -> float:
    """
    The share of places where the diagonal is strictly the largest of its row and its column.

    >>> mexa(np.eye(3)), mexa(np.eye(3)[::-1]), mexa(np.ones((3, 3)))
    (1.0, 0.3333333333333333, 0.0)
    """
    import numpy as np

    own = np.diag(similarities)
    others = np.array(similarities, float)
    np.fill_diagonal(others, -np.inf)
    return float(np.mean((own > others.max(axis=1)) & (own > others.max(axis=0))))


def aligned(source: Sequence[Matrix], target: Sequence[Matrix]) -> dict[str, Any]:
    """MEXA and mean cosine of each layer, and pooled over layers: their mean, and MEXA's highest."""
    import numpy as np

    products = [cosines(one, other) for one, other in zip(source, target, strict=True)]
    layers = [{"mexa": mexa(product), "cosine": float(np.mean(np.diag(product)))} for product in products]
    pooled = {name: float(np.mean([layer[name] for layer in layers])) for name in ("mexa", "cosine")}
    return {**pooled, "mexa_max": max(layer["mexa"] for layer in layers), "layers": layers}


def _exact(*sides: Matrix) -> list[Matrix]:
    import numpy as np

    return [np.asarray(side, np.float64) for side in sides]
