"""What a pipeline will do and take, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from babelset.errors import BabelsetError
from babelset.files.lossless import dumps
from babelset.files.reading import read
from babelset.pipeline.chain import Order, Task
from babelset.pipeline.checks import checked
from babelset.pipeline.trial import Sample, tried

ESTIMATE = "a trial: an estimate"


def plan(order: Order) -> list[dict[str, Any]]:
    """
    A line for each task: its title, where it writes, the rows it reads, what it takes, and what that is told `from`.

    What reads the rows of an earlier step is told from these, where that step is finished; before, it is estimated from
    what the first rows become on their way.
    """
    chain = checked(order)
    lines: list[dict[str, Any]] = []
    samples: dict[str, Sample] = {}
    inputs = {path for part in chain.first() for path in part.paths}
    for _, tasks, _ in chain.planned():
        for task in tasks:
            given = tried(task, samples, lambda path, task=task: _count(path, task))  # type: ignore[misc]
            if all(path in inputs or Path(path).exists() for path in task.stage.inputs):
                source = "inputs" if inputs.issuperset(task.stage.inputs) else "earlier steps"
                told = _effort(task, task.stage.inputs)
            else:
                source, told = ESTIMATE, _estimated(task, given, samples)
            told = {"step": task.title, "writes": task.stage.output, "reads": round(given.total), **told}
            lines.append({**told, "from": source})
    return lines


def _count(path: str, task: Task) -> int:
    return sum(1 for _ in read([path], format=task.stage.format))


def _effort(task: Task, paths: Sequence[str]) -> dict[str, Any]:
    try:
        return dict(task.step.effort(task.stage_of(tuple(paths))))
    except BabelsetError as error:
        return {"unknown": str(error)}


def _estimated(task: Task, given: Sample, samples: Mapping[str, Sample]) -> dict[str, Any]:
    """What the first rows take, for all rows that there will be."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "first.jsonl")
        path.write_text("".join(dumps(row.data) + "\n" for row in given.rows), "utf-8", "surrogatepass")
        told = _effort(task, [str(path)])
    share = 1 if task.step.total_rows is not None else given.total / max(1, len(given.rows))
    made = {} if task.step.aside else {"rows": sum(samples[path].total for path in task.written)}
    told = {name: value * share if isinstance(value, int | float) else value for name, value in told.items()}
    return {name: round(value) if isinstance(value, float) else value for name, value in {**made, **told}.items()}
