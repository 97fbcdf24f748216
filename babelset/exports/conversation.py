"""
A translated row as a conversation, whatever its shape: what the exports for trainers have in common.

The common form is a list of chat messages, {"role": "user", "content": "..."}, with `tool_calls` where tools
are called. Rows with `messages` or `conversations` are read by these keys, others by their fields' roles; `system` and
`history` become turns, a column of reasoning goes to the answer as `reasoning_content`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from babelset.contracts.columns import column
from babelset.contracts.evidence import path_name, value_at
from babelset.contracts.export import TranslatedRow
from babelset.errors import DataError
from babelset.files.encoded import decode
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
ASKED = ("instruction", "prompt", "question")
TALKS = ("messages", "conversations")
EARLIER = ("history", "chat_history", "conversation_history", "dialog_history", "previous_messages")
REASONING = ("reasoning_content", "thinking", "reasoning")  # of a message, as chat templates spell it


def messages_of(row: TranslatedRow) -> list[Message]:
    """
    The conversation of a row.

    {"instruction": "Suma.", "input": "1 i 2", "output": "3"}
    -> [{"role": "user", "content": "Suma.\n\n1 i 2"}, {"role": "assistant", "content": "3"}]

    Raises DataError for a row that is none: a benchmark item, a tree of replies, a list of questions.
    """
    if key := talk(row):
        return joined(start(row), turns(row.data[key], key))
    flat = single(row)
    prompt = "\n\n".join(text for text in (flat["instruction"], flat["input"]) if text.strip())
    answer = {"role": "assistant", "content": flat["output"]}
    if (thought := _thought(row)) and row.data[thought].strip():
        answer["reasoning_content"] = row.data[thought]
    return [*start(row), {"role": "user", "content": prompt}, answer]


def start(row: TranslatedRow) -> list[Message]:
    """What was said before: the row's system prompt, and its `history`."""
    keys = row.keys("system")
    systems = [value for key, value in row.data.items() if key in keys and isinstance(value, str) and value.strip()]
    if len(systems) > 1:
        raise DataError(f"{len(systems)} system prompts; a conversation has a place for one")
    said = [{"role": "system", "content": text} for text in systems]
    return said + [turn for key in EARLIER if row.data.get(key) for turn in turns(row.data[key], key)]


def joined(before: Sequence[Message], said: Sequence[Message]) -> list[Message]:
    """A conversation and what was said before it; DataError where both begin with a system prompt of their own."""
    if said and said[0].get("role") == "system" and before and before[0].get("role") == "system":
        if said[0]["content"] != before[0]["content"] or len(before) > 1:
            raise DataError("two system prompts; a conversation has a place for one")
        return [*said]
    return [*before, *said]


def talk(row: TranslatedRow) -> str:
    """The key that a row's turns stand under, "" for a row without turns."""
    return next((key for key in TALKS if isinstance(_opened(row.data.get(key)), list)), "")


def single(row: TranslatedRow, needed: Sequence[str] = ("instruction", "output")) -> dict[str, str]:
    """One exchange by the roles of its fields: instruction, input, output, and system where there is one."""
    found = {role: row.texts(role) for role in FLAT}
    found["instruction"] = row.texts(_asking(row))
    for role, texts in found.items():
        if len(texts) > 1:
            raise DataError(f"{len(texts)} fields play the role {role!r}; this shape has a place for one")
    for role in needed:
        if not row.keys(_asking(row) if role == "instruction" else role):
            schema = row.evidence["schema"]
            raise DataError(f"no field plays the role {role!r}: a row of {schema!r} is not a conversation")
    flat = {role: "".join(texts) for role, texts in found.items()}
    return flat if flat["system"] else {role: flat[role] for role in FLAT[:3]}


def _asking(row: TranslatedRow) -> str:
    """The role of what one exchange begins with."""
    return next((role for role in ASKED if row.keys(role)), "instruction")


def spoken(row: TranslatedRow) -> set[str]:
    """The keys that `messages_of` takes its turns from."""
    if key := talk(row):
        return {key, *row.keys("system"), *EARLIER}
    return {*row.keys(_asking(row), *FLAT), *EARLIER, _thought(row)}


def beside(shape: dict[str, Any], row: TranslatedRow, used: set[str]) -> dict[str, Any]:
    """
    `shape`, and after it what the row holds beside the keys that were `used`: category, ids ...

    Empty tools stay behind. Raises DataError for a row one of whose texts would be nowhere.
    """
    rest = {key: value for key, value in row.data.items() if key not in used}
    if "tools" in rest and not tools(row):
        del rest["tools"]
    if taken := [key for key in rest if key in shape and rest[key] != shape[key]]:
        raise DataError("is in the row already, with another value", field=taken[0])
    return whole({**shape, **rest}, row)


