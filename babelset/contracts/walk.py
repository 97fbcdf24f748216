"""
The way through a row, column by column.

A column is known by its name (`columns.toml`), its form is seen from the value: a text, a list of texts, messages of
role and content in any spelling, pairs, an object of further columns, or one of these written as JSON in a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babelset.contracts.columns import CALLS, GENERIC, SAID, SAYS, SPEAKERS, Column, column, speakers
from babelset.contracts.evidence import path_name
from babelset.contracts.ledger import Ledger
from babelset.contracts.links import is_span
from babelset.contracts.shape import Field, Look, Rules, Where, column_name, named_language, within
from babelset.errors import DataError
from babelset.files.encoded import ENCODED, decode
from babelset.text.prose import UNSPACED, is_sentence

LABEL = 200  # characters of a longer text are no label
PICTURES = ("image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "document")


def look(data: Mapping[str, Any], rules: Rules, taken: Mapping[Where, Field | str] | None = None) -> Look:
    """
    Go through a row. `taken` are places that a schema's own rules have decided on: a field, or why it is left.

    Raises DataError, with the field, for a speaker that nobody knows and for a message that is no text.
    """
    walk = _Walk(rules, taken or {})
    walk.object(data, ())
    return walk.book.found


class _Walk:
    def __init__(self, rules: Rules, taken: Mapping[Where, Field | str]) -> None:
        self.rules, self.book = rules, Ledger(rules, taken)

    def object(self, data: Mapping[str, Any], path: Where, around: Column | None = None) -> None:
        for key, value in data.items():
            if isinstance(value, str | list | dict) or (type(value) is int and self._is_position(key)):
                self.column(value, (*path, key), around)
        if not path:
            self.book.close(data)
        elif self.rules.vocabulary and any(" " in key for key in data):
            self.book.names(data, path)

    def _is_position(self, key: str) -> bool:
        return self.rules.vocabulary and (known := column(str(key))) is not None and known.kind == "position"

    def column(self, value: Any, path: Where, around: Column | None = None) -> None:
        """One column by its name; `around` is the text column that it is inside of."""
        if path in self.book.taken:
            return self.book.taken_at(path, value)
        if self.rules.leave and (rule := within(column_name(path), self.rules.leave)):
            return self.book.leave(value, path, "--leave" if rule in self.rules.leave else rule)
        if isinstance(value, list) and value and is_span(value[0]) and self.rules.vocabulary:
            return self.book.positions.append((path, value[0]))
        known = column(str(path[-1])) if self.rules.vocabulary else _only_left(str(path[-1]))
        if around and (known is None or (path[-1] in GENERIC and known.kind == "text")):
            known = around if around.open or path[-1] in GENERIC else known
        if known is None:
            self.unknown(value, path)
        elif known.kind == "text":
            said = SAYS.get(known.role, known.role) if around and around.turns else known.role
            self.book.found.seen.add(str(path[0]))
            self.text(value, path, said, known)
        else:
            self._other(value, path, known)

    def _other(self, value: Any, path: Where, known: Column) -> None:
        if known.kind == "reasoning":
            if self.rules.reasoning:
                self.text(value, path, known.role, known)
            else:
                self.book.leave(value, path, "reasoning, without --translate-reasoning")
        elif known.kind == "language":
            self._language(value, path)
        elif known.kind == "linked":
            self._keywords(value, path)
        elif known.kind == "position":
            self.book.positions.append((path, value))
        elif known.label and not _is_label(value):
            self.unknown(value, path)
        else:
            self.book.leave(value, path, known.why)

    def text(self, value: Any, path: Where, role: str, kind: Column) -> None:
        """A value of a text column, whatever its form."""
        if path in self.book.taken:
            self.book.taken_at(path, value)
        elif isinstance(value, str):
            if kind.linked and value.lstrip()[:1] == "{":
                self._keywords(value, path)
            elif (opened := _opened(value, kind)) is not None:
                self.text(opened, (*path, ENCODED), role, kind)
            else:
                self.book.field(value, path, "text" if role == "turn" else role)
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
        if (speaker := speaker_of(item)) and (kind.turns or speaker in ("role", "from")):
            self._message(item, path, speaker)
        elif _is_call(item):
            self.book.leave(item, path, "tools")
        elif len(item) == 1 and (plain := next(iter(item))) and self._role(plain) and kind.turns:
            self.text(item[plain], (*path, plain), self._role(plain) or role, _plain(kind))  # {"user": "Hello."}
        else:
            inner = Column("text", role, kind.list, kind.turns, kind.open)
            self.object(item, path, inner)

    def _message(self, item: Mapping[str, Any], path: Where, speaker: str) -> None:
        role = self._speaker(item[speaker], path, speaker)
        for key, value in item.items():
            at = (*path, key)
            if key == speaker or value is None or at in self.book.taken:
                continue
            if key not in SAID:
                if isinstance(value, str | list | dict):
                    self.column(value, at)
            elif role is None:
                self.book.leave(value, at, f"{speaker} {item[speaker]}")
            else:
                self.book.found.seen.add(str(path[0]) if path else key)
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
            self.book.field(value, path, role)
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
            return self.book.leave(part, path, f"type {kind}" if kind in PICTURES else "tools")
        for key, value in part.items():
            at = (*path, key)
            if key in SAID and isinstance(value, str | list | dict):
                self._content(value, at, role)
            elif key not in ("type", "content_type") and isinstance(value, str | list | dict):
                self.column(value, at)

    def unknown(self, value: Any, path: Where) -> None:
        if isinstance(value, str):
            self.book.unsure_of(value, path)
        elif isinstance(value, dict):
            if self.rules.vocabulary and speaker_of(value) in ("role", "from"):
                self._message(value, path, speaker_of(value))
            elif not _is_call(value):
                self.object(value, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if (*path, index) in self.book.taken:
                    self.book.taken_at((*path, index), item)
                else:
                    self.unknown(item, (*path, index))

    def _language(self, value: Any, path: Where) -> None:
        if isinstance(value, str) and named_language(value) is None:
            self.unknown(value, path)
        elif isinstance(value, str):
            self.book.found.languages.append(path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._language(item, (*path, index))

    def _keywords(self, value: Any, path: Where, sure: bool = False) -> None:
        """Strings in there are decided on when all other texts of the row are known; those that are `sure`, now."""
        if isinstance(value, str):
            opened = decode(value)
            if opened is not None:
                self._keywords(opened, (*path, ENCODED))
            elif sure:
                self.book.argument(value, path)
            elif value.strip():
                self.book.linked.append((path, value))
        elif isinstance(value, dict | list):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                known = column(key) if isinstance(key, str) else None
                if known is None or known.kind not in ("left", "language"):
                    named = known is not None and known.kind == "linked"
                    self._keywords(item, (*path, key), sure or (named and self.rules.arguments))


def _only_left(key: str) -> Column | None:
    """What a schema without the vocabulary shares with it: what is no text by its name."""
    known = column(key)
    return known if known and known.kind in ("left", "reasoning") else None


def _opened(text: str, kind: Column) -> Any:
    """The list or object that a text spells, where the column holds such, or it is a list of messages or turns."""
    if not kind.list and not text.lstrip().startswith(("[{", '["', "[['")) and '"content"' not in text:
        return None
    found = decode(text)
    return found if kind.list or _are_turns(found) else None


def _are_turns(found: Any) -> bool:
    """Messages, or texts of which one has four words, also when translated: `["a hive"]` is an answer in JSON."""
    if not isinstance(found, list) or not found:
        return False
    if all(isinstance(item, dict) and speaker_of(item) for item in found):
        return True
    texts = [item for item in found if item is not None]
    return all(isinstance(item, str) for item in texts) and any(
        len(text.split()) > 3 or UNSPACED.search(text) for text in texts
    )


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
