"""Alpaca: instruction, input, output; one exchange a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.conversation import beside, messages_of, single, talk, text_of


class Alpaca(Export):
    """{"conversations": [human, gpt], "id": 7} -> {"instruction": .., "input": "", "output": .., "id": 7}"""

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(alpaca(row))


def alpaca(row: TranslatedRow, needed: Sequence[str] = ("instruction", "output")) -> dict[str, Any]:
    """A row as Alpaca holds it, extra keys after its own. DataError for more or less than one exchange."""
    if talk(row):
        return beside(_exchange(row), row)
    return beside(single(row, needed), row)


def _exchange(row: TranslatedRow) -> dict[str, str]:
    messages = messages_of(row)
    system, turns = [], messages
    if messages and messages[0].get("role") == "system":
        system, turns = messages[:1], messages[1:]
    speakers = ["tool call" if turn.get("tool_calls") else turn.get("role") for turn in turns]
    if speakers != ["user", "assistant"]:
        who = ", ".join(map(str, speakers[:6]))
        raise DataError(f"{len(turns)} turns ({who}); alpaca has a place for one question and one answer")
    question, answer = (text_of(turn) for turn in turns)
    flat = {"instruction": question, "input": "", "output": answer}
    return {**flat, "system": text_of(system[0])} if system else flat
