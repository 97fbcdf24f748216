"""Alpaca: instruction, input, output; one exchange a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.conversation import (
    EARLIER,
    beside,
    is_reasoning,
    messages_of,
    single,
    spoken,
    talk,
    text_of,
    turns,
    unthought,
)


class Alpaca(Export):
    """{"conversations": [human, gpt], "id": 7} -> {"instruction": .., "input": "", "output": .., "id": 7}"""

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(alpaca(row))


def alpaca(row: TranslatedRow, needed: Sequence[str] = ("instruction", "output")) -> dict[str, Any]:
    """A row as Alpaca holds it, extra keys after its own. DataError for more or less than one exchange."""
    if talk(row):
        return beside(_exchange(row), row, spoken(row))
    earlier = {key: value for key in EARLIER if (value := row.data.get(key))}
    history = {"history": _pairs(earlier)} if earlier else {}
    used = {key for key in spoken(row) if not is_reasoning(key)}  # which stays a column beside the answer
    return beside({**single(row, needed), **history}, row, used)


def _exchange(row: TranslatedRow) -> dict[str, str]:
    messages = messages_of(row)
    unthought(messages, "alpaca")
    system, said = [], messages
    if messages and messages[0].get("role") == "system":
        system, said = messages[:1], messages[1:]
    speakers = ["tool call" if turn.get("tool_calls") else turn.get("role") for turn in said]
    if speakers != ["user", "assistant"]:
        who = ", ".join(map(str, speakers[:6]))
        raise DataError(f"{len(said)} turns ({who}); alpaca has a place for one question and one answer")
    question, answer = (text_of(turn) for turn in said)
    flat = {"instruction": question, "input": "", "output": answer}
    return {**flat, "system": text_of(system[0])} if system else flat


def _pairs(earlier: dict[str, Any]) -> list[list[str]]:
    """What was said before, as LLaMA-Factory reads it: pairs of a question and its answer."""
    said = [turn for key, value in earlier.items() for turn in turns(value, key)]
    if [turn.get("role") for turn in said] != ["user", "assistant"] * (len(said) // 2):
        raise DataError("is not made of questions and answers", field=next(iter(earlier)))
    unthought(said, "alpaca")
    texts = list(map(text_of, said))
    return [[question, answer] for question, answer in zip(texts[::2], texts[1::2], strict=True)]
