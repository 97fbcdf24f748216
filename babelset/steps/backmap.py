"""The step `backmap`: free answers to a translated test set, mapped back to its rows, and translated back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.default import choose
from babelset.contracts.engine import Engine
from babelset.contracts.step import Failed, FilePath, Made, Rows, RowStep, Running, Stage, StepOutcome, StepRow
from babelset.errors import ConfigError, DataError
from babelset.exports.backmap import Backmap
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.steps.engines import engine_of, ladders, pair_of
from babelset.translation.texts import passages, segment_of


class MapBack(RowStep, frozen=True):
    """
    Map free answers to a translated test set back to its rows and, with a language, translate them back.

    >>> MapBack(questions="eval/b_mgsm.jsonl", to="hi")

    Answers are lines of your own, {id, prediction}, or those of lm-eval's --log_samples. A row becomes {id, prediction,
    prediction_translated}; one that names no row of the test set, or one that has an answer already, fails. Labels of
    multiple choice need none of this: they are those of the source.
    """

    remembers: ClassVar[bool] = True
    target_optional: ClassVar[bool] = True

    questions: FilePath = Field(alias="rows")  # the test set that was answered
    to: str = ""  # language of the answers; without one they stay as they are
    translator: str = ""  # an engine, a model behind its colon; otherwise the default one
    options: dict[str, dict[str, Any]] = Field({})  # of it: { nllb = { beam = 4 } }

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"id", "prediction"} | ({"prediction_translated"} if self.to else set()))

    def language(self, stage: Stage) -> str:
        return stage.target or stage.source

    def check(self, stage: Stage) -> None:
        if not Path(self.questions).is_file():
            raise ConfigError(f"rows: {self.questions}: there is no such file; name the test set that was answered")
        if stage.target:
            self._engine(stage)

    def _engine(self, stage: Stage) -> Engine:
        return engine_of(self.translator, self.options) if self.translator else choose(pair_of(stage)).engine

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        stage = running.stage
        ids = [str(row.data.get("id", row.number)) for row in read([self.questions]) if isinstance(row, Row)]
        if not stage.target:
            yield _mapping(Backmap(ids))
            return
        pair, engine = pair_of(stage), self._engine(stage)
        with ladders({engine.name: engine}, pair, running) as made:
            ladder = made[engine.name]
            yield _mapping(Backmap(ids, lambda texts: passages(ladder, [segment_of(text) for text in texts], pair)))


def _mapping(backmap: Backmap) -> Callable[[Sequence[StepRow]], list[StepOutcome]]:
    def rows(batch: Sequence[StepRow]) -> list[StepOutcome]:
        lines = backmap.lines([row.data for row in batch])
        return [
            Failed(line.reason, line.field) if isinstance(line, DataError) else Made([dict(line)]) for line in lines
        ]

    return rows
