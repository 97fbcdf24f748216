"""What a pipeline will do and take, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babelset.errors import BabelsetError
from babelset.pipeline.chain import Chain, Order, Part, Task, check


def plan(order: Order) -> list[dict[str, Any]]:
    """
    A line for each task: its title, where it writes, what it takes, and what that is told `from`.

    What reads the rows of an earlier step is told from these, where that step is finished; before, it is estimated from
    the inputs, as if each row were kept.
    """
    chain = Chain(order)
    check(chain)
    lines: list[dict[str, Any]] = []
    first = chain.first()
    for _, tasks, _ in chain.planned():
        for task in tasks:
            paths, source = _read(task, first)
            try:
                effort = task.step.effort(task.stage_of(paths))
            except BabelsetError as error:
                effort = {"unknown": str(error)}  # type: ignore[dict-item]
            lines.append({"step": task.title, "writes": task.stage.output, **effort, "from": source})
    return lines


def _read(task: Task, first: Sequence[Part]) -> tuple[tuple[str, ...], str]:
    """The files to tell from, and which they are."""
    inputs = {path for part in first for path in part.paths}
    if inputs.issuperset(task.stage.inputs):
        return task.stage.inputs, "inputs"
    if all(Path(path).exists() for path in task.stage.inputs):
        return task.stage.inputs, "earlier steps"
    wanted = [part for part in first if part.dataset in (task.part.dataset, "") or not task.part.dataset]
    return tuple(path for part in wanted for path in part.paths), "inputs, an estimate"
