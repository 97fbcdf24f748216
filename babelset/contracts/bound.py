"""
What a schema says of values that are bound to a language, or to a form: constraints that no translation keeps, and
cells that must be JSON.

[[bound]]
path = "instruction_id_list[*]"
values = ["change_case:english_*"]        patterns, as of file names
why = "English letters"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel

from babelset.contracts.evidence import path_name
from babelset.contracts.paths import steps, walk
from babelset.contracts.shape import named_language
from babelset.errors import DataError
from babelset.files.lossless import loads
from babelset.languages import Pair

CASED = frozenset({"Latn", "Cyrl", "Grek", "Armn"})  # scripts with capital letters


class Bound(BaseModel, extra="forbid", frozen=True):
    """A `[[bound]]` table of a schema: a row with such a value is rejected, as its task breaks in translation."""

    path: str
    values: list[str] = []  # patterns: "change_case:english_*"
    why: str
    capitals: bool = False  # only where the target's script has no capital letters
    source: bool = False  # instead of `values`: what names the source language

    def broken(self, data: Mapping[str, Any], pair: Pair) -> str:
        """Which value breaks, and why; "" where none does."""
        if self.capitals and pair.target.script in CASED:
            return ""
        for place in walk(data, steps(self.path)):
            if isinstance(place.value, str) and self._is_one(place.value, pair):
                return f"{path_name(place.path)}: untranslatable: {place.value[:60]}: {self.why}"
        return ""

    def _is_one(self, value: str, pair: Pair) -> bool:
        if self.source:
            return named_language(value) == pair.source
        return any(fnmatchcase(value, pattern) for pattern in self.values)


def demand_json(data: Mapping[str, Any], paths: Sequence[str]) -> None:
    """
    Raise DataError, naming the cell, for a text at one of these paths that is not JSON of a list or an object.

    A cell without a value is none; "None" is what tables of Multi-IF hold for a turn that is not there.
    """
    for path in paths:
        for name, text in _cells(data, path):
            try:
                found = loads(text)
            except ValueError as error:
                raise DataError(f"is not JSON ({str(error)[:80]}): {text[:60]!r}", field=name) from None
            if not isinstance(found, list | dict):
                raise DataError(f"is JSON, but no list or object: {text[:60]!r}", field=name)


def _cells(data: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for place in walk(data, steps(path)):
        if isinstance(place.value, str) and not place.missing and place.value.strip() not in ("", "None", "null"):
            yield path_name(place.path), place.value
