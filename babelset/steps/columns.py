"""The step `columns`: which columns rows have, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from babelset.contracts.step import Failed, Made, RowStep, Stage, StepOutcome, StepRow
from babelset.errors import ConfigError
from babelset.files.row import KEY

LANGUAGE = ":language"
PLACE = re.compile(r"\{([^{}]*)\}")


class Columns(RowStep, frozen=True):
    """
    Name, copy and put together columns; the others stay, or go with `only`.

    >>> Columns(take={"prompt": "{instruction}\\n\\n{input}", "chosen": "{answers.0}"}, only=True)

    A value is a text in which `{name}` stands for a column, `{name.key}` for what is inside one and `{name.0}` for the
    first of a list; one such place alone keeps its type, and `{:language}` is the row's. A row that lacks one fails.
    White space at the ends goes.
    """

    take: dict[str, str] = Field(min_length=1)  # new columns, and what they hold
    only: bool = False  # without the columns that are not named

    def needs(self) -> frozenset[str]:
        places = {place.partition(".")[0] for text in self.take.values() for place in PLACE.findall(text)}
        return frozenset(places - {LANGUAGE})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset(self.take) | (frozenset() if self.only else columns)

    def check(self, stage: Stage) -> None:
        if KEY in self.take:
            raise ConfigError(f"take: {KEY} is what is known about a row; name another column")

    def rows(self, batch: Sequence[StepRow]) -> list[StepOutcome]:
        return [self._outcome(row) for row in batch]

    def _outcome(self, row: StepRow) -> StepOutcome:
        try:
            data = {**row.data, LANGUAGE: row.language.bcp47 if row.language else ""}
            taken = {name: _filled(text, data) for name, text in self.take.items()}
        except LookupError as error:
            return Failed("is missing", str(error.args[0]))
        rest = {key: value for key, value in row.data.items() if key == KEY or not self.only}
        return Made([{**rest, **taken}])


def _filled(text: str, data: dict[str, Any]) -> Any:
    if alone := PLACE.fullmatch(text):
        return _value(data, alone[1])
    return PLACE.sub(lambda place: str(_value(data, place[1])), text).strip()


def _value(data: Any, path: str) -> Any:
    value = data
    for key in path.split("."):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise LookupError(path)
    return value
