"""The step `rank`: which of several answers is better, as a language model says whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from string import ascii_uppercase
from typing import Any

from babelset.contracts.step import Failed, Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow, knowing
from babelset.engines.llm.generation import Unanswered, generated
from babelset.engines.llm.languagemodel import LLM
from babelset.files.reading import read
from babelset.files.row import KEY, Row
from babelset.steps.asking import Asking
from babelset.steps.running import step_row

LETTERS = ascii_uppercase[:8]  # of answers: as many requests a row


class Rank(Asking, frozen=True):
    """
    Let a language model rank the answers of each row, once for every rotation of their order.

    >>> Rank(model="Qwen/Qwen3-8B", of="english.answers")

    Models favour what stands first, so only what they say in every order counts: two answers that change places are
    tied. The row gets `ranks`, 1 for the best, equal ones for ties, and `_babelset.ranked`, the pairs that are decided,
    the better answer first. `of` is a column that holds a list of texts; where it is inside another, as
    english.answers, the rest of that one is what the model is told of the row. A row of which one order stays without
    an answer is rejected. Source: Okapi's two turns, with the order changed.
    """

    of: str = "answers"  # a list of 2 to 8 texts
    swap: bool = True  # ask for every rotation; without, one request a row, and no ties

    @property
    def usual(self) -> str:
        return "rank"

    def needs(self) -> frozenset[str]:
        return frozenset({self.of.partition(".")[0]})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns | {"ranks"}

    def promised(self, batch: Sequence[StepRow], stage: Stage) -> Sequence[StepOutcome]:
        found = [(row, self._answers(row)) for row in batch]
        return [
            each if isinstance(each, Failed) else _ranked(row, [range(len(each))], [{"order": LETTERS[: len(each)]}])
            for row, each in found
        ]

    def effort(self, stage: Stage) -> dict[str, float]:
        rows = [step_row(row) for row in read(stage.inputs, format=stage.format) if isinstance(row, Row)]
        return {"rows": len(rows), "requests": sum(len(self._orders(self._answers(row))) for row in rows)}

    def told(self, counts: Mapping[str, int]) -> list[str]:
        pairs = counts.get("pairs", 0)
        share = 100 * counts.get("undecided", 0) / pairs if pairs else 0
        return [f"undecided {share:.0f} % of {pairs} pairs of answers"] if pairs else []

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.asking(running) as engine:
            yield lambda batch: self._outcomes(batch, engine, running)

    def _outcomes(self, batch: Sequence[StepRow], engine: LLM, running: Running) -> list[StepOutcome]:
        found = [self._answers(row) for row in batch]
        talks = []
        for row, answers in zip(batch, found, strict=True):
            for order in self._orders(answers):
                shown = {letter: answers[at] for letter, at in zip(LETTERS, order, strict=False)}  # type: ignore[index]
                brief = self.brief(row, running.stage, {"answers": shown, "task": self._task(row)})
                talks.append(generated(self.asks, brief, _examine(len(order)), self.manners(running, row.id)))
        said = self.held(talks, batch, engine, running)
        outcomes: list[StepOutcome] = []
        for row, answers in zip(batch, found, strict=True):
            orders = self._orders(answers)
            outcomes.append(
                answers if isinstance(answers, Failed) else _ranked(row, orders, [next(said) for _ in orders])
            )
        return outcomes

    def _answers(self, row: StepRow) -> list[str] | Failed:
        value = self._around(row).get(self.of.rpartition(".")[2])
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            return Failed("is no list of texts", self.of)
        if not 2 <= len(value) <= len(LETTERS):
            return Failed(f"holds {len(value)} answers; 2 to {len(LETTERS)} can be ranked", self.of)
        return value

    def _orders(self, answers: list[str] | Failed) -> list[list[int]]:
        """The orders that the answers are shown in: `[[0, 1, 2], [1, 2, 0], [2, 0, 1]]`."""
        if isinstance(answers, Failed):
            return []
        count = len(answers)
        return [[(turn + at) % count for at in range(count)] for turn in range(count if self.swap else 1)]

    def _task(self, row: StepRow) -> dict[str, Any]:
        """What the answers answer."""
        return {key: value for key, value in self._around(row).items() if key not in (self.of.rpartition(".")[2], KEY)}

    def _around(self, row: StepRow) -> Mapping[str, Any]:
        """The column that holds the answers beside others: the row itself, where `of` has no dot."""
        found: Mapping[str, Any] = row.data
        for key in self.of.split(".")[:-1]:
            inner = found.get(key)
            found = inner if isinstance(inner, dict) else {}
        return found


def _examine(count: int) -> Callable[[dict[str, Any]], str]:
    letters = list(LETTERS[:count])
    fault = f"must name each of {', '.join(letters)} once in `order`, the best first"
    return lambda answer: "" if sorted(answer["order"]) == letters else fault


def _ranked(row: StepRow, orders: Sequence[Sequence[int]], said: Sequence[dict[str, Any] | Unanswered]) -> StepOutcome:
    places: list[dict[int, int]] = []  # of each answer, by request
    for order, answer in zip(orders, said, strict=True):
        if isinstance(answer, Unanswered):
            return Rejected(answer.reason)
        places.append({order[LETTERS.index(letter)]: place for place, letter in enumerate(answer["order"])})
    count = len(orders[0])
    pairs = [pair for one, other in combinations(range(count), 2) for pair in ((one, other), (other, one))]
    better = [[one, other] for one, other in pairs if all(place[one] < place[other] for place in places)]
    ranks = [1 + sum(other == at for _, other in better) for at in range(count)]
    total = count * (count - 1) // 2
    made = knowing({**row.data, "ranks": ranks}, ranked=better)
    return Made([made], counts={"pairs": total, "undecided": total - len(better)})
