"""The step `translate`: as `babelset translate` does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.checks import build_filters, check_models
from babelset.contracts.paths import steps
from babelset.contracts.step import FilePath, Made, Rows, RowStep, Running, Stage, Step, knowing
from babelset.files.row import Row
from babelset.scoring.scores import scored_first
from babelset.steps.running import first_made, run_step
from babelset.steps.whole import WholeStep
from babelset.translation.job import HowToTranslate, Job
from babelset.translation.routes import read_routes
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class Translate(HowToTranslate, WholeStep, frozen=True):
    """
    Translate, check and score the rows, as `babelset translate` does.

    >>> Translate(to="ca", translator="apertium", filters={"length": {"tolerance": 3.0}})
    """

    to: str = ""  # language; that of the pipeline where it names none
    routes: FilePath | None = None  # a routes file, in place of translator and fallback
    glossary: FilePath | None = None  # a file of terms, for the translator where it reads one, and the filter `terms`
    schema_name: str | None = Field(None, alias="schema")  # a well-known set of columns, or a TOML file

    def job(self, stage: Stage) -> Job:
        """The job that this is for the files and the languages of a stage."""
        said: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set - {"to", "routes"}}
        if self.routes:
            said["routes"] = read_routes(self.routes)
        return Job(
            **said, inputs=stage.inputs, output=stage.output, target=stage.target, source=stage.source,
            memory=stage.memory, format=stage.format, force=stage.force, shard=stage.shard,
            data_license=stage.license,
        )  # fmt: skip

    def undivided(self, before: Sequence[Step] = ()) -> str:
        named = not before or any(isinstance(step, RowStep) for step in before)  # by what a later step draws by
        return "" if named else "it numbers its rows anew, and no step before it has named them"

    def needs(self) -> frozenset[str]:
        return frozenset(str(steps(path)[0]) for path in self.fields)

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns | ({self.beside} if self.beside else set())

    def language(self, stage: Stage) -> str:
        return stage.source if self.beside else stage.target

    def check(self, stage: Stage) -> None:
        if stage.source == stage.target:
            return
        job = self.job(stage)
        check_models(build_filters(job.filters))
        if not job.routes:
            with closing(job.engine.build(job.pair)):
                return

    def effort(self, stage: Stage) -> dict[str, float]:
        if stage.source == stage.target:
            return {}
        from babelset.translation.estimate import estimate

        told = estimate(self.job(stage), 0)
        return {"rows": told["rows"]["read"], "segments": told["unique_segments"], "tokens": told["tokens_about"]}

    def trial(self, rows: Sequence[Row], stage: Stage) -> Sequence[dict[str, Any]]:
        if stage.source == stage.target:
            return first_made(Same(), stage, rows)
        from babelset.translation.estimate import first_translated

        job = self.job(stage)
        return scored_first(first_translated(job, rows), build_filters(job.filters))

    def make(self, stage: Stage, watch: Watch) -> Manifest:
        from babelset.translation.run import translate

        if stage.source == stage.target:
            return run_step(Same(), stage, watch)
        return translate(self.job(stage), watch)


class Same(RowStep, frozen=True):
    """Rows that are in their language already."""

    quick: ClassVar[bool] = True

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        yield lambda batch: [Made([knowing(row.data, language=running.stage.target)]) for row in batch]
