"""ShareGPT: conversations of turns, each with `from` and `value`; tool calls are turns of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.conversation import Message, beside, messages_of, spoken, start, text_of, tools_text, unthought
from babelset.files.lossless import dumps, loads

SPEAKERS = {
    "system": "system",
    "developer": "system",
    "user": "human",
    "assistant": "gpt",
    "tool": "observation",
}

KNOWN = ("system", "human", "gpt", "function_call", "observation")


class ShareGPT(Export):
    """
    {"instruction": "A", "input": "", "output": "B"} -> {"conversations": [human A, gpt B]}

    `tools` are JSON text, as LLaMA-Factory reads them, or not there.
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(sharegpt(row))


def sharegpt(row: TranslatedRow) -> dict[str, Any]:
    """A row as ShareGPT holds it, extra keys after its own."""
    own = row.data.get("conversations")
    if isinstance(own, list) and all(map(_is_turn, own)):
        unthought(own, "sharegpt")
        said = [*conversation(start(row)), *own] if not (own and own[0]["from"] == "system") else own
        shape: dict[str, Any] = {"conversations": said}
    else:
        shape = {"conversations": conversation(messages_of(row))}
    return beside({**shape, **tools_text(row)}, row, {*spoken(row), "tools"})


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("from") in KNOWN and isinstance(turn.get("value"), str)


def conversation(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as turns of `from` and `value`."""
    unthought(messages, "sharegpt")
    return [turn for message in messages for turn in _turns(message)]


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
