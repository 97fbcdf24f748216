"""Chat messages with roles, as OpenAI, TRL, Axolotl and most chat templates read them."""

from __future__ import annotations

from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.exports.conversation import beside, messages_of, spoken, tools


class Messages(Export):
    """
    {"instruction": "A", "input": "", "output": "B"} -> {"messages": [user A, assistant B]}

    `content` is one text, the arguments of a tool call are JSON, `tools` is a list of functions or not there, and
    reasoning is the answer's `reasoning_content`.
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        found = tools(row)
        shape: dict[str, Any] = {"messages": messages_of(row)}
        if found:
            shape["tools"] = [each if "function" in each else {"type": "function", "function": each} for each in found]
        return Exported(beside(shape, row, {*spoken(row), "tools"}))
