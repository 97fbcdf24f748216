"""The step `export`: as `babelset export` does it, beside the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.step import FilePath, Stage, Step
from babelset.exports.export import ExportJob, check_name, export
from babelset.exports.fitting import check_rows
from babelset.files.row import Row
from babelset.steps.whole import WholeStep
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class Export(WholeStep, frozen=True):
    """
    Write accepted rows in the shape of another dataset, as `babelset export` does; the rows themselves go on.

    >>> Export(shape="okapi", output="out/okapi")
    """

    joins: ClassVar[bool] = True

    shape: str = Field(alias="as")  # name of an export
    output: FilePath  # a file, which may contain {lang}, or a folder
    dataset: str = ""  # only this one; all of them when not given
    options: dict[str, Any] = Field({})  # of the shape: { direction = "both" }
    keep_formulas: bool = False  # in a csv, cells that begin with = + - @ as they are

    @property
    def aside(self) -> str:
        return self.output

    @property
    def of_dataset(self) -> str:
        return self.dataset

    @property
    def about(self) -> str:
        return f"as {self.shape}"

    def _job(self, stage: Stage) -> ExportJob:
        return ExportJob(
            inputs=stage.inputs, shape=self.shape, output=self.output, options=self.options,
            keep_formulas=self.keep_formulas, format=stage.format, force=stage.force, renew=True,
            data_license=stage.license,
        )  # fmt: skip

    def check(self, stage: Stage) -> None:
        check_name(self._job(stage))

    def trial(self, rows: Sequence[Row], stage: Stage) -> Sequence[dict[str, Any]]:
        check_rows(self._job(stage), rows)
        return []

    def undivided(self, before: Sequence[Step] = ()) -> str:
        return "it writes files of all rows"

    def make(self, stage: Stage, watch: Watch) -> Manifest:
        return export(self._job(stage), watch)
