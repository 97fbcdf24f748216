"""The step `ask`: something new about each row, by a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import Field

from babelset.contracts.step import Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow
from babelset.engines.llm.generation import Unanswered, fault_of, generated
from babelset.engines.llm.languagemodel import LLM
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.languages import find
from babelset.steps.asking import Asking
from babelset.steps.running import step_row


class Ask(Asking, frozen=True):
    """
    Ask a language model about each row, in the words of a prompt, and write what it answers into the row.

    >>> Ask(model="Qwen/Qwen3-8B", prompt="answer", to="ca", n=4, temperature=0.9, into="answers")

    The prompt's [answer] says what an answer holds; each part becomes a column, and each of `n` answers a row of its
    own. With `into` the answer is in that column instead (one part alone as it is), a list where `n` is above 1.
    An answer in another language, cut off, repeated, hidden, empty or refused is asked for again, then given up: a row
    with fewer than `least` answers is rejected with the last reason.
    """

    to: str = ""  # language of the answers
    n: int = Field(1, ge=1, le=64)  # answers
    least: int | None = Field(None, ge=1)  # answers that a row must have; all of them when not given
    into: str = ""  # a column for all answers
    free: list[str] = Field([])  # parts of an answer that may be in any language

    def language(self, stage: Stage) -> str:
        return stage.target or stage.source

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns | ({self.into} if self.into else self.asks.answer.get("properties", {}).keys())

    def effort(self, stage: Stage) -> dict[str, float]:
        rows = [step_row(row) for row in read(stage.inputs, format=stage.format) if isinstance(row, Row)]
        tokens = self.tokens(rows[:100], stage) * len(rows) / max(1, len(rows[:100]))
        return {"rows": len(rows), "requests": self.n * len(rows), "tokens": round(self.n * tokens)}

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.asking(running) as engine:
            yield lambda batch: self._outcomes(batch, engine, running)

    def _outcomes(self, batch: Sequence[StepRow], engine: LLM, running: Running) -> list[StepOutcome]:
        stage, talks = running.stage, []
        for row in batch:
            brief = self.brief(row, stage, {})
            for number in range(self.n):
                manners = self.manners(running, f"{row.id}#{number}" if self.n > 1 else row.id)
                talks.append(generated(self.asks, brief, lambda answer: self.fault(answer, stage), manners))
        answers = engine.hold(talks)
        return [
            self._outcome(row, answers[at : at + self.n])
            for row, at in zip(batch, range(0, len(answers), self.n), strict=True)
        ]

    def fault(self, answer: dict[str, Any], stage: Stage) -> str:
        """What is wrong with the texts of an answer."""
        language = find(stage.target or stage.source)
        texts = (text for key, value in answer.items() if key not in self.free for text in texts_in(value))
        return next(filter(None, (fault_of(text, language) for text in texts)), "")

    def _outcome(self, row: StepRow, answers: Sequence[dict[str, Any] | Unanswered]) -> StepOutcome:
        good = [answer for answer in answers if not isinstance(answer, Unanswered)]
        if len(good) < (self.least or self.n):
            reasons = [answer.reason for answer in answers if isinstance(answer, Unanswered)]
            return Rejected(reasons[-1] if self.n == 1 else f"{len(good)} of {self.n} answers; {reasons[-1]}")
        if not self.into:
            return Made([{**row.data, **answer} for answer in good])
        told = [next(iter(answer.values())) if len(answer) == 1 else answer for answer in good]
        return Made([{**row.data, self.into: told if self.n > 1 else told[0]}])


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)
