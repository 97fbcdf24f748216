"""
The first rows of a pipeline, on their way through its steps: what each gets, and about how many.

Steps that need no engine do their work; for those that do, rows are made of the columns that they promise, and texts
are their own translations. So a step that cannot take what comes is found before the first row, and a dry run can
tell what later steps will get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from babelset.contracts.step import Step
from babelset.contracts.stored import stored
from babelset.errors import ConfigError, did_you_mean
from babelset.files.lossless import dumps
from babelset.files.row import KEY, Row
from babelset.files.survey import first_rows
from babelset.pipeline.chain import Task
from babelset.steps.running import first_made

LONGEST = 50_000  # characters of a row that is tried


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file, the columns of all its first rows, and how many rows it holds, about."""

    rows: Sequence[Row]
    columns: frozenset[str]
    total: float = 0

    @classmethod
    def together(cls, samples: Sequence[Sample]) -> Sample:
        rows = [row for sample in samples for row in sample.rows]
        columns = frozenset[str]().union(*(sample.columns for sample in samples))
        return cls(rows, columns, sum(sample.total for sample in samples))


def tried(task: Task, samples: dict[str, Sample], total: Callable[[str], float] = lambda path: 0) -> Sample:
    """
    What a task gets; what it makes of that goes into `samples`, by the files that it will write its rows to.

    `total` counts the rows of an input. Raises ConfigError where the step lacks a column, or can take none of the rows.
    """
    for path in task.stage.inputs:
        if path not in samples:
            samples[path] = _sample(path, task.stage.format, total)
    given = Sample.together([samples[path] for path in task.stage.inputs])
    _check_columns(task.step, given.columns)
    rows = first_made(task.step, task.stage, given.rows) if given.rows else []
    if not task.step.aside:
        _pass_on(task, given, rows, samples)
    return given


def _sample(path: str, format: str | None, total: Callable[[str], float]) -> Sample:
    first = [row for row in first_rows([path], format) if isinstance(row, Row)]
    columns = frozenset(key for row in first for key in row.data if key != KEY)
    return Sample([row for row in first if len(dumps(row.data)) <= LONGEST], columns, total(path))


def _pass_on(task: Task, given: Sample, made: Sequence[Mapping[str, object]], samples: dict[str, Sample]) -> None:
    step = task.step
    share = len(made) / len(given.rows) if made else 1  # where nothing is known of what it makes
    kept = given.total * share if step.total_rows is None else step.total_rows
    parts = task.expected
    for part in parts:
        [path] = part.paths
        rows = [Row(number, path, number + 1, stored(data)) for number, data in enumerate(made)]
        samples[path] = Sample(rows, step.gives(given.columns), kept / len(parts))


def _check_columns(step: Step, columns: frozenset[str]) -> None:
    if lacking := sorted(step.needs() - columns):
        meant = did_you_mean(lacking[0], list(columns))
        raise ConfigError(
            f"no earlier step and no input makes the field {lacking[0]!r}.{meant} "
            f"There are: {', '.join(sorted(columns)) or 'none, as no row can be read'}"
        )
