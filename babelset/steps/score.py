"""The step `score`: as `babelset score` does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from babelset.contracts.checks import check_models
from babelset.contracts.step import Stage, Step
from babelset.files.row import Row
from babelset.scoring.graded import Graded
from babelset.scoring.scores import Scoring, add_scores, build_scorers, scored_first
from babelset.steps.whole import WholeStep
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class Score(WholeStep, frozen=True):
    """
    Add scores to the rows, as `babelset score` does.

    >>> Score(scorers=["cometkiwi:models/kiwi", "length"], options={"length": {"tolerance": 3.0}})
    """

    scorers: list[str] = Field(alias="with", min_length=1)  # as "comet:MODEL"
    options: dict[str, Any] = Field({})  # of theirs: { length = { tolerance = 3.0 } }
    sample: int | None = Field(None, ge=1)  # rows, of all of them

    def _order(self, stage: Stage) -> Scoring:
        scorers = build_scorers(self.scorers, self.options, {})
        return Scoring(
            stage.inputs, stage.output, scorers, self.sample, stage.format, force=stage.force, shard=stage.shard
        )

    def undivided(self, before: Sequence[Step] = ()) -> str:
        return "it draws its sample from all rows" if before and self.sample else ""

    def check(self, stage: Stage) -> None:
        check_models(self._order(stage).scorers)
        for scorer in self._order(stage).scorers:
            if isinstance(scorer, Graded):  # which has no model, or a wrong option of it: before others are paid for
                scorer.unload(scorer.load(None))

    def trial(self, rows: Sequence[Row], stage: Stage) -> Sequence[dict[str, Any]]:
        return scored_first(rows, self._order(stage).scorers)

    def make(self, stage: Stage, watch: Watch) -> Manifest:
        return add_scores(self._order(stage), watch)
