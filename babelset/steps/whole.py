"""Steps that make a whole output by themselves, as the commands of the same names do."""

from __future__ import annotations

from abc import abstractmethod

from babelset.contracts.step import Stage, Step
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


class WholeStep(Step, frozen=True):
    """A step that takes care of its output itself."""

    @abstractmethod
    def make(self, stage: Stage, watch: Watch) -> Manifest:
        """Make the output; what is finished is not made again, what is begun is gone on with."""
