"""What becomes of each row of a mix, by what was planned and by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from random import Random

from babelset.contracts.step import Made, Rejected, Stage, StepOutcome, StepRow, knowing
from babelset.languages import find
from babelset.steps.counting import Count, Counted, Kind
from babelset.steps.shares import Urn
from babelset.steps.sharing import Plan

WIDE = 1 << 52  # places that a row may have in an order: JSON holds whole numbers to 53 bits


@dataclass
class Mixing:
    """The step at work: what becomes of each row, by chance and by what was planned."""

    stage: Stage
    count: Count
    plan: Plan
    order: str
    stages: Sequence[str]  # of the curriculum, their names
    urns: Mapping[Kind, Urn[int]] = field(init=False)
    placed: Counter[Kind] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.urns = {kind: _copies(count, self.plan.drawn[kind]) for kind, count in self.plan.asked.items() if count}

    def __call__(self, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        return [self._one(row) for row in batch]

    def _one(self, row: StepRow) -> StepOutcome:
        counted = self.count(row)
        if not isinstance(counted, Counted):
            return counted
        if counted.kind not in self.urns:
            known = counted.kind in self.plan.asked
            return Rejected("not drawn" if known else f"no share is asked of {' '.join(counted.kind)}")
        copies = self.urns[counted.kind].draw(self._chance("take", row))
        return self._made(row, counted, copies) if copies else Rejected("not drawn")

    def _chance(self, what: str, row: StepRow) -> Random:
        """Of rows that are translations of the same one too, each has its own."""
        return self.stage.draw(f"{what} {PurePath(row.row.file).name} {row.id}")

    def _made(self, row: StepRow, counted: Counted, copies: int) -> Made:
        known = {
            "language": counted.language,
            "share": self.plan.share(counted.kind),
            "stage": self.stages[counted.stage] if self.stages else "",
            "origin": counted.origin,
        }
        places = [self._place(row, counted, copy) for copy in range(copies)]
        return Made([knowing(row.data, mix=known)] * copies, places=places)

    def _place(self, row: StepRow, counted: Counted, copy: int) -> tuple[int | str, ...]:
        if self.stages or self.order == "shuffle":
            return (counted.stage, self._chance(f"place {copy}", row).randrange(WIDE))
        if self.order == "input":
            return ()
        asked, before = self.plan.asked[counted.kind], self.placed[counted.kind]
        self.placed[counted.kind] += 1
        return ((2 * before + 1) * WIDE // (2 * asked), *counted.kind)


class Parting(Mixing):
    """The same for a partition: every row is drawn a language, and goes into its file."""

    def __post_init__(self) -> None:
        left = max(self.plan.available.values(), default=0) - self.plan.total
        self.languages = Urn({**self.plan.asked, (): left})

    def _one(self, row: StepRow) -> StepOutcome:
        kind = self.languages.draw(self._chance("take", row))
        if not kind:
            return Rejected("not drawn")
        made = self._made(row, Counted(kind, kind[0], "source"), 1)
        return replace(made, language=find(kind[0]).bcp47)


def _copies(asked: int, available: int) -> Urn[int]:
    """How often rows are taken, so that all together they are as many as is asked for."""
    copies, more = divmod(asked, available)
    return Urn({copies + 1: more, copies: available - more})
