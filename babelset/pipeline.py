"""
A pipeline file: many datasets into many languages, all stages, in one TOML.

languages = ["ca", "es"]
output = "out/{dataset}.{lang}.jsonl"
memory = "out/memory.sqlite"

[datasets.alpaca]
inputs = ["alpaca.jsonl"]

[translator]
name = "apertium"

[filters.length]
tolerance = 2.0

[[exports]]
as = "okapi"
output = "out/okapi"

Paths are relative to the file. What is finished already is not done again, so a pipeline can be run until it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from babelset.errors import ConfigError
from babelset.exports.export import Export, export
from babelset.languages import find
from babelset.plugins import explain
from babelset.translation.job import Engine, Job
from babelset.translation.routes import read_routes
from babelset.translation.run import Watch, translate


class Dataset(BaseModel, extra="forbid", frozen=True):
    inputs: list[str] = Field(min_length=1)
    schema_name: str | None = Field(default=None, alias="schema")
    fields: list[str] = []
    leave: list[str] = []
    leave_unknown: bool = False
    roles: dict[str, str] = {}
    format: str | None = None
    license: str | None = None  # for the record


class ExportStep(BaseModel, extra="forbid", frozen=True):
    """`dataset` names one of the datasets; without it the export takes all of them."""

    recipe: str = Field(alias="as")
    output: str
    dataset: str | None = None


class Pipeline(BaseModel, extra="forbid", frozen=True):
    languages: list[str] = Field(min_length=1)
    source: str = "eng_Latn"
    output: str
    memory: str | None = None
    datasets: dict[str, Dataset] = Field(min_length=1)
    translator: Engine = Engine(name="apertium")
    fallback: Engine | None = None
    routes: str | None = None  # a file, in place of translator and fallback
    filters: dict[str, bool | dict[str, Any]] = {}
    translate_reasoning: bool = False
    translate_comments: bool = False
    keep_numbers: bool = False
    chunk: int | None = Field(default=None, ge=1)
    exports: list[ExportStep] = []

    def jobs(self, folder: Path) -> Iterator[tuple[str, Job]]:
        """Every dataset into every language, with the dataset's name; paths below `folder`."""
        routes = read_routes(below(folder, self.routes)) if self.routes else None
        for name, dataset in self.datasets.items():
            for language in self.languages:
                code = find(language).bcp47
                yield (
                    name,
                    Job(
                        inputs=tuple(str(folder / path) for path in dataset.inputs),
                        output=str(folder / self.output.format(dataset=name, lang=code)),
                        target=language,
                        source=self.source,
                        translator=self.translator,
                        fallback=self.fallback,
                        routes=routes,
                        filters=self.filters,
                        schema_name=dataset.schema_name,
                        fields=tuple(dataset.fields),
                        leave=tuple(dataset.leave),
                        leave_unknown=dataset.leave_unknown,
                        roles=dataset.roles,
                        format=dataset.format,
                        data_license=dataset.license,
                        translate_reasoning=self.translate_reasoning,
                        translate_comments=self.translate_comments,
                        keep_numbers=self.keep_numbers,
                        chunk=self.chunk,
                        memory=below(folder, self.memory) if self.memory else None,
                    ),
                )


def below(folder: Path, path: str) -> str:
    """`below(Path("examples"), "../out/ca.jsonl")` -> "out/ca.jsonl"."""
    return os.path.normpath(folder / path)


def read_pipeline(path: Path, table: dict[str, Any]) -> Pipeline:
    """The pipeline that `table`, read from `path`, describes; ConfigError names what is wrong in it."""
    try:
        pipeline = Pipeline.model_validate(table)
        pipeline.output.format(dataset="", lang="")
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from None
    except (KeyError, IndexError, ValueError):
        raise ConfigError(f"{path}: output may hold {{dataset}} and {{lang}} only: {table['output']!r}") from None
    if len(pipeline.datasets) > 1 and "{dataset}" not in pipeline.output:
        raise ConfigError(f"{path}: several datasets need {{dataset}} in output")
    if len(pipeline.languages) > 1 and "{lang}" not in pipeline.output:
        raise ConfigError(f"{path}: several languages need {{lang}} in output")
    if pipeline.routes and {"translator", "fallback"} & pipeline.model_fields_set:
        raise ConfigError(f"{path}: routes names its translators: leave translator and fallback out")
    for step in pipeline.exports:
        if step.dataset is not None and step.dataset not in pipeline.datasets:
            raise ConfigError(f"{path}: export {step.recipe!r} names the unknown dataset {step.dataset!r}")
    return pipeline


def run_pipeline(
    pipeline: Pipeline, folder: Path, watching: Callable[[], AbstractContextManager[Watch]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Do every step that is not finished yet; a title and an account for each, as it ends."""
    made: dict[str, list[str]] = {}
    for name, job in pipeline.jobs(folder):
        Path(job.output).parent.mkdir(parents=True, exist_ok=True)
        with watching() as watch:
            manifest = translate(job, watch)
        made.setdefault(name, []).append(job.output)
        yield f"{name} into {job.pair.target.name}", manifest
    for step in pipeline.exports:
        names = [step.dataset] if step.dataset else list(made)
        inputs = tuple(path for name in names for path in made[name])
        done = export(Export(inputs=inputs, recipe=step.recipe, output=below(folder, step.output), force=True))
        rows = {"read": done.read, "written": done.written.total(), "failed": done.failed.total()}
        yield f"export as {step.recipe}", {"rows": rows, "files": {"written": ", ".join(done.written)}}
