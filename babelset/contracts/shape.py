"""
A row, column by column: what is to be translated, what is left and by which rule, and what nobody knows.

A column is known by its name (`columns.toml`), its form is seen from the value: a text, a list of texts, messages of
role and content in any spelling, pairs, an object of further columns, or one of these written as JSON in a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from babelset.contracts.columns import CALLS, GENERIC, SAID, SAYS, SPEAKERS, Column, column, speakers
from babelset.contracts.evidence import path_name
from babelset.contracts.joined import Piece, template
from babelset.errors import ConfigError, DataError
from babelset.files.encoded import ENCODED, decode
from babelset.languages import Language, find
from babelset.text.prose import holds_prose, is_sentence, reads_as_prose

Where = tuple[str | int, ...]
EXAMPLE = 60  # characters
LABEL = 200  # characters of a longer text are no label
PICTURES = ("image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "document")


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a row: `Field(("messages", 2, "content"), "messages[2].content", "turn/user", "Hello.")`."""

    path: Where
    name: str
    role: str
    text: str


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


def look(data: Mapping[str, Any], rules: Rules, taken: Mapping[Where, Field | str] | None = None) -> Look:
    """
    Go through a row. `taken` are places that a schema's own rules have decided on: a field, or why it is left.

    Raises DataError, with the field, for a speaker that nobody knows and for a message that is no text.
    """
    walk = _Walk(rules, taken or {})
    walk.object(data, ())
    return walk.found


