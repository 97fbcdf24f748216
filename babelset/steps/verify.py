"""The step `verify`: do answers follow the instructions that came with their prompts?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from babelset.contracts.step import Failed, Made, Rows, RowStep, Running, StepOutcome, StepRow
from babelset.errors import ConfigError
from babelset.files.lossless import loads
from babelset.languages import Language, find, meant
from babelset.measures.following import Asked, follows, follows_loosely

IDS, KWARGS = "instruction_id_list", "kwargs"
MANNERS = {"strict": follows, "loose": follows_loosely}


@dataclass(frozen=True, slots=True)
class Turn:
    """One prompt, its instructions, and the answer to it."""

    number: int  # from 1
    prompt: str
    instructions: Sequence[str]
    told: Sequence[Mapping[str, Any]]
    answer: str


class Verify(RowStep, frozen=True):
    """
    Check answers against the instructions of IFEval or Multi-IF, in the language of the answer.

    >>> Verify(answer="response")

    A row of IFEval has `prompt`, `instruction_id_list` and `kwargs`; one of Multi-IF has them for each turn, and a list
    of answers. Made is a row for each answered turn: `key`, `turn`, `follow` (whether each instruction is followed),
    `strict` and `loose` (all of them, as IFEval's strict and loose accuracy count). The summary has both by prompt and
    by instruction. A row whose arguments cannot be read fails.
    """

    answer: str = "response"  # the column of the answer, or of the answers to all turns

    def needs(self) -> frozenset[str]:
        return frozenset({self.answer})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"key", "turn", "instructions", "follow", "strict", "loose", "language"})

    def told(self, counts: Mapping[str, int]) -> list[str]:
        shares = []
        for what in ("prompts", "instructions"):
            total = counts.get(what, 0)
            shares += [
                f"{100 * counts.get(f'{what} {how}', 0) / total:.1f} % of {what} {how}" for how in MANNERS if total
            ]
        return [f"followed: {', '.join(shares)}"] if shares else []

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        usual = find(running.language)
        yield lambda batch: [self._outcome(row, usual) for row in batch]

    def _outcome(self, row: StepRow, usual: Language) -> StepOutcome:
        try:
            language = row.language or _named(row.data) or usual
            turns = list(self._turns(row.data))
            checked = [(turn, _checked(turn, language)) for turn in turns]
        except _Unreadable as error:
            return Failed(error.reason, error.field)
        counts = Counter[str]()
        for turn, found in checked:
            counts += Counter({"prompts": 1, "instructions": len(turn.instructions)})
            for how, each in found.items():
                counts += Counter({f"prompts {how}": all(each), f"instructions {how}": sum(each)})
        return Made([_row(row, turn, found, language) for turn, found in checked], counts=counts)

    def _turns(self, data: Mapping[str, Any]) -> Iterator[Turn]:
        answers = _json(data, self.answer)
        if IDS in data:
            if not isinstance(answers, str):
                raise _Unreadable("is no text", self.answer)
            yield _turn(data, 1, "", answers)
            return
        answers = answers if isinstance(answers, list) else [answers]
        first = _number(data, "turn_index") if len(answers) == 1 else 1
        for number, answer in enumerate(answers, first):
            if not isinstance(answer, str):
                raise _Unreadable("is no text", f"{self.answer}[{number - 1}]")
            yield _turn(data, number, f"turn_{number}_", answer)


class _Unreadable(Exception):
    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


def _named(data: Mapping[str, Any]) -> Language | None:
    """The language that a column names without its script, as Multi-IF's "Chinese"; None where there is no column."""
    for column in ("language", "lang"):
        if isinstance(said := data.get(column), str) and said:
            try:
                return meant(said)[0]
            except ConfigError as error:
                raise _Unreadable(str(error), column) from None
    return None


def _number(data: Mapping[str, Any], field: str) -> int:
    """A count from 1, as a number or as the text of a table's cell; 1 where there is none."""
    try:
        number = int(data.get(field) or 1)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise _Unreadable("is no number of a turn", field)
    return number


def _turn(data: Mapping[str, Any], number: int, prefix: str, answer: str) -> Turn:
    instructions, told = _json(data, prefix + IDS), _json(data, prefix + KWARGS)
    if not isinstance(instructions, list) or not all(isinstance(each, str) for each in instructions):
        raise _Unreadable("is no list of instructions", prefix + IDS)
    if not isinstance(told, list) or len(told) != len(instructions):
        raise _Unreadable(f"is no list of {len(instructions)} arguments", prefix + KWARGS)
    objects = [_object(each, f"{prefix}{KWARGS}[{at}]") for at, each in enumerate(told)]
    prompt = _json(data, f"{prefix}prompt") if f"{prefix}prompt" in data else ""
    said = prompt.get("content", "") if isinstance(prompt, dict) else prompt  # Multi-IF's is a message
    return Turn(number, str(said), instructions, objects, answer)


def _json(data: Mapping[str, Any], field: str) -> Any:
    """A value, or what its text says where that is JSON: cells of tables are texts."""
    if field not in data:
        raise _Unreadable("is missing", field)
    value = data[field]
    if not isinstance(value, str) or value[:1] not in "[{":
        return value
    try:
        return loads(value)
    except ValueError:
        return value


def _object(value: Any, field: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            raise _Unreadable("is not JSON", field) from None
    if not isinstance(value, dict):
        raise _Unreadable("is no object", field)
    return value


def _checked(turn: Turn, language: Language) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {how: [] for how in MANNERS}
    for at, (instruction, told) in enumerate(zip(turn.instructions, turn.told, strict=True)):
        for how, check in MANNERS.items():
            try:
                found[how].append(check(instruction, Asked(turn.answer, told, language, turn.prompt)))
            except ValueError as error:
                raise _Unreadable(str(error), f"{KWARGS}[{at}]") from None
    return found


def _row(row: StepRow, turn: Turn, found: Mapping[str, list[bool]], language: Language) -> dict[str, Any]:
    return {
        "key": row.data.get("key", row.id),
        "turn": turn.number,
        "instructions": list(turn.instructions),
        "follow": found["strict"],
        "strict": all(found["strict"]),
        "loose": all(found["loose"]),
        "language": language.bcp47,
    }
