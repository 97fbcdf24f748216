"""
How alike a text is to each of many: short texts by ROUGE-L F over words, documents by MinHash.

ROUGE-L F of two texts is twice the length of their longest common subsequence of words, divided by the words of both.
That is the normalised Indel similarity of the texts, with a character in place of each word: of 256 texts at a time
against a pool of 50,000, 0.4 ms a text (two x86 cores; one at a time 3 ms).
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import regex

from babelset.errors import ConfigError

SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
WORD = regex.compile(rf"(?V1)[{SPACELESS}]\p{{M}}*|[\w--[{SPACELESS}]]+")
SURROGATES, CODES = 0xD800, 0x110000 - 0x800  # characters that are none; how many there are without them
BLOCK = 16_384  # texts of the pool that are compared at once
PERMUTATIONS, SEED = 128, 1
SHINGLE = 5  # words
FOUND = 0.99  # of the documents that are just alike enough


@dataclass(frozen=True, slots=True)
class Near:
    """A text of the pool, and how alike it is, from 0 to 1."""

    id: str
    score: float


def words(text: str) -> list[str]:
    """
    The words of a text, folded; characters where the script has no spaces; whatever there is where nothing is a word.

    >>> words("Don't 写字!")
    ['don', 't', '写', '字']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return WORD.findall(folded) or list("".join(folded.split()))


class Pool(ABC):
    """
    Texts that are different enough from each other.

    >>> pool = RougePool(threshold=0.7)
    >>> pool.sift([("1", "Name three fruits."), ("2", "Name three fruits!"), ("3", "What is rain?")])
    [[], [Near(id='1', score=1.0)], []]
    >>> len(pool)
    2
    """

    def __init__(self, threshold: float, most: int = 3) -> None:
        self.threshold, self.most = threshold, most
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._ids)

    def too_near(self, near: Sequence[Near]) -> bool:
        """Whether a text with these neighbours is left out: one is above the threshold, or equal."""
        return bool(near) and (near[0].score > self.threshold or near[0].score == 1)

    @abstractmethod
    def sift(self, texts: Sequence[tuple[str, str]]) -> list[list[Near]]:
        """Add the texts, by id, that are not `too_near` to one before; the nearest of the pool for each, best first."""

    def _best(self, scores: dict[int, float]) -> list[Near]:
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[: self.most]
        return [Near(self._ids[number], score) for number, score in best]


class RougePool(Pool):
    """Short texts, each compared with all others: its time grows with the square of their number."""

    def __init__(self, threshold: float, most: int = 3) -> None:
        super().__init__(threshold, most)
        with _extra():
            import rapidfuzz  # noqa: F401
        self._codes: dict[str, str] = {}
        self._pool: list[str] = []

    def sift(self, texts: Sequence[tuple[str, str]]) -> list[list[Near]]:
        coded = [self._coded(text) for _, text in texts]
        found = self._against_pool(coded)
        among = _similarities(coded, coded).tolist()
        kept: dict[int, int] = {}  # their places in the pool, by number in `texts`
        nearest = []
        for number, (id, _) in enumerate(texts):
            scores = {place: among[number][other] for other, place in kept.items() if among[number][other] > 0}
            near = self._best(found[number] | scores) if coded[number] else []
            nearest.append(near)
            if coded[number] and not self.too_near(near):
                kept[number] = len(self._pool)
                self._ids.append(id)
                self._pool.append(coded[number])
        return nearest

    def add(self, id: str, text: str) -> None:
        """Add a text, however near it is to others."""
        if coded := self._coded(text):
            self._ids.append(id)
            self._pool.append(coded)

    def _coded(self, text: str) -> str:
        """A character for each word; beyond a million words several share one."""
        return "".join(self._codes.setdefault(word, _character(len(self._codes))) for word in words(text))

    def _against_pool(self, coded: Sequence[str]) -> list[dict[int, float]]:
        """The scores of the nearest by place, a few for each text."""
        found: list[dict[int, float]] = [{} for _ in coded]
        for start in range(0, len(self._pool), BLOCK):
            for scores, row in zip(found, _similarities(coded, self._pool[start : start + BLOCK]), strict=True):
                scores |= {start + place: score for place, score in _highest(row, self.most)}
        return found


def _character(number: int) -> str:
    number %= CODES
    return chr(number if number < SURROGATES else number + 0x800)


def _similarities(texts: Sequence[str], pool: Sequence[str]) -> Any:
    import numpy
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    found = cdist(texts, pool, scorer=Indel.normalized_similarity, dtype=numpy.float64, workers=-1)
    return numpy.round(found, 9)  # so that 0.7 is not above 0.7


def _highest(row: Any, most: int) -> list[tuple[int, float]]:
    """The highest scores above 0 and their places, of equal ones the first."""
    import numpy

    least = numpy.partition(row, -most)[-most] if len(row) > most else 0
    places = numpy.flatnonzero((row >= least) & (row > 0))
    best = places[numpy.argsort(-row[places], kind="stable")[:most]]
    return list(zip(best.tolist(), row[best].tolist(), strict=True))


class MinHashPool(Pool):
    """
    Documents, by their sets of five words in a row: its time grows with their number. The score is an estimate of the
    Jaccard similarity, off by 0.035 at 0.8 (one standard deviation).
    """

    def __init__(self, threshold: float, most: int = 3) -> None:
        super().__init__(threshold, most)
        with _extra():
            import rensa
        self._new: Callable[[], Any] = lambda: rensa.RMinHash(PERMUTATIONS, SEED)
        self._index = rensa.RMinHashLSH(threshold, PERMUTATIONS, _bands(threshold))
        self._hashes: list[Any] = []

    def sift(self, texts: Sequence[tuple[str, str]]) -> list[list[Near]]:
        return [self._one(id, words(text)) for id, text in texts]

    def _one(self, id: str, found: list[str]) -> list[Near]:
        if not found:
            return []
        hashed = self._new()
        last = max(1, len(found) - SHINGLE + 1)
        hashed.update(["\0".join(found[start : start + SHINGLE]) for start in range(last)])
        scores = {place: hashed.jaccard(self._hashes[place]) for place in self._index.query(hashed)}
        near = self._best({place: score for place, score in scores.items() if score > 0})
        if not self.too_near(near):
            self._index.insert(len(self._hashes), hashed)
            self._hashes.append(hashed)
            self._ids.append(id)
        return near


def _bands(threshold: float) -> int:
    """The fewest bands that find `FOUND` of the documents that are as alike as `threshold`."""
    numbers = [1 << power for power in range(PERMUTATIONS.bit_length())]
    return next(n for n in numbers if 1 - (1 - threshold ** (PERMUTATIONS // n)) ** n >= FOUND or n == PERMUTATIONS)


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise ConfigError("similarity needs an extra: pip install 'babelset[dedup]'") from None
