"""The step `ask`: something new about each row, by a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from pydantic import Field

from babelset.contracts.columns import stand_in
from babelset.contracts.step import Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow
from babelset.engines.llm.generation import Examine, Unanswered, fault_of, generated, unfit
from babelset.engines.llm.languagemodel import LLM
from babelset.files.reading import read
from babelset.files.row import KEY, Row
from babelset.languages import find
from babelset.steps.asking import Asking
from babelset.steps.running import step_row


class Ask(Asking, frozen=True):
    """
    Ask a language model about each row, in the words of a prompt, and write what it answers into the row.

    >>> Ask(model="Qwen/Qwen3-8B", prompt="answer", to="ca", n=4, temperature=0.9, into="answers")

    The prompt's [answer] says what an answer holds; each part becomes a column, and each of `n` answers a row of its
    own. With `into` the answer is in that column instead (one part alone as it is), a list where there are several.
    An answer in another language, cut off, repeated, hidden, empty or refused is asked for again, then given up: a row
    with fewer than `least` answers is rejected with the last reason.
    """

    to: str = ""  # language of the answers
    n: int = Field(1, ge=1, le=64)  # answers
    least: int | None = Field(None, ge=1)  # answers that a row must have; all of them when not given
    into: str = ""  # a column for all answers
    over: dict[str, list[Any]] = Field({}, max_length=1)  # a new column, and values: each is asked about by itself
    free: list[str] = Field([])  # parts of an answer that may be in any language
    copies: bool = True  # whether an answer may say just what a text of the row says

    @property
    def hidden(self) -> list[str]:
        return [*self.hide, self.into]  # an answer is not to be told by the one that it replaces

    def language(self, stage: Stage) -> str:
        return stage.target or stage.source

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns | self.over.keys() | ({self.into} if self.into else self.asks.answer["properties"].keys())

    def effort(self, stage: Stage) -> dict[str, float]:
        rows = [step_row(row) for row in read(stage.inputs, format=stage.format) if isinstance(row, Row)]
        tokens = self.tokens(rows[:100], stage) * len(rows) / max(1, len(rows[:100]))
        each = len(self._asked())
        made = len(rows) if self.into else each * len(rows)
        return {"rows": made, "requests": each * len(rows), "tokens": round(each * tokens)}

    def promised(self, batch: Sequence[StepRow], stage: Stage) -> Sequence[StepOutcome]:
        self.tokens(batch[:1], stage)  # whether the prompt names columns that are not there
        asked = [(given, self._stand_in(number)) for number, given in self._asked()]
        return [self._outcome(row, asked) for row in batch]

    def _stand_in(self, number: int) -> dict[str, Any]:
        values = {key: stand_in(key) for key in self.asks.answer["properties"]}
        return {key: f"{value} {number}" if isinstance(value, str) else value for key, value in values.items()}

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.asking(running) as engine:
            yield lambda batch: self._outcomes(batch, engine, running)

    def _outcomes(self, batch: Sequence[StepRow], engine: LLM, running: Running) -> list[StepOutcome]:
        stage, talks = running.stage, []
        for row in batch:
            for number, given in self._asked():
                manners = self.manners(running, f"{row.id}#{number}" if number else row.id)
                brief = self.brief(row, stage, given)
                talks.append(generated(self.asks, brief, self._examine(row, stage), manners))
        answers = self.held(talks, batch, engine, running)
        return [self._outcome(row, [(given, next(answers)) for _, given in self._asked()]) for row in batch]

    def _asked(self) -> list[tuple[int, dict[str, Any]]]:
        """The requests about a row: their number, and what they are given of `over`."""
        given: list[dict[str, Any]] = [{name: value} for name, values in self.over.items() for value in values] or [{}]
        return list(enumerate(each for each in given for _ in range(self.n)))

    def _examine(self, row: StepRow, stage: Stage) -> Examine:
        there = (
            set()
            if self.copies
            else {plain(text) for key, value in row.data.items() if key != KEY for text in texts_in(value)}
        )
        return lambda answer: self.fault(answer, stage, there)

    def fault(self, answer: dict[str, Any], stage: Stage, there: AbstractSet[str] = frozenset()) -> str:
        """What is wrong with the texts of an answer; `there` are texts that it must not repeat."""
        language = find(stage.target or stage.source)
        for key, value in answer.items():
            for text in texts_in(value):
                wrong = unfit(text, language) if key in self.free else fault_of(text, language)
                if wrong or plain(text) in there:
                    return wrong or f"repeats a text of the row in {key}"
        return ""

    def _outcome(
        self, row: StepRow, answers: Sequence[tuple[dict[str, Any], dict[str, Any] | Unanswered]]
    ) -> StepOutcome:
        good = [(given, answer) for given, answer in answers if not isinstance(answer, Unanswered)]
        if len(good) < (self.least or len(answers)):
            reasons = [answer.reason for _, answer in answers if isinstance(answer, Unanswered)]
            return Rejected(reasons[-1] if len(answers) == 1 else f"{len(good)} of {len(answers)}; {reasons[-1]}")
        if not self.into:
            return Made([{**row.data, **given, **answer} for given, answer in good])
        told = [next(iter(answer.values())) if len(answer) == 1 else answer for _, answer in good]
        given = {name: [given[name] for given, _ in good] for name in self.over}
        return Made([{**row.data, **given, self.into: told if len(answers) > 1 else told[0]}])


def plain(text: str) -> str:
    """A text without what does not make it another one: case, white space."""
    return " ".join(text.casefold().split())


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)
