"""The step `fewshot`: questions with examples before them, and answers that begin with another translation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import NamedTuple

from pydantic import Field

from babelset.contracts.evidence import carried, sources_of
from babelset.contracts.step import Failed, Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.languages import Language, Pair, find
from babelset.steps.alignment.aligning import Translating
from babelset.steps.alignment.means import Means

POOL = 1000  # rows at the beginning that examples are drawn from
TOO_FEW = "too few rows to draw examples from"


class Example(NamedTuple):
    id: str
    question: str
    answer: str


class Fewshot(Translating, frozen=True):
    """
    Make messages: examples in the first language, the question in the row's, and the answer in the first language.

    >>> Fewshot(shots=2, via=["es", "gl"])

    It reads questions that babelset translated, their answers left in the first language. Before the answer stands
    the question in a language of `via`, drawn by chance: "translate the question, then answer it".
    """

    question: str = "question"  # column, translated
    answer: str = "answer"  # column, not translated
    shots: int = Field(2, ge=0)  # examples, drawn by chance from other rows
    via: tuple[str, ...] = ()  # languages that the question is translated into before it is answered

    def check(self, stage: Stage) -> None:
        super().check(stage)
        for language in self.via:
            find(language)

    @property
    def looks_ahead(self) -> bool:
        return True

    def needs(self) -> frozenset[str]:
        return frozenset({self.question, self.answer})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns - {self.question, self.answer} | {"messages"}

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.means(running) as means:
            pool = [example for row in islice(running.read(), POOL) if (example := self._example(row))]
            yield self.signed(means, partial(self._rows, means, pool))

    def _example(self, row: StepRow) -> Example | None:
        source, answer = sources_of(row.data).get(self.question), row.data.get(self.answer)
        return Example(row.id, source, answer) if isinstance(source, str) and isinstance(answer, str) else None

    def _rows(self, means: Means, pool: Sequence[Example], batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        examples = [self._example(row) for row in batch]
        relayed = self._relayed(means, batch, examples)
        rows = zip(batch, examples, relayed, strict=True)
        return [self._row(means.stage, row, example, before, pool) for row, example, before in rows]

    def _row(
        self, stage: Stage, row: StepRow, example: Example | None, relayed: str | None, pool: Sequence[Example]
    ) -> StepOutcome:
        if example is None or not isinstance(row.data.get(self.question), str):
            return Failed("no question that babelset translated, with an answer left as it was", self.question)
        others = [other for other in pool if other.id != row.id]
        if len(others) < self.shots:
            return Rejected(TOO_FEW)
        if relayed is None:
            return Rejected("the question has no second translation")
        shots = stage.draw(row.id).sample(others, self.shots)
        pairs = [*((shot.question, shot.answer) for shot in shots), (row.data[self.question], relayed + example.answer)]
        messages = [
            {"role": role, "content": text}
            for pair in pairs for role, text in zip(("user", "assistant"), pair, strict=True)
        ]  # fmt: skip
        rest = {key: value for key, value in row.data.items() if key not in (self.question, self.answer)}
        known = {**carried(row.data), "language": find(row.known["source"]).code}
        return Made([{**rest, "messages": messages, KEY: known}], parents=[shot.id for shot in shots])

    def _relayed(self, means: Means, batch: Sequence[StepRow], examples: Sequence[Example | None]) -> list[str | None]:
        """What stands before each answer: the question in a second language."""
        if not self.via:
            return [""] * len(batch)
        asked: dict[Pair, list[int]] = {}
        for place, (row, example) in enumerate(zip(batch, examples, strict=True)):
            if example and (pair := means.pair(row)):
                asked.setdefault(Pair(pair.source, self._drawn(means.stage, row, pair.target)), []).append(place)
        found: list[str | None] = [None] * len(batch)
        for pair, places in asked.items():
            questions = [example.question for at in places if (example := examples[at])]
            if not (interpreter := means.interpreter(pair)):
                raise ConfigError(f"via: the translator does not translate {pair.source.name} into {pair.target.name}")
            for place, text in zip(places, interpreter.texts(questions), strict=True):
                found[place] = text and f"{text}\n\n"
        return found

    def _drawn(self, stage: Stage, row: StepRow, own: Language) -> Language:
        others = [language for language in map(find, self.via) if language.code != own.code]
        if not others:
            raise ConfigError(f"via: name a language other than {own.name}")
        return stage.draw(f"{row.id} via").choice(others)
