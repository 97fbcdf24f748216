"""
What can be wrong with a pipeline, found before any row is worked on.

Every function raises ConfigError with the file, the step where it is one step's, and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from babelset.contracts.step import Step
from babelset.errors import ConfigError, DataError, did_you_mean
from babelset.files.hub import is_hub
from babelset.pipeline.chain import DATASET, LANG, Chain, Order, Task
from babelset.pipeline.recipe import Named, is_pattern
from babelset.pipeline.trial import Sample, tried
from babelset.work.places import Places, keep_apart

PATTERN = set("*?[")


def checked(order: Order) -> Chain:
    """The steps of an order, when all was looked at: names, files, and each step with the first rows that it gets."""
    chain = Chain(order)
    _check_inputs(chain)
    _check_names(chain)
    _check_shard(chain)
    _check_outputs(chain)
    samples: dict[str, Sample] = {}
    for named, tasks, _ in chain.planned():
        for task in tasks:
            try:
                task.step.check(task.stage)
                tried(task, samples)
            except (ConfigError, DataError) as error:
                raise order.pipeline.wrong(named.number, error.summary, *error.details) from None
    return chain


def _check_names(chain: Chain) -> None:
    """Steps and datasets that something names and nothing is."""
    pipeline, datasets = chain.order.pipeline, chain.order.datasets
    names, file = [named.name for named in pipeline.steps], pipeline.file
    said = [("--set ", name) for name in chain.order.given]
    said += [(f"{file}: set ", name) for dataset in datasets.values() for name in dataset.set]
    for where, name in said:
        if name not in names:
            meant = did_you_mean(name, names)
            raise ConfigError(f"{where}{name}: no step has this name.{meant} Steps: {', '.join(names)}")
    for named in pipeline.steps if not chain.order.inputs else ():
        wanted = chain.first_of(named).of_dataset
        if wanted and wanted not in datasets:
            there = ", ".join(filter(None, datasets)) or "none with a name"
            meant = did_you_mean(wanted, list(datasets))
            raise pipeline.wrong(named.number, f"dataset: no dataset is named {wanted!r}.{meant} There are: {there}")


def _check_shard(chain: Chain) -> None:
    """A step that must see more rows than those of a shard."""
    for steps in chain.steps.values() if chain.order.shard else ():
        before: list[Step] = []
        for number, (name, step) in enumerate(steps.items(), 1):
            if reason := step.undivided(before):
                raise ConfigError(
                    f"--shard: step {number} ({name}) cannot do a part of the rows: {reason}. Leave out --shard, "
                    "or run the steps before it in shards, and it on what babelset gather makes of them"
                )
            before.append(step)


def _check_inputs(chain: Chain) -> None:
    """Files that are not there."""
    order = chain.order
    if not order.datasets:
        raise ConfigError(f"{order.pipeline.file}: nothing to read; name files, or [datasets] in a pipeline file")
    for name, dataset in order.datasets.items():
        for path in dataset.inputs:
            if not is_hub(path) and (Path(path).is_dir() or not Path(path).exists()):
                where = f"datasets.{name}: " if name and not order.inputs else ""
                raise order.pipeline.wrong(1, f"{where}{path}: {_absent(Path(path))}")


def _absent(path: Path) -> str:
    """What is wrong with the name of an input, and what to name instead."""
    if path.is_dir():
        return "is a folder; name the files in it"
    if PATTERN & set(path.name) and path.parent.is_dir():
        found = sorted(each.name for each in path.parent.glob(path.name))[:3]
        return f"there is no such file; name each file, as {', '.join(found)}" if found else "no file fits the pattern"
    near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"there is no such file.{did_you_mean(path.name, near)}"


def _check_outputs(chain: Chain) -> None:
    """Files that would be written twice, or are read, or are somebody else's; and an output without a place."""
    order, where, file = chain.order, chain.order.where, chain.order.pipeline.file
    if not where and chain.last:
        raise ConfigError(f"{file}: nowhere to write; name a file with -o, or `output` in a pipeline file")
    if where == "-":
        raise ConfigError(f"{file}: a pipeline writes files, that its next run finds again: name one with -o")
    if not is_pattern(where):
        raise ConfigError(f"{file}: output may hold {{dataset}} and {{lang}} only: {where!r}")
    planned = list(chain.planned())
    ends = planned[-1][2]
    for what, values in ((DATASET, {part.dataset for part in ends}), (LANG, {part.aim for part in ends})):
        if len(values) > 1 and what not in where and chain.last:
            raise ConfigError(f"{file}: several {'datasets' if what == DATASET else 'languages'} need {what} in output")
    reads = [path for each in order.datasets.values() for path in each.inputs if not is_hub(path)]
    reads += [file] if Path(file).is_file() else []
    writes: dict[str, Path] = {"translation memory": Path(chain.memory)} if chain.memory else {}
    for named, tasks, _ in planned:
        for task in tasks:
            mine = dict(_files(task))
            try:
                keep_apart(reads, {**writes, **mine})
            except ConfigError as error:
                raise order.pipeline.wrong(named.number, str(error)) from None
            writes |= mine
            _check_owner(chain, named, task)


def _files(task: Task) -> Iterator[tuple[str, Path]]:
    """What a task writes, by what it is."""
    places = _places(task)
    for path in task.written:
        yield f"rows of {task.title}", Path(path)
    for kind in ("failed", "manifest", "work", *([] if task.step.aside else ["rejected"])):
        yield f"{kind} rows of {task.title}", getattr(places, kind)


def _places(task: Task) -> Places:
    quiet = task.step.splits or bool(task.step.aside)
    return Places.of(task.stage.output.replace(LANG, "all"), quiet=quiet)


def _check_owner(chain: Chain, named: Named, task: Task) -> None:
    """A file that is there, and that no command of ours has made."""
    places = _places(task)
    if chain.order.force or places.manifest.exists() or places.work.exists():
        return
    for path in task.written:
        if os.path.lexists(path) and not Path(path).is_dir():
            reason = f"{path} exists, and was not made by this command; name another output, or add --force"
            raise chain.order.pipeline.wrong(named.number, reason)
