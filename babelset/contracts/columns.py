"""
The vocabulary of columns: `columns.toml`, read once.

>>> column("Response_A").role, column("category").kind, column("gpt4Solution").role, column("flavour")
('output', 'left', 'output', None)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["text", "left", "reasoning", "language", "linked", "position"]
DIGITS = re.compile(r"\d+")
HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
COUNT = re.compile(r"_?#$|_[a-z]$")  # the first, the second ...: response_#, response_j
LONGEST_NAME = 100

SPEAKERS = ("role", "from", "speaker", "author", "sender", "user_type", "name")
SAID = ("content", "value", "text", "parts", "message", "utterance")
CALLS = ("tool_calls", "function_call", "tool_call", "function_calls")
# Keys that mean what the column around them means: choices.text, mc1_targets.choices.
GENERIC = ("text", "texts", "content", "value", "choices", "answer", "answers", "label_text", "body", "description")
# In a dialogue of objects, who says which column.
SAYS = {
    "instruction": "turn/user",
    "input": "turn/user",
    "prompt": "turn/user",
    "question": "turn/user",
    "output": "turn/assistant",
}


@dataclass(frozen=True, slots=True)
class Column:
    """
    A kind of column. `why` is the rule that leaves it; `label` holds as long as the value is one; an object that is
    written in one that is `linked` holds words that another column must hold.
    """

    kind: Kind
    role: str = ""
    list: bool = False
    turns: bool = False
    open: bool = False
    linked: bool = False
    why: str = ""
    label: bool = False


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """A well-known set of columns: rows that have all `keys`; `required` are those that must hold text."""

    name: str
    description: str
    keys: tuple[str, ...]
    required: tuple[str, ...]
    leave: tuple[str, ...]
    take: tuple[str, ...]


TURNS = Column("text", "turn", list=True, turns=True)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("babelset.contracts").joinpath("columns.toml").read_text(encoding="utf-8"))


@cache
def vocabulary() -> Mapping[str, Column]:
    """Every name, "#" for a number in it, with its kind of column."""
    return {name: kind for kind, names in _kinds() for name in names}


def _kinds() -> Iterator[tuple[Column, list[str]]]:
    table = _table()
    for entry in table["text"]:
        yield Column("text", **{key: value for key, value in entry.items() if key != "names"}), entry["names"]
    for entry in table["left"]:
        yield Column("left", why=entry["why"], label=entry.get("label", False)), entry["names"]
    yield Column("reasoning", "reasoning", list=True), table["reasoning"]["names"]
    yield Column("language"), table["language"]["names"]
    yield Column("linked", "keyword", list=True), table["linked"]["names"]
    yield Column("position"), table["position"]["names"]


@lru_cache(4096)
def column(key: str) -> Column | None:
    """
    What the vocabulary knows of a column of that name. Case, spaces and numbers in it do not matter, nor what comes
    before its last words: "generated_solution" is a solution, "responseB" a response.
    """
    known = vocabulary()
    if key in known:
        return known[key]
    if len(key) > LONGEST_NAME:
        return None
    names = [_plain_name(key), _plain_name(HUMP.sub("_", key))]
    names += [COUNT.sub("", name) for name in names]
    return next((known[name] for name in names if name in known), None) or _by_its_end(names[-1])


def _plain_name(key: str) -> str:
    return DIGITS.sub("#", key.lower()).replace(" ", "_").replace("-", "_")


def _by_its_end(name: str) -> Column | None:
    """The kind of the last words of a name: two that are a name, or one of `[ends]`."""
    words, known = name.split("_"), vocabulary()
    ends = ("_".join(words[at:]) for at in range(1, len(words)))
    return next((known[end] for end in ends if end in known and ("_" in end or end in _ends())), None)


@cache
def _ends() -> frozenset[str]:
    return frozenset(_table()["ends"]["names"])


@cache
def column_sets() -> Mapping[str, ColumnSet]:
    """The well-known sets by name."""
    return {
        name: ColumnSet(
            name,
            entry["description"],
            *(tuple(entry.get(which, ())) for which in ("keys", "required", "leave", "take")),
        )
        for name, entry in _table()["sets"].items()
    }


@cache
def speakers() -> Mapping[str, str]:
    """Every known name of a speaker, in lower case, with the role: "left" for tools and what they answer."""
    return {name: role for role, names in _table()["roles"].items() for name in names}


def stand_in(key: str) -> Any:
    """
    A value such as a column of that name holds, where nobody knows it yet.

    >>> stand_in("output"), stand_in("messages")[0]["role"]
    ('A text.', 'user')
    """
    known = column(key)
    if known and known.turns:
        return [{"role": role, "content": "A text."} for role in ("user", "assistant")]
    return ["A text."] if known and known.list else "A text."
