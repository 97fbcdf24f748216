"""A shard: one of the parts that a dataset is cut into, to be worked on by several processes or machines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from babelset.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Shard:
    """
    Part `number`, from 1, `of` so many: which rows it has depends on nothing but how many there are.

    >>> Shard.of_text("3/64")
    Shard(number=3, of=64)
    """

    number: int
    of: int
    reads: str = ""  # of a later step of a pipeline: what the step before made of this part, all of which it reads

    @classmethod
    def of_text(cls, text: str) -> Shard:
        """Raises ConfigError for anything but K/N with K from 1 to N."""
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        number, of = map(int, found.groups()) if found else (0, 0)
        if not 1 <= number <= of:
            raise ConfigError(f"--shard {text!r}: write it as K/N, the part and the number of parts: 1/4, 2/4 ... 4/4")
        return cls(number, of)

    def rows(self, total: int, chunk: int) -> range:
        """
        The numbers of its rows: whole chunks, so that they are the chunks of one run, where there is one a shard.

        >>> Shard(2, 3).rows(10, chunk=256), Shard(2, 3).rows(10, chunk=2)
        (range(3, 6), range(2, 6))
        """
        if self.reads:
            return range(total)
        step = chunk if total >= self.of * chunk else 1
        first, end = (number * total // self.of // step * step for number in (self.number - 1, self.number))
        return range(first, total if self.number == self.of else end)


@dataclass(frozen=True, slots=True)
class Within:
    """Some rows of files that hold `counts` rows each."""

    rows: range
    counts: Sequence[int]
