"""The step `dedup`: rows that are too similar to an earlier one are rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import ClassVar

from pydantic import Field

from babelset.contracts.detect import detect
from babelset.contracts.paths import steps, walk
from babelset.contracts.step import Made, Rejected, Rows, RowStep, Running, Stage, StepOutcome, StepRow, knowing
from babelset.errors import BabelsetError, ConfigError, DataError
from babelset.files.row import KEY
from babelset.files.survey import FIRST
from babelset.measures.similarity import MinHashPool, Near, Pool, RougePool

Texts = Callable[[StepRow], str]


class Dedup(RowStep, frozen=True):
    """
    Reject rows that are too similar to an earlier one: short texts by ROUGE-L, documents by MinHash.

    >>> Dedup(fields=["instruction"], threshold=0.7)

    Each row carries the three nearest ones that were kept before it: `similar = [{id, score}]`.
    """

    remembers: ClassVar[bool] = True
    quick: ClassVar[bool] = True

    fields: str | list[str] = ""  # columns to compare, "instruction,input"; all texts of the row when not given
    threshold: float = Field(0.7, ge=0, le=1)  # ROUGE-L F above which a row is rejected; equal ones always are
    near: float | None = Field(None, gt=0, le=1)  # for documents: the Jaccard similarity, as MinHash estimates it

    def needs(self) -> frozenset[str]:
        return frozenset(path[0] for path in self.paths)

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The ways to the columns."""
        named = self.fields.split(",") if isinstance(self.fields, str) else self.fields
        return [steps(path.strip()) for path in named if path.strip()]

    def check(self, stage: Stage) -> None:
        self._pool()  # the extra

    def _pool(self) -> Pool:
        return RougePool(self.threshold) if self.near is None else MinHashPool(self.near)

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        texts, pool = self._texts(running), self._pool()
        said = f"more than {pool.threshold:g} similar to an earlier row"

        def outcome(row: StepRow, near: Sequence[Near]) -> StepOutcome:
            known = {"similar": [{"id": each.id, "score": round(each.score, 4)} for each in near]}
            return Rejected(said, known) if pool.too_near(near) else Made([knowing(row.data, **known)])

        def sifted(batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
            found = pool.sift([(row.id, texts(row)) for row in batch])
            return [outcome(row, near) for row, near in zip(batch, found, strict=True)]

        yield sifted

    def _texts(self, running: Running) -> Texts:
        """What is compared of a row."""
        if paths := self.paths:
            return lambda row: "\n".join(
                place.value for path in paths for place in walk(row.data, path) if isinstance(place.value, str)
            )
        first = [_bare(row) for row in islice(running.read(), FIRST)]
        try:
            schema = detect(first).schema if first else None
        except BabelsetError as error:
            raise ConfigError(f"which columns are to be compared? Name them: --set fields=a,b ({error})") from None

        def found(row: StepRow) -> str:
            try:
                return "\n".join(field.text for field in schema.fields(_bare(row))) if schema else ""
            except DataError:
                return ""  # a row of another form has nothing that could be compared

        return found


def _bare(row: StepRow) -> dict[str, object]:
    return {key: value for key, value in row.data.items() if key != KEY}
