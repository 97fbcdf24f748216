"""What is found in a row: texts to translate, what is left and by which rule, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from babelset.contracts.joined import Piece
from babelset.errors import ConfigError
from babelset.files.encoded import ENCODED
from babelset.languages import Language, find

Where = tuple[str | int, ...]
EXAMPLE = 60  # characters
PLACES = 1000  # of a word in a text that are looked at


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a row: `Field(("messages", 2, "content"), "messages[2].content", "turn/user", "Hello.")`."""

    path: Where
    name: str
    role: str
    text: str
    right: bool = False  # the right one of some options


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What the user says of columns, beside the vocabulary.

    `leave` and `taken` are columns as `column_name` writes them; `roles` are speakers in lower case.
    """

    vocabulary: bool = True
    leave: tuple[str, ...] = ()
    leave_unknown: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)
    reasoning: bool = False
    arguments: bool = False


@dataclass(slots=True)
class Look:
    """What was found in one row."""

    fields: list[Field] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)  # columns that hold prose, with the rule that leaves them
    unknown: dict[str, str] = field(default_factory=dict)  # columns that hold prose, with an example
    languages: list[Where] = field(default_factory=list)
    joined: dict[Where, list[Piece]] = field(default_factory=dict)  # columns made of the others, and how
    seen: set[str] = field(default_factory=set)  # first keys of columns that are texts by name, blank or not


def column_name(path: Sequence[str | int]) -> str:
    """`column_name(("messages", 2, "content"))` -> "messages[*].content"."""
    name = "".join("[*]" if isinstance(part, int) else f".{part}" for part in path if part != ENCODED)
    return name.removeprefix(".")


def within(name: str, columns: Sequence[str]) -> str:
    """The one of `columns` that is `name`, or holds it: `within("meta.note", ["meta"])` -> "meta"."""
    return next((each for each in columns if name == each or name.startswith((f"{each}.", f"{each}["))), "")


def stands_in(word: str, text: str) -> bool:
    """Whether `word` is in `text`, not as a part of a longer word."""
    at = text.find(word)
    for _ in range(PLACES):
        if at < 0:
            break
        before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
        if not (before.isalnum() and word[0].isalnum()) and not (after.isalnum() and word[-1].isalnum()):
            return True
        at = text.find(word, at + 1)
    return False


@lru_cache(1000)
def named_language(text: str) -> Language | None:
    """The language that a short text names, None where it names none."""
    if not 1 < len(text.strip()) <= 30:
        return None
    try:
        return find(text)
    except ConfigError:
        return None


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXAMPLE else line[: EXAMPLE - 1] + "…"
