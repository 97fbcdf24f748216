"""What a row counts as where shares are made: its language, where it comes from, and the kind that has a share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

import xxhash

from babelset.contracts.step import Failed, Rejected, Stage, StepRow
from babelset.errors import ConfigError
from babelset.languages import find
from babelset.steps.curriculum import CurriculumStage, Holdout, label_of
from babelset.steps.groups import Groups, Key

Value = TypeVar("Value")
Kind = tuple[str, ...]  # its values, a column each: ("cat_Latn",)
LANGUAGE, ORIGIN = "language", "origin"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a row counts as."""

    kind: Kind
    language: str  # FLORES-200 code
    origin: str  # "translated", "native" or "source"
    stage: int = 0  # of the curriculum


Count = Callable[[StepRow], Counted | Rejected | Failed]


def by_kind(values: Mapping[str, Value]) -> dict[Kind, Value]:
    """`by_kind({"cat_Latn": 3})` -> {("cat_Latn",): 3}."""
    return {(name,): value for name, value in values.items()}


def said_languages(said: str | Mapping[str, str]) -> dict[str, str]:
    """
    Codes by file name, "" for every other file; ConfigError for an unknown language.

    >>> said_languages("ca.jsonl=ca,en")
    {'ca.jsonl': 'cat_Latn', '': 'eng_Latn'}
    """
    if isinstance(said, str):
        parts = [part.strip().rpartition("=") for part in said.split(",") if part.strip()]
        said = {file: language for file, _, language in parts}
    return {file: find(language.strip()).code for file, language in said.items()}


@dataclass(frozen=True)
class Counting:
    """How rows are counted."""

    stage: Stage
    columns: Sequence[str]  # that make the kind; `language` and `origin` need no column
    languages: Mapping[str, str]  # by file, of rows that do not tell theirs
    stages: Sequence[CurriculumStage] = ()
    holdout: Holdout | None = None

    def __call__(self, row: StepRow) -> Counted | Rejected | Failed:
        """What it counts as; or why it does not count."""
        language = row.language.code if row.language else self._language(row.row.file)
        if not language:
            name = PurePath(row.row.file).name
            return Failed(f"which language is it in? Say so: --set language={name}=LANG", LANGUAGE)
        origin = self._origin(row, language)
        if self.holdout and (why := self._held_out(self.holdout, row, language)):
            return why
        stage = next((n for n, each in enumerate(self.stages) if each.takes(row, language, origin)), -1)
        if self.stages and stage < 0:
            return Rejected("no stage of the curriculum takes it")
        known: dict[str, str | None] = {LANGUAGE: language, ORIGIN: origin}
        values = [known[path] if path in known else label_of(row.data, path) for path in self.columns]
        for path, value in zip(self.columns, values, strict=True):
            if value is None:
                return Failed("there is no label here: a text, a number, true, false or null", path)
        return Counted(tuple(value or "" for value in values), language, origin, max(stage, 0))

    def _language(self, file: str) -> str:
        names = (file, PurePath(file).name, "")
        return next((self.languages[name] for name in names if name in self.languages), "")

    def _origin(self, row: StepRow, language: str) -> str:
        if row.known.get("translator"):
            return "translated"
        return "source" if language == self.stage.source else "native"

    def _held_out(self, grid: Holdout, row: StepRow, language: str) -> Rejected | Failed | None:
        task = label_of(row.data, grid.field)
        if task is None:
            return Failed("there is no task here, which the holdout file asks for", grid.field)
        if task not in grid.languages:
            return Rejected("held out: the task is not in the grid")
        return None if language in grid.languages[task] else Rejected(f"held out: {task} in {language}")


@dataclass(frozen=True)
class InGroups:
    """Counts rows that are there in several languages, by their key."""

    count: Count
    stage: Stage
    column: str  # that holds the key; "" for `id` where there is one, else the place in the source
    least: int = 0
    groups: Groups | None = None
    limit: Key = b""

    def key(self, row: StepRow) -> Key | None:
        value = row.data.get(self.column or "id")
        if not isinstance(value, str | int):
            if self.column:
                return None
            value = row.id
        return xxhash.xxh3_128_digest(f"{self.stage.seed}\0{self.stage.name}\0{value}".encode("utf-8", "surrogatepass"))

    def keyed(self, rows: Iterator[StepRow]) -> Iterator[tuple[Key, str, int]]:
        """What the groups are made of."""
        for row in rows:
            counted, key = self.count(row), self.key(row)
            if isinstance(counted, Counted) and key is not None:
                yield key, counted.language, row.row.number

    def __call__(self, row: StepRow) -> Counted | Rejected | Failed:
        counted, key = self.count(row), self.key(row)
        if not isinstance(counted, Counted):
            return counted
        if key is None:
            return Failed("there is no text or number here, by which a row is known in other languages", self.column)
        assert self.groups is not None
        found = self.groups.of_key(key)
        if found[counted.language] != row.row.number:
            return Rejected("parallel: its language has a row of this id already")
        if len(found) < self.least:
            return Rejected(f"parallel: in {len(found)} of {self.least} languages only")
        return counted if key < self.limit else Rejected("not drawn")


def checked_files(languages: Mapping[str, str], inputs: Sequence[str]) -> None:
    """Raise ConfigError for a file that is given a language, and is not read."""
    known = {*inputs, *(PurePath(path).name for path in inputs), ""}
    if strange := next((name for name in languages if name not in known), None):
        read = ", ".join(PurePath(path).name for path in inputs)
        raise ConfigError(f"language: {strange} is not among the files that are read: {read}")