class _Walk:
    def __init__(self, rules: Rules, taken: Mapping[Where, Field | str]) -> None:
        self.rules, self.taken, self.found = rules, taken, Look()
        self.linked: list[tuple[Where, str]] = []
        self.unsure: list[tuple[Where, str]] = []  # texts that no rule knows

    def object(self, data: Mapping[str, Any], path: Where, around: Column | None = None) -> None:
        for key, value in data.items():
            if isinstance(value, str | list | dict):
                self.column(value, (*path, key), around)
        if not path:
            self._link()
            self._join()
            self._spare_keys()

    def column(self, value: Any, path: Where, around: Column | None = None) -> None:
        """One column by its name; `around` is the text column that it is inside of."""
        if path in self.taken:
            return self._taken(path, value)
        if self.rules.leave and (rule := within(column_name(path), self.rules.leave)):
            return self.leave(value, path, "--leave" if rule in self.rules.leave else rule)
        known = column(str(path[-1])) if self.rules.vocabulary else _only_left(str(path[-1]))
        if around and (known is None or (path[-1] in GENERIC and known.kind == "text")):
            known = around if around.open or path[-1] in GENERIC else known
        if known is None:
            self.unknown(value, path)
        elif known.kind == "text":
            said = SAYS.get(known.role, known.role) if around and around.turns else known.role
            self.found.seen.add(str(path[0]))
            self.text(value, path, said, known)
        else:
            self._other(value, path, known)

    def _other(self, value: Any, path: Where, known: Column) -> None:
        if known.kind == "reasoning":
            if self.rules.reasoning:
                self.text(value, path, known.role, known)
            else:
                self.leave(value, path, "reasoning, without --translate-reasoning")
        elif known.kind == "language":
            self._language(value, path)
        elif known.kind == "linked":
            self._keywords(value, path)
        elif known.label and not _is_label(value):
            self.unknown(value, path)
        else:
            self.leave(value, path, known.why)

    def text(self, value: Any, path: Where, role: str, kind: Column) -> None:
        """A value of a text column, whatever its form."""
        if path in self.taken:
            self._taken(path, value)
        elif isinstance(value, str):
            if (opened := _opened(value, kind)) is not None:
                self.text(opened, (*path, ENCODED), role, kind)
            else:
                self._field(value, path, "text" if role == "turn" else role)
        elif isinstance(value, list):
            self._list(value, path, role, kind)
        elif isinstance(value, dict):
            self._item(value, path, role, kind)

    def _list(self, items: Sequence[Any], path: Where, role: str, kind: Column) -> None:
        spoken = kind.turns and role == "turn" and all(isinstance(item, str) for item in items)
        for index, item in enumerate(items):
            turn = ("turn/user", "turn/assistant")[index % 2] if spoken else role
            self.text(item, (*path, index), turn, _plain(kind))

    def _item(self, item: Mapping[str, Any], path: Where, role: str, kind: Column) -> None:
        if speaker := speaker_of(item):
            self._message(item, path, speaker)
        elif _is_call(item):
            self.leave(item, path, "tools")
        elif len(item) == 1 and (plain := next(iter(item))) and self._role(plain) and kind.turns:
            self.text(item[plain], (*path, plain), self._role(plain) or role, _plain(kind))  # {"user": "Hello."}
        else:
            inner = Column("text", role, kind.list, kind.turns, kind.open)
            self.object(item, path, inner)

    def _message(self, item: Mapping[str, Any], path: Where, speaker: str) -> None:
        role = self._speaker(item[speaker], path, speaker)
        for key, value in item.items():
            at = (*path, key)
            if key == speaker or value is None or at in self.taken:
                continue
            if key not in SAID:
                if isinstance(value, str | list | dict):
                    self.column(value, at)
            elif role is None:
                self.leave(value, at, f"{speaker} {item[speaker]}")
            else:
                self.found.seen.add(str(path[0]) if path else key)
                self._content(value, at, role)

    def _role(self, name: str) -> str | None:
        role = self.rules.roles.get(name.strip().lower()) or speakers().get(name.strip().lower())
        return None if role == "left" else role

    def _speaker(self, said: Any, path: Where, key: str) -> str | None:
        """The role of a speaker, None for tools; DataError for one that nobody knows."""
        name = said.strip().lower() if isinstance(said, str) else ""
        role = self.rules.roles.get(name) or speakers().get(name)
        if role is None and key in ("role", "from"):
            say = f"; say --role {said}=assistant, or =user, =system, =tool" if name and " " not in name else ""
            raise DataError(f"{key} is {said!r}, which is no known speaker{say}", field=path_name(path))
        return None if role == "left" else role or "turn/other"

    def _content(self, value: Any, path: Where, role: str) -> None:
        """What is said in a message: a text, or parts that are or hold texts."""
        if isinstance(value, str):
            self._field(value, path, role)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                self._content(part, (*path, index), role)
        elif isinstance(value, dict):
            self._part(value, path, role)
        elif value is not None:
            raise DataError(f"is {type(value).__name__}, not text", field=path_name(path))

    def _part(self, part: Mapping[str, Any], path: Where, role: str) -> None:
        kind = part.get("type", part.get("content_type"))
        if kind in PICTURES or (isinstance(kind, str) and kind.startswith(("tool", "function"))):
            return self.leave(part, path, f"type {kind}" if kind in PICTURES else "tools")
        for key, value in part.items():
            at = (*path, key)
            if key in SAID and isinstance(value, str | list | dict):
                self._content(value, at, role)
            elif key not in ("type", "content_type") and isinstance(value, str | list | dict):
                self.column(value, at)

    def _field(self, text: str, path: Where, role: str) -> None:
        if path in self.taken:
            self._taken(path, text)
        elif self.rules.leave and within(column_name(path), self.rules.leave):
            self.leave(text, path, "--leave")
        elif text.strip():
            self.found.fields.append(Field(path, path_name(path), role, text))

    def _taken(self, path: Where, value: Any) -> None:
        decided = self.taken[path]
        if isinstance(decided, str):
            self.leave(value, path, decided)
        elif decided.text.strip():
            self.found.fields.append(decided)

    def leave(self, value: Any, path: Where, why: str) -> None:
        """Note every column in `value` that holds prose, and the rule that leaves it."""
        if isinstance(value, str):
            if reads_as_prose(value):
                self.found.left.setdefault(column_name(path), why)
        elif isinstance(value, dict | list):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                self.leave(item, (*path, key), why)

    def unknown(self, value: Any, path: Where) -> None:
        if isinstance(value, str):
            self._unknown_text(value, path)
        elif isinstance(value, dict):
            if self.rules.vocabulary and speaker_of(value) in ("role", "from"):
                self._message(value, path, speaker_of(value))
            elif not _is_call(value):
                self.object(value, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if (*path, index) in self.taken:
                    self._taken((*path, index), item)
                else:
                    self.unknown(item, (*path, index))

    def _unknown_text(self, text: str, path: Where) -> None:
        if len(path) == 1:
            self.unsure.append((path, text))
        else:
            self._nobody_knows(text, path)

    def _nobody_knows(self, text: str, path: Where) -> None:
        if not holds_prose(text):
            return
        if self.rules.leave_unknown:
            self.found.left.setdefault(column_name(path), "--leave-unknown")
        else:
            self.found.unknown.setdefault(column_name(path), shortened(text))

    def _language(self, value: Any, path: Where) -> None:
        if isinstance(value, str) and named_language(value) is None:
            self.unknown(value, path)
        elif isinstance(value, str):
            self.found.languages.append(path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._language(item, (*path, index))

    def _keywords(self, value: Any, path: Where) -> None:
        """Strings in there are decided on when all other texts of the row are known."""
        if isinstance(value, str):
            opened = decode(value)
            if opened is not None:
                self._keywords(opened, (*path, ENCODED))
            elif value.strip():
                self.linked.append((path, value))
        elif isinstance(value, dict | list):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                known = column(key) if isinstance(key, str) else None
                if known is None or known.kind != "left":
                    self._keywords(item, (*path, key))

    def _join(self) -> None:
        """Columns that repeat a text are that text, columns made of the others are made again; unknown ones else."""
        told = [each for each in self.found.fields if each.role != "keyword"]
        for path, text in self.unsure:
            if same := next((each for each in told if each.text == text), None):
                self._field(text, path, same.role)
            elif pieces := template(text, told):
                self._joined(path, pieces)
            else:
                self._nobody_knows(text, path)
        for whole in [each for each in told if len(each.path) == 1 and each.role in ("text", "prompt")]:
            if pieces := template(whole.text, [each for each in told if each is not whole]):
                self._joined(whole.path, pieces)
                self.found.fields.remove(whole)

    def _joined(self, path: Where, pieces: list[Piece]) -> None:
        self.found.joined[path] = pieces
        parts = ", ".join(dict.fromkeys(column_name(piece) for piece in pieces if not isinstance(piece, str)))
        self.found.left[column_name(path)] = f"made again of {parts}; its template stays"

    def _spare_keys(self) -> None:
        """The letter of an option is no answer in words: it stays."""
        if any(each.role == "choice" for each in self.found.fields):
            self.found.fields = [each for each in self.found.fields if not _is_key(each)]

    def _link(self) -> None:
        told = "\n".join(each.text for each in self.found.fields).casefold()
        for path, word in self.linked:
            if len(word.strip()) > 1 and stands_in(word.casefold(), told):
                self._field(word, path, "keyword")
            else:
                self._unknown_text(word, path)


def _only_left(key: str) -> Column | None:
    """What a schema without the vocabulary shares with it: what is no text by its name."""
    known = column(key)
    return known if known and known.kind in ("left", "reasoning") else None


def _opened(text: str, kind: Column) -> Any:
    """The list or object that a text spells, where the column holds such, or it is a list of messages; else None."""
    if not kind.list and '"content"' not in text and '"value"' not in text:
        return None
    found = decode(text)
    messages = isinstance(found, list) and found and all(isinstance(item, dict) and speaker_of(item) for item in found)
    return found if kind.list or messages else None


def _plain(kind: Column) -> Column:
    """The kind of an item: a text in a list is not opened once more."""
    return Column(kind.kind, kind.role, False, kind.turns, kind.open)


def speaker_of(item: Mapping[str, Any]) -> str:
    """The key that tells who speaks, where `item` is a message; "" where it is none."""
    said = any(key in item for key in SAID) or any(key in item for key in CALLS)
    return next((key for key in SPEAKERS if isinstance(item.get(key), str)), "") if said else ""


def _is_call(item: Mapping[str, Any]) -> bool:
    return "name" in item and ("arguments" in item or "parameters" in item)


def _is_label(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LABEL and not is_sentence(value)
    return all(map(_is_label, value)) if isinstance(value, list) else not isinstance(value, dict)


def _is_key(each: Field) -> bool:
    return each.role == "output" and len(each.text.strip(" ().:")) == 1


def stands_in(word: str, text: str) -> bool:
    """Whether `word` is in `text`, not as a part of a longer word."""
    at = text.find(word)
    while at >= 0:
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
