"""Steps that make a whole output by themselves, as the commands of the same names do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from babelset.contracts.step import Stage, Step
from babelset.files.row import Row
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class WholeStep(Step, frozen=True):
    """A step that takes care of its output itself."""

    def trial(self, rows: Sequence[Row], stage: Stage) -> Sequence[dict[str, Any]]:
        """
        What it would make of the first rows, as far as that can be told without an engine.

        Raises ConfigError where it can take none of them.
        """
        return [row.data for row in rows]

    @abstractmethod
    def make(self, stage: Stage, watch: Watch) -> Manifest:
        """Make the output; what is finished is not made again, what is begun is gone on with."""
