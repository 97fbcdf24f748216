"""
A pipeline at work: its steps one after another, each for every file that the one before has made.

What the last step makes is the output; what the others make, with the rows that they turned away, stays in OUT.steps/,
so that a pipeline can be run again until all of it is done, and finished steps are not repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from babelset.contracts.step import Stage, Step
from babelset.errors import ConfigError
from babelset.files.hub import dataset_of
from babelset.files.hubsplits import expanded
from babelset.files.shard import Shard
from babelset.files.writing import make_folder
from babelset.languages import all_languages, find
from babelset.pipeline.recipe import Dataset, Named, Pipeline
from babelset.steps.running import make
from babelset.work.manifest import Manifest
from babelset.work.places import stem_of
from babelset.work.watch import Watch

LANG, DATASET = "{lang}", "{dataset}"


@dataclass(frozen=True, slots=True)
class Part:
    """Files on their way through the pipeline: `aim` is the language that they are made for, "" for none yet."""

    dataset: str
    paths: tuple[str, ...]
    source: str  # language they are in, a FLORES-200 code
    aim: str = ""
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asks for: a pipeline, and what replaces or completes what it says itself."""

    pipeline: Pipeline
    inputs: Sequence[str] = ()
    output: str = ""
    to: Sequence[str] = ()
    source: str = ""
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # options by the name of their step
    seed: int | None = None
    memory: str | None = None
    license: str | None = None
    format: str | None = None
    force: bool = False
    shard: Shard | None = None

    @property
    def where(self) -> str:
        return self.output or self.pipeline.recipe.output

    @property
    def languages(self) -> list[str]:
        try:
            return list(dict.fromkeys(find(language).code for language in self.to or self.pipeline.recipe.to))
        except ConfigError as error:
            raise ConfigError(f"{'--to' if self.to else self.pipeline.file}: {error}") from None

    @property
    def datasets(self) -> Mapping[str, Dataset]:
        """The files that are named, else those of the pipeline: one dataset, or one a file where the output asks."""
        if not self.inputs:
            return self.pipeline.recipe.datasets
        if DATASET not in self.where:
            return {"": Dataset(inputs=list(self.inputs), format=self.format, license=self.license)}
        named: dict[str, list[str]] = {}
        for path in self.inputs:
            named.setdefault(dataset_of(path), []).append(path)
        return {name: Dataset(inputs=paths, format=self.format, license=self.license) for name, paths in named.items()}


@dataclass(frozen=True, slots=True)
class Task:
    """A step for some files: what is done at once."""

    named: Named
    step: Step
    stage: Stage
    part: Part  # what comes out

    @property
    def title(self) -> str:
        parts = [self.part.dataset, find(self.part.aim).name if self.part.aim else ""]
        told = " into ".join(filter(None, parts)) if self.stage.target else " ".join(filter(None, parts))
        return " ".join(filter(None, (str(self.named.number), self.named.name, self.step.about))) + (
            f": {told}" if told else ""
        )

    @property
    def expected(self) -> list[Part]:
        """What comes out, as far as can be told before: of a step that splits, a part for each language."""
        codes = self.step.targets if self.step.splits else ()
        paths = {code: self.stage.output.replace(LANG, find(code).bcp47) for code in codes}
        return [replace(self.part, paths=(path,), aim=code) for code, path in paths.items()] or [self.part]

    @property
    def written(self) -> list[str]:
        """Where its rows go, as far as can be told before; of an export perhaps with {lang}."""
        return [self.stage.output] if self.step.aside else [path for part in self.expected for path in part.paths]

    def stage_of(self, inputs: tuple[str, ...]) -> Stage:
        """The stage as if these files were read."""
        return replace(self.stage, inputs=inputs)


