"""The step `filter`: as `babelset filter` does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from babelset.contracts.checks import build_filters, check_models
from babelset.contracts.step import PROMISED, Stage, Step
from babelset.errors import ConfigError
from babelset.files.row import KEY, Row
from babelset.scoring.refilter import Refilter, refilter
from babelset.scoring.scores import scored_first
from babelset.scoring.selection import KeepBest, Where
from babelset.steps.whole import WholeStep
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class Filter(WholeStep, frozen=True):
    """
    Decide again about translated rows, from their scores, as `babelset filter` does.

    >>> Filter(filters={"length": {"tolerance": 1.5}}, where="cometkiwi >= 0.7")
    """

    filters: dict[str, bool | dict[str, Any]] = Field({})  # options of checks by name; false turns one off
    where: str = ""  # a formula over scores that rows must fulfil
    keep: int | None = Field(None, ge=0)  # the best rows of each target language
    keep_percent: float | None = Field(None, ge=0, le=100)  # the same as a share
    by: str = ""  # the score that ranks them

    def _order(self, stage: Stage) -> Refilter:
        best = KeepBest.of(self.by, percent=self.keep_percent, count=self.keep) if self.by else None
        where = Where.of(self.where) if self.where else None
        filters = build_filters(self.filters)
        return Refilter(
            stage.inputs,
            stage.output,
            filters,
            where=where,
            keep=best,
            format=stage.format,
            force=stage.force,
            shard=stage.shard,
        )

    def check(self, stage: Stage) -> None:
        if (self.keep is not None) + (self.keep_percent is not None) != bool(self.by):
            raise ConfigError("by goes with one of keep and keep_percent; give both")
        check_models(self._order(stage).filters)

    def trial(self, rows: Sequence[Row], stage: Stage) -> Sequence[dict[str, Any]]:
        order = self._order(stage)
        made = scored_first(rows, order.filters)
        told = not any(PROMISED in data[KEY] for data in made)
        for columns in (cut.columns for cut in (order.where, order.keep) if cut and told):
            for data in made:
                columns.see(data[KEY])
            columns.check()
        return made

    def undivided(self, before: Sequence[Step] = ()) -> str:
        return "it ranks all rows" if self.by else ""

    def make(self, stage: Stage, watch: Watch) -> Manifest:
        return refilter(self._order(stage), watch)
