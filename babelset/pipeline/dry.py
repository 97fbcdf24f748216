"""What a pipeline will do and take, without doing it."""

from __future__ import annotations

from typing import Any

from babelset.errors import BabelsetError
from babelset.pipeline.chain import Chain, Order, check


def plan(order: Order) -> list[dict[str, Any]]:
    """
    A line for each task: its title, where it writes, and what it takes, as far as can be told from the inputs.

    What reads the rows of an earlier step is told from the inputs too, as if each row were kept.
    """
    chain = Chain(order)
    check(chain)
    lines: list[dict[str, Any]] = []
    first = chain.first()
    for _, tasks, _ in chain.planned():
        for task in tasks:
            paths = tuple(
                path
                for part in first
                if part.dataset in (task.part.dataset, "") or not task.part.dataset
                for path in part.paths
            )
            try:
                effort = task.step.effort(task.stage_of(paths))
            except BabelsetError as error:
                effort = {"unknown": str(error)}  # type: ignore[dict-item]
            lines.append({"step": task.title, "writes": task.stage.output, **effort})
    return lines
