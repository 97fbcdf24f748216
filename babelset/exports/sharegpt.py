"""ShareGPT: conversations of turns, each with `from` and `value`; tool calls are turns of their own."""

from __future__ import annotations

from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.conversation import Message, beside, messages_of, text_of
from babelset.files.lossless import dumps, loads

SPEAKERS = {
    "system": "system",
    "developer": "system",
    "user": "human",
    "assistant": "gpt",
    "tool": "observation",
}


class ShareGPT(Export):
    """{"instruction": "A", "input": "", "output": "B"} -> {"conversations": [human A, gpt B]}"""

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        if isinstance(row.data.get("conversations"), list):
            return Exported(row.data)
        turns = [turn for message in messages_of(row) for turn in _turns(message)]
        return Exported(beside({"conversations": turns}, row))


def _turns(message: Message) -> list[dict[str, Any]]:
    role, calls = message.get("role"), message.get("tool_calls")
    if not isinstance(role, str) or role not in SPEAKERS:
        raise DataError(f"sharegpt has no speaker for the role {role!r}")
    rest = {key: value for key, value in message.items() if key not in ("role", "content", "tool_calls")}
    called = {"from": "function_call", "value": _called(calls), **rest} if calls else None
    if called and not message.get("content"):
        return [called]
    said = {"from": SPEAKERS[role], "value": text_of(message)}
    return [said, called] if called else [{**said, **rest}]


def _called(calls: Any) -> str:
    """One tool call as a JSON object, several as a JSON array."""
    try:
        functions = [call["function"] for call in calls]
        plain = [{"name": each["name"], "arguments": loads(each["arguments"])} for each in functions]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the tool call has no function with a name and JSON arguments ({error})") from None
    return dumps(plain[0] if len(plain) == 1 else plain)
