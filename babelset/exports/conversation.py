"""
A translated row as a conversation, whatever its shape: what alpaca, sharegpt and messages have in common.

The common form is a list of chat messages, {"role": "user", "content": "..."}, with `tool_calls` where tools
are called. Rows with `messages` or `conversations` are read by these keys, others by their fields' roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babelset.contracts.export import TranslatedRow
from babelset.errors import DataError
from babelset.files.lossless import dumps, loads

Message = dict[str, Any]

SPEAKERS = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "observation": "tool",
    "tool_response": "tool",
    "tool": "tool",
}
FLAT = ("instruction", "input", "output", "system")


def messages_of(row: TranslatedRow) -> list[Message]:
    """
    The conversation of a row.

    {"instruction": "Suma.", "input": "1 i 2", "output": "3"}
    -> [{"role": "user", "content": "Suma.\n\n1 i 2"}, {"role": "assistant", "content": "3"}]

    Raises DataError for a row that is none: a benchmark item, a tree of replies, a list of questions.
    """
    if key := talk(row):
        system = row.data.get("system")
        start = [{"role": "system", "content": system}] if isinstance(system, str) and system else []
        return start + [_message(turn, f"{key}[{number}]") for number, turn in enumerate(row.data[key])]
    flat = single(row)
    prompt = "\n\n".join(text for text in (flat["instruction"], flat["input"]) if text.strip())
    said = [("system", flat.get("system", "")), ("user", prompt), ("assistant", flat["output"])]
    return [{"role": role, "content": text} for role, text in said if text or role != "system"]


def talk(row: TranslatedRow) -> str:
    """The key that a row's turns stand under, "" for a row without turns."""
    return next((key for key in ("messages", "conversations") if isinstance(row.data.get(key), list)), "")


def single(row: TranslatedRow, needed: Sequence[str] = ("instruction", "output")) -> dict[str, str]:
    """One exchange by the roles of its fields: instruction, input, output, and system where there is one."""
    found = {role: row.texts(role) for role in FLAT}
    for role, texts in found.items():
        if len(texts) > 1:
            raise DataError(f"{len(texts)} fields play the role {role!r}; this shape has a place for one")
    for role in needed:
        if not row.keys(role):
            schema = row.evidence["schema"]
            raise DataError(f"no field plays the role {role!r}: a row of {schema!r} is not a conversation")
    flat = {role: "".join(texts) for role, texts in found.items()}
    return flat if flat["system"] else {role: flat[role] for role in FLAT[:3]}


def beside(shape: dict[str, Any], row: TranslatedRow) -> dict[str, Any]:
    """`shape`, and after it what the row holds beside its conversation: tools, category, ids ..."""
    key = talk(row)
    spoken = {key, "system"} if key else row.keys(*FLAT)
    rest = {key: value for key, value in row.data.items() if key not in spoken}
    if taken := [key for key in rest if key in shape and rest[key] != shape[key]]:
        raise DataError("is in the row already, with another value", field=taken[0])
    return {**shape, **rest}


def _message(turn: Any, where: str) -> Message:
    if not isinstance(turn, dict):
        raise DataError("not a turn: an object with a speaker and a text", field=where)
    if "from" not in turn:
        return turn
    speaker, value = turn["from"], turn.get("value")
    rest = {key: item for key, item in turn.items() if key not in ("from", "value")}
    if not isinstance(speaker, str) or speaker not in SPEAKERS or not isinstance(value, str):
        raise DataError(f"not a turn: from {speaker!r}, value {type(value).__name__}", field=where)
    if speaker in ("function_call", "tool_call"):
        return {"role": "assistant", "content": "", "tool_calls": _calls(value, where), **rest}
    return {"role": SPEAKERS[speaker], "content": value, **rest}


def _calls(value: str, where: str) -> list[dict[str, Any]]:
    """`{"name": "f", "arguments": {"x": 1}}`, or a list of such, as tool calls, arguments as JSON text."""
    try:
        calls = loads(value)
    except ValueError:
        raise DataError("the tool call is not JSON", field=where) from None
    return [_call(call, where) for call in (calls if isinstance(calls, list) else [calls])]


def _call(call: Any, where: str) -> dict[str, Any]:
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        raise DataError("the tool call is not an object with a name and arguments", field=where)
    arguments = call["arguments"]
    text = arguments if isinstance(arguments, str) else dumps(arguments)
    return {"type": "function", "function": {"name": call["name"], "arguments": text}}


def text_of(message: Message) -> str:
    """What is said in a message, a string or parts of text; DataError where it holds anything else."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"a {message.get('role')} message holds something that is not text")
    return "\n".join(text for text in texts if text is not None)
