"""
A pipeline file: many datasets into many languages, all stages, in one TOML.

languages = ["ca", "es"]
output = "out/{dataset}.{lang}.jsonl"
memory = "out/memory.sqlite"

[datasets.alpaca]
inputs = ["alpaca.jsonl"]

[translator]
name = "nllb"
options = { model = "nllb-600M" }

[filters.length]
tolerance = 2.0

[[exports]]
as = "okapi"
output = "out/okapi"

Paths are relative to the file. Finished steps are not repeated, so a pipeline can be run again until all of it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from babelset.contracts.engine import Engine
from babelset.errors import ConfigError
from babelset.exports.export import ExportJob, export
from babelset.files.names import unfit
from babelset.files.writing import make_folder
from babelset.languages import find
from babelset.plugins import explain
from babelset.translation.job import Job
from babelset.translation.routes import read_routes
from babelset.translation.run import translate
from babelset.work.manifest import Manifest
from babelset.work.places import Places, keep_apart
from babelset.work.watch import Watch


class Dataset(BaseModel, extra="forbid", frozen=True):
    """A `[datasets.NAME]` table."""

    inputs: list[str] = Field(min_length=1)  # files to read
    schema_name: str | None = Field(default=None, alias="schema")  # a well-known set of columns, or a TOML file
    fields: list[str] = []  # columns to translate besides the known ones
    leave: list[str] = []  # columns to leave as they are
    leave_unknown: bool = False  # leave every column that no rule knows
    roles: dict[str, str] = {}  # speakers by name: { chatgpt = "assistant" }
    format: str | None = None  # where the file name does not tell
    license: str | None = None  # of the data, for the manifest


class ExportStep(BaseModel, extra="forbid", frozen=True):
    """An `[[exports]]` table."""

    shape: str = Field(alias="as")  # name of an export
    output: str  # a file, may contain {lang}; or a folder
    dataset: str | None = None  # only this one; all of them when not given
    keep_formulas: bool = False  # in a csv, cells that begin with = + - @ as they are


class Pipeline(BaseModel, extra="forbid", frozen=True):
    """A pipeline file."""

    languages: list[str] = Field(min_length=1)  # to translate into
    source: str = "eng_Latn"  # language of the datasets
    output: str  # of each run; with {dataset} and {lang}, where there are several
    memory: str | None = None  # translation memory that all runs share
    datasets: dict[str, Dataset] = Field(min_length=1)  # by a name that you choose
    translator: Engine | None = None  # without one, for each language: firefox where its model is here, else apertium
    fallback: Engine | None = None  # second translator, for what the first cannot do
    routes: str | None = None  # a routes file, in place of translator and fallback
    filters: dict[str, bool | dict[str, Any]] = {}  # options of checks, as in a --config file
    translate_reasoning: bool = False  # translate the text in <think> blocks too
    translate_comments: bool = False  # translate comments in fenced code
    keep_numbers: bool = False  # protect numbers, versions and units like code
    chunk: int | None = Field(default=None, ge=1)  # rows that are finished and stored together
    exports: list[ExportStep] = []  # what is made of the accepted rows

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
                        output=below(folder, self.output.format(dataset=name, lang=code)),
                        target=language,
                        source=self.source,
                        routes=routes,
                        **self.model_dump(include={"translator", "fallback"} & self.model_fields_set),
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
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from None
    if not _is_pattern(pipeline.output):
        raise ConfigError(f"{path}: output may hold {{dataset}} and {{lang}} only: {pipeline.output!r}")
    for name in pipeline.datasets:
        if reason := unfit(name):
            raise ConfigError(f"{path}: the dataset name {name!r} {reason}; files are named after it: choose another")
    if where := next(_with_nul(table, ""), ""):
        raise ConfigError(f"{path}: {where}: holds a NUL character, which no name can; take it out")
    if len(pipeline.datasets) > 1 and "{dataset}" not in pipeline.output:
        raise ConfigError(f"{path}: several datasets need {{dataset}} in output")
    if len(pipeline.languages) > 1 and "{lang}" not in pipeline.output:
        raise ConfigError(f"{path}: several languages need {{lang}} in output")
    for step in pipeline.exports:
        if step.dataset is not None and step.dataset not in pipeline.datasets:
            raise ConfigError(f"{path}: export {step.shape!r} names the unknown dataset {step.dataset!r}")
    return pipeline


def _is_pattern(text: str) -> bool:
    """Whether only {dataset} and {lang} are to be filled in: a format can ask for attributes, or a billion blanks."""
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
    except ValueError:
        return False
    return all(name in ("dataset", "lang") and not spec and not conversion for _, name, spec, conversion in fields)


def _with_nul(value: Any, where: str) -> Iterator[str]:
    """Where in a TOML table a text holds a NUL."""
    if isinstance(value, str) and "\0" in value:
        yield where
    items = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _with_nul(inner, f"{where}.{key}".strip("."))


def run_pipeline(
    pipeline: Pipeline, folder: Path, watching: Callable[[], AbstractContextManager[Watch]]
) -> Iterator[tuple[str, Manifest]]:
    """Do every step that is not finished yet; a title and an account for each, as it ends."""
    made: dict[str, list[str]] = {}
    jobs = list(pipeline.jobs(folder))
    _check_places([job for _, job in jobs])
    for name, job in jobs:
        make_folder(Path(job.output).parent)
        with watching() as watch:
            manifest = translate(job, watch)
        made.setdefault(name, []).append(job.output)
        yield f"{name} into {job.pair.target.name}", manifest
    for step in pipeline.exports:
        names = [step.dataset] if step.dataset else list(made)
        inputs = tuple(path for name in names for path in made[name])
        order = ExportJob(
            inputs=inputs, shape=step.shape, output=below(folder, step.output), keep_formulas=step.keep_formulas,
            renew=True,
        )  # fmt: skip
        yield f"export as {step.shape}", export(order)


def _check_places(jobs: Sequence[Job]) -> None:
    """ConfigError, before the first run, for a file that one run would read and another one write."""
    kinds = ("accepted", "rejected", "failed", "manifest", "work")
    places = {job.output: Places.of(job.output) for job in jobs}
    writes = {f"{kind} rows of {output}": getattr(each, kind) for output, each in places.items() for kind in kinds}
    shared = {f"translation memory {path}": Path(path) for job in jobs if (path := job.memory)}
    keep_apart([path for job in jobs for path in job.inputs], {**writes, **shared})
