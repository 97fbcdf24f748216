"""What steps that read translations, or translate, share: their options, and what they look at before a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from typing import ClassVar

from pydantic import Field

from babelset.contracts.default import choose
from babelset.contracts.engine import Engine
from babelset.contracts.paths import steps, walk
from babelset.contracts.shape import Rules
from babelset.contracts.step import FilePath, Rows, RowStep, Running, Stage, StepOutcome, StepRow
from babelset.contracts.walk import look
from babelset.engines.eflomal.environment import TOOL
from babelset.errors import DataError
from babelset.files.survey import survey
from babelset.languages import Pair, find
from babelset.steps.alignment.means import KIND, Means
from babelset.steps.alignment.passages import Where
from babelset.steps.alignment.terms import Terms
from babelset.work.database import Database
from babelset.work.memory import Memory

FIRST = 100  # rows that are looked at for a pair of languages


class Translating(RowStep, frozen=True):
    """A step that reads rows which babelset translated, or translates texts itself."""

    chunk: ClassVar[int] = 256
    target_optional: ClassVar[bool] = True

    to: str = ""  # language; not needed for rows that babelset translated
    translator: Engine | None = None  # without one: firefox where its model is here, else apertium
    fields: tuple[str, ...] = Field((), description="texts of rows that are not translated yet; all known columns")

    @property
    def translates(self) -> bool:
        """Whether a translator is asked."""
        return True

    @property
    def terms(self) -> Terms | None:
        """A lexicon, where there is one."""
        return None

    @property
    def links_words(self) -> bool:
        """Whether eflomal is asked."""
        return False

    @property
    def looks_ahead(self) -> bool:
        """Eflomal learns from all rows together; a translator is chosen by each row's own languages."""
        return self.links_words

    def check(self, stage: Stage) -> None:
        for path in self.fields:
            steps(path)
        if self.translates and stage.target and stage.target != stage.source:
            pair = Pair(find(stage.source), find(stage.target))
            with closing((self.translator or choose(pair).engine).build(pair)):
                return

    def effort(self, stage: Stage) -> dict[str, float]:
        return {"rows": survey(stage.inputs, format=stage.format).total or 0}

    def sources(self, row: StepRow) -> Iterator[tuple[Where, str]]:
        """The texts of a row that is not translated; raises DataError for what is none."""
        if not self.fields:
            for each in look(row.data, Rules(leave_unknown=True)).fields:
                yield each.path, each.text
        for path in self.fields:
            for place in walk(row.data, steps(path)):
                if not isinstance(place.value, str):
                    raise DataError("no text here", field=path)
                yield place.path, place.value

    @contextmanager
    def means(self, running: Running) -> Iterator[Means]:
        """What the rows are aligned with."""
        with ExitStack() as stack:
            memory = Memory(running.stage.memory or running.work / "memory.sqlite")
            stack.callback(memory.close)
            means = Means(self, running, memory, self.terms)
            stack.callback(means.close)
            pair = next(filter(None, (means.pair(row) for row in islice(running.read(), FIRST))), None)
            if pair and self.translates and not running.stage.shard and not means.translator(pair):
                (self.translator or choose(pair).engine).build(pair)  # which says what is wrong
            if self.links_words:
                means.linked = Database(running.work / "links.sqlite", KIND)
                stack.callback(means.linked.close)
                means.link(running)
            yield means

    def signed(self, means: Means, do: Rows) -> Rows:
        """`do`, and each row says which translator was at hand for its languages."""

        def rows(batch: Sequence[StepRow]) -> list[StepOutcome]:
            return [means.signed(row, outcome) for row, outcome in zip(batch, do(batch), strict=True)]

        return rows


class Aligning(Translating, frozen=True):
    """A step that finds parts of translations."""

    always_translates: ClassVar[bool] = False

    lexicon: FilePath | None = None  # table of source, target and perhaps language, which is asked first
    eflomal: bool = False  # ask eflomal, too, after: babelset setup eflomal

    @property
    def translates(self) -> bool:
        """A lexicon alone needs no translator."""
        return self.always_translates or self.lexicon is None or self.translator is not None

    @property
    def terms(self) -> Terms | None:
        return Terms.read(self.lexicon) if self.lexicon else None

    @property
    def links_words(self) -> bool:
        return self.eflomal

    def check(self, stage: Stage) -> None:
        super().check(stage)
        if self.lexicon:
            Terms.read(self.lexicon)
        if self.eflomal:
            TOOL.python()
