"""
What names one of the options of a row, or its class: a letter, a number. It is checked, and never translated.

[[labels]]
path = "answerKey"
of = ["choices[*]", "choices.text[*]"]    the options: those of these paths that the row has
called = ["choices.label[*]"]             what the options are called, where the row says so
first = ["A", "1"]                        else what the first of them may be called

[[labels]]
path = "label"
among = ["0", "1", "2"]                   the classes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from babelset.contracts.evidence import path_name
from babelset.contracts.paths import Place, steps, walk
from babelset.contracts.shape import Where
from babelset.errors import DataError
from babelset.files.encoded import decode

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Label(BaseModel, extra="forbid", frozen=True):
    """A `[[labels]]` table of a schema."""

    path: str  # "answerKey"
    of: list[str] = []  # the options, "choices[*]", or a column each: "option_a", "option_b"
    called: list[str] = []  # where the options' own names are: "choices.label[*]"
    first: list[str] = []  # what the first option is called: "A", "0" or "1"
    each: bool = False  # it is a list with a 1 or a 0 for each option
    among: list[str] = []  # without options: the values that it may have
    words: bool = False  # it may be the right answer in words, which is a text like others

    def right(self, data: Mapping[str, Any]) -> Iterator[Where]:
        """
        The options that it names.

        >>> list(Label(path="answer", of=["choices[*]"], first=["0"]).right({"choices": ["Nile", "Ob"], "answer": 1}))
        [('choices', 1)]

        Raises DataError for a value that names none of them. A row without a label names none: not all test sets tell.
        """
        for place in walk(data, steps(self.path)):
            if place.missing or place.value is None or place.value == "":
                continue
            if self.among:
                self._class(place)
            elif self.each:
                yield from self._marked(place, data)
            else:
                yield from self._named(place, data)

    def _class(self, place: Place) -> None:
        if str(place.value) not in self.among:
            raise DataError(f"is {place.value!r}, none of {', '.join(self.among)}", field=path_name(place.path))

    def _marked(self, place: Place, data: Mapping[str, Any]) -> Iterator[Where]:
        options, said = self._options(data), place.value
        marks = decode(said) if isinstance(said, str) else said
        if not isinstance(marks, list) or len(marks) != len(options) or not {*map(str, marks)} <= {"0", "1"}:
            raise DataError(
                f"is {str(marks)[:60]}, not a 0 or a 1 for each of {len(options)} options", field=path_name(place.path)
            )
        if "1" not in map(str, marks):
            raise DataError("names no option as the right one", field=path_name(place.path))
        yield from (option.path for option, mark in zip(options, marks, strict=True) if str(mark) == "1")

    def _named(self, place: Place, data: Mapping[str, Any]) -> Iterator[Where]:
        said, options = str(place.value).strip(), self._options(data)
        at = self._index(said, data)
        if 0 <= at < len(options) and _told(options[at]):
            yield options[at].path
        elif not (self.words and len(said) > 1 and not said.lstrip("-").isdecimal()):
            there = sum(map(_told, options))
            raise DataError(f"is {place.value!r}, which names none of {there} options", field=path_name(place.path))

    def _options(self, data: Mapping[str, Any]) -> list[Place]:
        """The options; a column that is not there has its place in the order all the same."""
        found = [place for path in self.of for place in walk(data, steps(path))]
        return found if all("*" not in path for path in self.of) else list(filter(_is_option, found))

    def _index(self, said: str, data: Mapping[str, Any]) -> int:
        names = [str(place.value) for path in self.called for place in walk(data, steps(path)) if not place.missing]
        if names:
            return names.index(said) if said in names else -1
        if "A" in self.first and len(said) == 1 and said in LETTERS:
            return LETTERS.index(said)
        numbers = [int(first) for first in self.first if first.isdecimal()]
        return int(said) - numbers[0] if numbers and said.isascii() and said.isdecimal() and len(said) < 4 else -1


def _is_option(place: Place) -> bool:
    return not place.missing and not isinstance(place.value, list | dict | None)


def _told(place: Place) -> bool:
    return _is_option(place) and bool(str(place.value).strip())
