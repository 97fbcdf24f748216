"""The book of a row: every text in it, with what is done about it, while one goes through the row."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from babelset.contracts.evidence import path_name
from babelset.contracts.joined import Piece, template
from babelset.contracts.links import numbers, points
from babelset.contracts.shape import Field, Look, Rules, Where, column_name, shortened, stands_in, within
from babelset.errors import DataError
from babelset.files.encoded import value_at
from babelset.text.prose import holds_prose, is_sentence, reads_as_prose

KEYWORDS = 200  # of one row that are looked for in its texts


class Ledger:
    """Texts are entered as they are met; `close` decides on those that depend on others."""

    def __init__(self, rules: Rules, taken: Mapping[Where, Field | str]) -> None:
        self.rules, self.taken, self.found = rules, taken, Look()
        self.linked: list[tuple[Where, str]] = []  # keywords that another text may hold
        self.arguments = 0
        self.unsure: list[tuple[Where, str]] = []  # texts that no rule knows
        self.positions: list[tuple[Where, Any]] = []  # numbers that say where something is in a text

    def close(self, data: Mapping[str, Any]) -> None:
        self._link()
        self._join()
        self._spare_keys()
        self._place(data)

    def field(self, text: str, path: Where, role: str) -> None:
        if path in self.taken:
            self.taken_at(path, text)
        elif self.rules.leave and within(column_name(path), self.rules.leave):
            self.leave(text, path, "--leave")
        elif text.strip():
            self.found.fields.append(Field(path, path_name(path), role, text))

    def argument(self, text: str, path: Where) -> None:
        """A word that another text must hold; DataError where there are too many to look for."""
        self.arguments += 1
        if self.arguments > KEYWORDS:
            raise DataError(f"is beyond the {KEYWORDS} words of one row that are looked for", field=path_name(path))
        self.field(text, path, "keyword")

    def taken_at(self, path: Where, value: Any) -> None:
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

    def unsure_of(self, text: str, path: Where) -> None:
        if self.rules.leave and within(column_name(path), self.rules.leave):
            self.leave(text, path, "--leave")
        else:
            self.unsure.append((path, text))

    def names(self, data: Mapping[str, Any], path: Where) -> None:
        """
        Texts that are names, {"Look before you leap": 1}: nothing translates those, so they are a DataError.

        Names like "Rationale For Rating" are none of the text, unless they name numbers; those of flags stay.
        """
        where, first = column_name(path), next(iter(data.values()))
        prose = next((name for name in data if is_sentence(name)), "")
        prose = prose or (next(filter(reads_as_prose, data), "") if isinstance(first, int | float) else "")
        if not prose or within(where, self.rules.leave):
            return
        if self.rules.leave_unknown or (isinstance(first, bool) and not is_sentence(prose)):
            self.found.left.setdefault(where, "texts as names")
        else:
            say = f"--leave {shlex.quote(where)}"
            raise DataError(
                f"has texts as names ({shortened(prose)!r}), which nothing translates; say {say}", field=where
            )

    def _nobody_knows(self, text: str, path: Where) -> None:
        if not holds_prose(text):
            return
        if self.rules.leave_unknown:
            self.found.left.setdefault(column_name(path), "--leave-unknown")
        else:
            self.found.unknown.setdefault(column_name(path), shortened(text))

    def _join(self) -> None:
        """Columns that repeat a text are that text, columns made of the others are made again; unknown ones else."""
        told = [each for each in self.found.fields if each.role != "keyword"]
        roles = {each.text: each.role for each in reversed(told)}
        for path, text in self.unsure:
            if (role := roles.get(text)) and not text.isalnum():  # a "Yes" may be a label
                self.field(text, path, role)
            elif len(path) == 1 and (pieces := template(text, told)):
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

    def _place(self, data: Mapping[str, Any]) -> None:
        """Places in a text that nobody finds again after translation are columns that no rule knows."""
        longest = max((len(each.text) for each in self.found.fields), default=0)
        for path, value in self.positions:
            around = value_at(data, path[:-1])
            if points(path[-1], value, around, longest) and not self.rules.leave_unknown:
                self.found.unknown.setdefault(column_name(path), f"{next(numbers(value))}, a place in a text")

    def _link(self) -> None:
        told = "\n".join(each.text for each in self.found.fields).casefold()
        for number, (path, word) in enumerate(self.linked):
            if number < KEYWORDS and len(word.strip()) > 1 and stands_in(word.casefold(), told):
                self.field(word, path, "keyword")
            else:
                self.unsure_of(word, path)


def _is_key(each: Field) -> bool:
    return each.role == "output" and len(each.text.strip(" ().:")) == 1
