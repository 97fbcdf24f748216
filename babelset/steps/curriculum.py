"""Which rows come first, and which are held out: files that the step `mix` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from babelset.contracts.paths import steps, walk
from babelset.contracts.step import StepRow
from babelset.files.lossless import dumps
from babelset.languages import find

Origin = Literal["translated", "native", "source"]


def label_of(data: Mapping[str, Any], path: str) -> str | None:
    """
    A label of the row as text, None where it has none there.

    >>> label_of({"moderation": {"violent": True}}, "moderation.violent")
    'true'
    """
    found = next(walk(data, steps(path)), None)
    if found is None or found.missing or isinstance(found.value, dict | list):
        return None
    return as_label(found.value)


def as_label(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


def _codes(names: Sequence[str]) -> list[str]:
    return [find(name).code for name in names]


class CurriculumStage(BaseModel, extra="forbid", frozen=True):
    """Rows that come together: those that fulfil all that is said."""

    name: str = Field(min_length=1)
    languages: list[str] = []
    origins: list[Origin] = []
    files: list[str] = []  # that the rows are from, without folders
    where: dict[str, Any] = {}  # values of columns: { task = "qa" }

    codes = field_validator("languages")(_codes)

    def takes(self, row: StepRow, language: str, origin: str) -> bool:
        source = PurePath(str(row.known.get("file", row.row.file))).name
        return (
            (not self.languages or language in self.languages)
            and (not self.origins or origin in self.origins)
            and (not self.files or source in self.files or PurePath(row.row.file).name in self.files)
            and all(label_of(row.data, path) == as_label(value) for path, value in self.where.items())
        )


class Curriculum(BaseModel, extra="forbid", frozen=True):
    """A file for `order`: a table [[stages]] for each."""

    stages: list[CurriculumStage] = Field(min_length=1)


class Holdout(BaseModel, extra="forbid", frozen=True):
    """A file for `holdout`: which languages each task may be in; all others are its holes."""

    field: str  # the column that names the task
    languages: dict[str, list[str]] = Field(min_length=1)  # by task

    @field_validator("languages")
    @classmethod
    def _codes(cls, given: dict[str, list[str]]) -> dict[str, list[str]]:
        return {task: _codes(names) for task, names in given.items()}