@dataclass(frozen=True)
class Chain:
    """The steps of an order, built. Raises ConfigError for a wrong option, with file and step."""

    order: Order
    steps: Mapping[str, Mapping[str, Step]] = field(init=False)  # by dataset and name

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", {name: self._built(each) for name, each in self.order.datasets.items()})

    def _built(self, dataset: Dataset) -> dict[str, Step]:
        found = {}
        for named in self.order.pipeline.steps:
            try:
                own, given = dataset.set.get(named.name, {}), self.order.given.get(named.name, {})
                found[named.name] = named.built(own, given, str(Path(self.order.where).parent))
            except ConfigError as error:
                raise self.order.pipeline.wrong(named.number, str(error)) from None
        return found

    @property
    def last(self) -> int:
        """The number of the step that makes the output; 0 where all write beside."""
        return max((named.number for named in self.order.pipeline.steps if not self.aside(named)), default=0)

    def planned(self) -> Iterator[tuple[Named, list[Task], list[Part]]]:
        """Each step with its tasks, and the files that there are after it, as far as can be told before."""
        parts = self.first()
        for named in self.order.pipeline.steps:
            tasks = list(self.tasks(named, parts))
            parts = parts if self.aside(named) else [part for task in tasks for part in task.expected]
            yield named, tasks, parts

    def aside(self, named: Named) -> str:
        return self.first_of(named).aside

    def first_of(self, named: Named) -> Step:
        """The step as it is for the first dataset."""
        return next(iter(self.steps.values()))[named.name]

    def first(self) -> list[Part]:
        datasets = self.order.datasets.items()
        return [Part(name, expanded(each.inputs), self.source, "", each.format) for name, each in datasets]

    @property
    def source(self) -> str:
        """The language of what is read first."""
        said, where = self.order.source, "--from" if self.order.source else self.order.pipeline.file
        try:
            return find(said or self.order.pipeline.recipe.from_).code
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None

    def tasks(self, named: Named, parts: Sequence[Part]) -> Iterator[Task]:
        """The tasks of a step, of what was made before it."""
        for together in self._joined(named, parts):
            steps = self.steps.get(together.dataset)
            step = steps[named.name] if steps else self.first_of(named)
            for target in self._targets(named, step, together):
                yield self._task(named, step, together, target)

    def _joined(self, named: Named, parts: Sequence[Part]) -> list[Part]:
        first = self.first_of(named)
        wanted = [part for part in parts if first.of_dataset in ("", part.dataset)]
        if not first.joins:
            return wanted
        dataset = _same(part.dataset for part in wanted)
        aim, source = _same(part.aim for part in wanted), _same(part.source for part in wanted)
        paths = tuple(path for part in wanted for path in part.paths)
        return [Part(dataset, paths, source or self.source, aim, _same(part.format or "" for part in wanted) or None)]

    def _targets(self, named: Named, step: Step, part: Part) -> list[str]:
        """The languages that a step is done for; [""] for one that asks for none."""
        if "to" not in type(step).model_fields:
            return [""]
        if own := getattr(step, "to", ""):
            try:
                return [find(own).code]
            except ConfigError as error:
                raise self.order.pipeline.wrong(named.number, f"to: {error}") from None
        if part.aim or self.order.languages:
            return [part.aim] if part.aim else self.order.languages
        if step.target_optional:
            return [""]
        raise self.order.pipeline.wrong(named.number, "into which language? Name it with --to, or `to` in the file")

    def _task(self, named: Named, step: Step, part: Part, target: str) -> Task:
        order, recipe = self.order, self.order.pipeline.recipe
        aside = getattr(step, "to", "") and order.languages and target not in order.languages
        aimed = replace(part, aim=part.aim or ("" if aside else target))  # English on the way is not what is made
        dataset = order.datasets.get(part.dataset)
        output = self._path(named, step, aimed)
        shard = order.shard
        if shard and named.number > 1:
            shard = replace(shard, reads=os.path.relpath(part.paths[0], Path(output).parent))
        stage = Stage(
            inputs=part.paths, output=output, source=part.source, target=target,
            recipe=order.pipeline.name, name=named.name, seed=recipe.seed if order.seed is None else order.seed,
            memory=self.memory, format=part.format,
            license=order.license or (dataset.license if dataset else None), force=order.force, shard=shard,
        )  # fmt: skip
        made = replace(aimed, paths=(stage.output,), source=step.language(stage), format=None)
        return Task(named, step, stage, part if step.aside else made)

    def _path(self, named: Named, step: Step, part: Part) -> str:
        if step.aside:
            return step.aside
        if named.number == self.last:
            return self.final(part, keep_lang=step.splits)
        names = [f"{named.number}-{named.name}", part.dataset, find(part.aim).bcp47 if part.aim else ""]
        names += [LANG] if step.splits else []
        return str(self.folder / (".".join(filter(None, names)) + ".jsonl"))

    def final(self, part: Part, keep_lang: bool = False) -> str:
        language = LANG if keep_lang else find(part.aim).bcp47 if part.aim else ""
        return self.order.where.replace(DATASET, part.dataset).replace(LANG, language)

    @property
    def memory(self) -> str | None:
        """The translation memory that all steps share; None for one beside the output, where one step makes it all."""
        making = [named for named in self.order.pipeline.steps if not self.aside(named)]
        several = str(self.folder / "memory.sqlite") if len(making) > 1 else None
        return self.order.memory or self.order.pipeline.recipe.memory or several

    @property
    def folder(self) -> Path:
        """Where steps before the last one write."""
        where = Path(self.order.where.replace(DATASET, "").replace(LANG, ""))
        return where.with_name(f"{stem_of(where.name).strip('.')}.steps".lstrip("."))


def run_chain(chain: Chain, watching: Callable[[], AbstractContextManager[Watch]]) -> Iterator[tuple[str, Manifest]]:
    """Do every step that is not finished yet; a title and an account for each, as it ends."""
    parts = chain.first()
    for named in chain.order.pipeline.steps:
        made: list[Part] = []
        for task in chain.tasks(named, parts):
            make_folder(Path(task.stage.output).parent)
            if task.stage.memory:
                make_folder(Path(task.stage.memory).parent)
            with watching() as watch:
                manifest = make(task.step, task.stage, watch)
            made += _made(task, manifest)
            yield task.title, manifest
        parts = parts if chain.aside(named) else made


def _made(task: Task, manifest: Manifest) -> Iterable[Part]:
    """What came out: of a step that splits, a part for each language."""
    if not task.step.splits:
        return [task.part]
    files = manifest.get("counts", {}).get("written", {})
    before, _, after = task.stage.output.partition(LANG)
    tags = {path: path[len(before) : len(path) - len(after)] for path in files}
    codes = {language.bcp47: language.code for language in all_languages()}  # "sr" alone would be a question to `find`
    return [replace(task.part, paths=(path,), aim=codes.get(tag) or find(tag).code) for path, tag in tags.items()]


def _same(values: Iterable[str]) -> str:
    """What all of them are, "" where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""
