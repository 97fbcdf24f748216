"""The step `pairs`: a better and a worse answer a row, of answers that are ranked or scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, Literal, TypeGuard

from pydantic import Field

from babelset.contracts.step import Failed, Made, RowStep, StepOutcome, StepRow
from babelset.files.row import KEY

PROMPT = ("instruction", "input", "prompt", "question")
MOST = 256  # answers of a row: every two of them are compared
How = Literal["all", "best-worst", "adjacent"]


class Pairs(RowStep, frozen=True):
    """
    Make preference pairs of ranked answers: `prompt`, `chosen`, `rejected`, and how they compare.

    >>> Pairs(how="best-worst", min_gap=1)

    Of ranks as the step `rank` makes them, where ties make no pair, or of `scores`, the higher the better. A row
    without any pair is used up, and counted as undecided.
    """

    answers: str = "answers"  # a list of texts
    ranks: str = "ranks"  # a list of ranks, 1 for the best
    scores: str = ""  # a list of scores, in place of ranks
    how: How = "all"  # all pairs, the best and the worst, or those next to each other
    min_gap: float = Field(0, ge=0)  # between the two, in ranks or scores

    def needs(self) -> frozenset[str]:
        return frozenset({self.answers, self.scores or self.ranks})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset(
            {"prompt", "chosen", "rejected", "language", "margin"}
            | {f"{which}_{what}" for which in ("chosen", "rejected") for what in ("rank", "score")}
        )

    def told(self, counts: Mapping[str, int]) -> list[str]:
        return [f"{alone} rows without a pair"] if (alone := counts.get("without", 0)) else []

    def rows(self, batch: Sequence[StepRow]) -> list[StepOutcome]:
        return [self._outcome(row) for row in batch]

    def _outcome(self, row: StepRow) -> StepOutcome:
        name = self.scores or self.ranks
        answers: Any = row.data.get(self.answers)
        values: Any = row.data.get(name)
        if not _is_list_of(str, answers):
            return Failed("is no list of texts", self.answers)
        if len(answers) > MOST:
            return Failed(f"{len(answers)} answers, of which {MOST} at most are compared with each other", self.answers)
        if not _is_list_of((int, float), values) or len(values) != len(answers):
            return Failed(f"is no list of {len(answers)} numbers", name)
        worth = values if self.scores else [-value for value in values]
        pairs = [(one, other) for one, other in self._pairs(row, worth) if worth[one] - worth[other] >= self.min_gap]
        rows = [self._row(row, answers, worth, one, other) for one, other in pairs if answers[one] != answers[other]]
        return Made(rows, counts={"pairs": len(rows), "without": not rows})

    def _pairs(self, row: StepRow, worth: Sequence[float]) -> list[tuple[int, int]]:
        """The better and the worse one of each pair, by their places."""
        ranked = row.known.get("ranked") if not self.scores else None
        decided = {(pair[0], pair[1]) for pair in ranked} if _is_pairs(ranked) else None
        better = [
            (one, other)
            for one, other in permutations(range(len(worth)), 2)
            if worth[one] > worth[other] and (decided is None or (one, other) in decided)
        ]
        if self.how == "best-worst":
            most = max((worth[one] - worth[other] for one, other in better), default=0)
            return [pair for pair in better if worth[pair[0]] - worth[pair[1]] == most][:1]
        if self.how == "adjacent":
            steps = sorted(set(worth), reverse=True)
            return [pair for pair in better if steps.index(worth[pair[1]]) - steps.index(worth[pair[0]]) == 1]
        return better

    def _row(
        self, row: StepRow, answers: Sequence[str], worth: Sequence[float], chosen: int, rejected: int
    ) -> dict[str, Any]:
        data = row.data
        by = ("score", worth) if self.scores else ("rank", [-value for value in worth])
        said = {
            "prompt": "\n\n".join(text for key in PROMPT if isinstance(text := data.get(key), str) and text.strip()),
            "chosen": answers[chosen],
            "rejected": answers[rejected],
            f"chosen_{by[0]}": by[1][chosen],
            f"rejected_{by[0]}": by[1][rejected],
            "language": row.language.bcp47 if row.language else "",
            "prompt_language": data.get("prompt_language", row.language.bcp47 if row.language else ""),
            "response_language": data.get("response_language", row.language.bcp47 if row.language else ""),
            "margin": worth[chosen] - worth[rejected],
        }
        return {**said, KEY: {"ranked": row.known.get("ranked")}} if "ranked" in row.known else said


def _is_list_of(kind: type | tuple[type, ...], value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) and not isinstance(each, bool) for each in value)


def _is_pairs(value: Any) -> TypeGuard[list[list[int]]]:
    """Whether it is a list of two places each."""
    return isinstance(value, list) and all(_is_list_of(int, each) and len(each) == 2 for each in value)