def whole(shape: dict[str, Any], row: TranslatedRow) -> dict[str, Any]:
    """`shape`; DataError where it holds a text or the reasoning of the row nowhere: nothing is dropped in silence."""
    there = dict.fromkeys(_texts(shape))
    joined, at = "\0".join(there), 0
    paths: list[Sequence[str | int]] = [field["path"] for field in row.evidence["fields"]]
    for path in [*paths, *([key] for key in _thoughts(row))]:
        text = value_at(row.data, path)
        if not isinstance(text, str) or not text.strip() or text in there:
            continue
        if (found := joined.find(text, at)) < 0 and (found := joined.find(text)) < 0:
            raise DataError("this shape has no place for it; --as messages or parquet may have", field=path_name(path))
        at = found
    return shape


def said_in(text: Any, messages: Sequence[Message]) -> bool:
    """Whether a column repeats one of the messages."""
    return isinstance(text, str) and any(text == message.get("content") for message in messages)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def tools(row: TranslatedRow) -> list[Any]:
    """The tools of a row, written as a list or as JSON; [] for none."""
    said = row.data.get("tools")
    found = _opened(said)
    if isinstance(found, dict):
        found = [found] if found else []
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return found
    if found is None or (isinstance(found, str) and found.strip() in ("", "null", "None")):
        return []
    raise DataError("is no list of tools", field="tools")


def functions(row: TranslatedRow) -> dict[str, list[Any]]:
    """`tools` as chat templates want them: a list of functions, or not there."""
    found = [each if "function" in each else {"type": "function", "function": each} for each in tools(row)]
    return {"tools": found} if found else {}


def tools_text(row: TranslatedRow) -> dict[str, str]:
    """`tools` as LLaMA-Factory wants them: JSON text, or not there."""
    if not (found := tools(row)):
        return {}
    return {"tools": said if isinstance(said := row.data["tools"], str) else dumps(found)}


def turns(value: Any, key: str) -> list[Message]:
    """A list of messages, of pairs or of texts that alternate, as messages; DataError for anything else."""
    found = _opened(value)
    if not isinstance(found, list):
        raise DataError("holds no turns", field=key)
    said: list[Any] = []
    for turn in found:
        said += turn if isinstance(turn, list) and len(turn) == 2 else [turn]
    if said and all(isinstance(text, str) for text in said):
        return [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]
    return [_message(turn, f"{key}[{number}]") for number, turn in enumerate(said)]


def _message(turn: Any, where: str) -> Message:
    if not isinstance(turn, dict):
        raise DataError("not a turn: an object with a speaker and a text", field=where)
    if "from" not in turn:
        return _flattened(turn)
    speaker, value = turn["from"], turn.get("value")
    rest = {key: item for key, item in turn.items() if key not in ("from", "value")}
    if not isinstance(speaker, str) or speaker not in SPEAKERS or not isinstance(value, str):
        raise DataError(f"not a turn: from {speaker!r}, value {type(value).__name__}", field=where)
    if speaker in ("function_call", "tool_call"):
        return {"role": "assistant", "content": "", "tool_calls": _calls(value, where), **rest}
    return {"role": SPEAKERS[speaker], "content": value, **rest}


def _flattened(message: Message) -> Message:
    """A message whose content is one text, and whose calls hold their arguments as JSON: a column has one type."""
    calls = message.get("tool_calls")
    new = {**message, "content": text_of(message)}
    if (role := message.get("role")) in ("human", "gpt"):
        new["role"] = SPEAKERS[role]
    if isinstance(calls, list) and calls:
        return {**new, "tool_calls": [_with_text(call) for call in calls]}
    return {key: value for key, value in new.items() if key != "tool_calls"}


def _with_text(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or isinstance(function.get("arguments"), str | None):
        return call
    return {**call, "function": {**function, "arguments": dumps(function["arguments"])}}


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


def text_of(message: Mapping[str, Any]) -> str:
    """What is said in a message, a string or parts of text; DataError where it holds anything else."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None and message.get("tool_calls"):
        return ""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"a {message.get('role')} message holds something that is not text")
    return "\n".join(text for text in texts if text is not None)


def unthought(messages: Sequence[Message], shape: str) -> None:
    """DataError where a message holds reasoning beside its text, for shapes that have one text a turn."""
    for message in messages:
        if found := [key for key in REASONING if message.get(key)]:
            raise DataError(f"{shape} has no place for the {found[0]} of a message; --as messages has")


def _thought(row: TranslatedRow) -> str:
    """The column of a row with one exchange that holds the reasoning of its answer; "" for none, or for several."""
    found = _thoughts(row)
    return found[0] if len(found) == 1 else ""


def _thoughts(row: TranslatedRow) -> list[str]:
    return [key for key, value in row.data.items() if isinstance(value, str) and is_reasoning(key)]


def is_reasoning(key: str) -> bool:
    known = column(key)
    return known is not None and known.kind == "reasoning"


def _opened(value: Any) -> Any:
    """A list or an object that a table holds as text; anything else as it is."""
    return found if isinstance(value, str) and (found := decode(value)) is not None else value
