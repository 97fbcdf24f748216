"""Rows for tests of steps, and the step done on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from babelset.contracts.step import RowStep, Stage
from babelset.steps.running import run_step
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch
from tests.rows import rows_of


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def read(path: str | Path) -> list[dict[str, Any]]:
    return rows_of(Path(path))


def done(
    step: RowStep, inputs: Iterable[str], output: str | Path, seed: int = 0, said: list[str] | None = None
) -> Manifest:
    """The step on the inputs, as `babelset run` does it; what it says goes to `said`."""
    stage = Stage(tuple(inputs), str(output), "eng_Latn", recipe="test", name="step", seed=seed)
    step.check(stage)
    return run_step(step, stage, Watch(say=[].append if said is None else said.append))
