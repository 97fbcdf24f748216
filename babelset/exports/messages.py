"""Chat messages with roles, as OpenAI, TRL, Axolotl and most chat templates read them."""

from __future__ import annotations

from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.exports.conversation import beside, functions, messages_of, said_in, spoken

PROMPTS = ("prompt", "completion", "text")  # where trainers find one, they look no further; repeated ones stay behind


class Messages(Export):
    """
    {"instruction": "A", "input": "", "output": "B"} -> {"messages": [user A, assistant B]}

    `content` is one text, the arguments of a tool call are JSON, `tools` is a list of functions or not there, and
    reasoning is the answer's `reasoning_content`.
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        shape: dict[str, Any] = {"messages": messages_of(row), **functions(row)}
        told = {key for key in PROMPTS if said_in(row.data.get(key), shape["messages"])}
        return Exported(beside(shape, row, {*spoken(row), *told, "tools"}))
