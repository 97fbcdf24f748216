"""
Texts as vectors of their character n-grams: TF-IDF, in a fixed number of dimensions by signed hashing.

The cosine of two vectors is that of their n-grams up to chance, which is about 1 / sqrt(DIMENSIONS), 0.01. Time and
memory are linear in the length of the texts: what is kept of a text is its n-grams, and vectors are made when needed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

SIZES = (3, 4, 5)  # of n-grams, in characters
DIMENSIONS = 8192
COUNTED = 1 << 20  # different n-grams that document frequencies tell apart
LONGEST = 10_000  # characters of a text that count


class NGrams:
    """
    The vectors of two lists of texts, whose n-grams weigh less the more texts of both have them.

    >>> one, other = NGrams.both(["la casa blanca"], ["la casa blanca", "plou"])
    >>> (one[0:1] @ other[0:2].T).round(2)
    array([[1., 0.]])
    """

    def __init__(self, hashes: Sequence[tuple[Any, Any]], weights: Any) -> None:
        self._hashes, self._weights = hashes, weights

    @classmethod
    def both(cls, source: Sequence[str], target: Sequence[str]) -> tuple[NGrams, NGrams]:
        import numpy as np

        hashed = [_counted(text) for text in (*source, *target)]
        frequency = np.zeros(COUNTED, np.int64)
        for hashes, _ in hashed:
            frequency[np.unique(hashes % COUNTED)] += 1
        weights = np.log((1 + len(hashed)) / (1 + frequency)) + 1
        return cls(hashed[: len(source)], weights), cls(hashed[len(source) :], weights)

    def __len__(self) -> int:
        return len(self._hashes)

    def __getitem__(self, rows: slice) -> Any:
        import numpy as np

        wanted = self._hashes[rows]
        vectors = np.zeros((len(wanted), DIMENSIONS), np.float32)
        for vector, (hashes, counts) in zip(vectors, wanted, strict=True):
            sign = np.where(hashes >> np.uint64(63), 1.0, -1.0)
            weight = sign * (1 + np.log(counts)) * self._weights[hashes % COUNTED]
            vector += np.bincount((hashes >> np.uint64(32)) % DIMENSIONS, weight, DIMENSIONS)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)


def _counted(text: str) -> tuple[Hashes, Any]:
    """The hashes of a text's n-grams, and how often each is there."""
    import numpy as np

    folded = " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).lower().split())
    points = np.frombuffer(f" {folded} ".encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    every = [_mixed(_rolled(points, size)) for size in SIZES if len(points) >= size]
    return np.unique(np.concatenate(every) if every else points[:0], return_counts=True)


def _rolled(points: Hashes, size: int) -> Hashes:
    """A polynomial hash of each n-gram; 64 bits overflow, as they should."""
    import numpy as np

    rolled = np.full(len(points) - size + 1, size, np.uint64)
    for at in range(size):
        rolled = rolled * np.uint64(0x100000001B3) + points[at : at + len(rolled)]
    return rolled


def _mixed(hashes: Hashes) -> Hashes:
    """Each bit of a hash in all of its bits (the finaliser of MurmurHash3)."""
    import numpy as np

    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(33))
