"""What an export is: how translated rows become one kind of dataset, row by row."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from babelset import plugins
from babelset.contracts.columns import column
from babelset.contracts.evidence import (
    BESIDE,
    MADE,
    Evidence,
    SegmentEvidence,
    evidence_of,
    evidence_of_made,
    known_of,
    path_name,
    value_at,
)
from babelset.contracts.schema import COLUMNS, load_schema
from babelset.errors import ConfigError, DataError
from babelset.files.encoded import placed
from babelset.files.hub import dataset_of
from babelset.files.names import unfit
from babelset.files.row import KEY
from babelset.languages import Language, find


@dataclass(frozen=True, slots=True)
class TranslatedRow:
    """A translated row and what is known about it; `data` is the row without its evidence."""

    data: dict[str, Any]
    evidence: Evidence
    language: Language  # it is in

    @property
    def source(self) -> TranslatedRow:
        """The same row as it was before translation."""
        sources = {tuple(field["path"]): field["source"] for field in self.evidence["fields"]}
        return TranslatedRow(placed(self.data, sources), self.evidence, find(self.evidence["source"]))

    def keys(self, *roles: str) -> set[str]:
        """The keys of the row that texts of these roles stand under, blank texts too."""
        known = {str(field["path"][0]) for field in self.evidence["fields"] if field["role"] in roles}
        known |= {key for key, role in _schema_keys(self.evidence["schema"]) if role in roles}
        known |= {key for key in self.data if _plays(key, roles)}
        return known & self.data.keys()

    def texts(self, role: str) -> list[str]:
        """The texts that play `role`, in reading order, without blank ones."""
        paths = [field["path"] for field in self.evidence["fields"] if field["role"] == role]
        return [text for path in paths if isinstance(text := value_at(self.data, path), str)]


@cache
def _schema_keys(name: str) -> list[tuple[str, str]]:
    """First key and role of each field of an installed schema."""
    if name not in plugins.available("schemas"):
        return []
    return [(rule.steps[0], rule.role) for rule in load_schema(name).fields_]


def _plays(key: str, roles: Sequence[str]) -> bool:
    known = column(key)
    return known is not None and known.kind == "text" and known.role in roles


@dataclass(frozen=True, slots=True)
class Exported:
    """A row in its new shape, and the file below the output folder that it belongs to."""

    data: dict[str, Any]
    file: str = ""
    more: bool = False  # a further line of what is before it: it is not counted


class Export:
    """
    A shape of dataset that rows are written in, named by an entry point of the group `babelset.exports`.

    >>> class Pairs(Export):
    ...     endings = (".jsonl",)
    ...     def convert(self, row): return Exported({"source": row.source.data, "target": row.data})

    An instance is made for each export. One with options is a pydantic model too: `class Pairs(Export, BaseModel,
    extra="forbid")`, its fields are what `babelset export -O KEY=VALUE` sets.
    """

    endings: ClassVar[Sequence[str]] = ()
    """Of a file that it can fill, as (".parquet",); none for one that fills a folder, see `Exported.file`."""

    for_people: ClassVar[bool] = False
    """Whether its tables are opened in spreadsheets: then a cell that begins like a formula is neutralised."""
    looks: ClassVar[bool] = False
    """Whether `look` is asked about every row before the first is converted, since its place depends on all of them."""

    runs: Sequence[Mapping[str, Any]] = ()
    """Manifests of the runs that made the rows, the first run first. With `licenses` for those that `look`."""

    licenses: Mapping[str, Any] = {"data": "", "models": {}}
    """Of the data, "" where nobody knows, and of the models by name."""

    def look(self, row: TranslatedRow, data: Mapping[str, Any]) -> None:  # most shapes need not
        """See a row that will be converted; `data` is what would be written if it were left as it is."""

    def format(self, file: str) -> Any:
        """The format of a file below the output folder, where its name does not say all of it; else None."""
        return None

    @abstractmethod
    def convert(self, row: TranslatedRow) -> Exported | Sequence[Exported]:
        """
        The row in the new shape, or several rows of it; it is asked in the order of the rows.

        Raises DataError, with the reason, for a row that it has no place for.
        """

    def texts(self, folder: Path, counts: Mapping[str, int]) -> dict[str, str]:
        """
        What goes into the folder beside the files of rows, by name: how to read them. Asked when all are written.

        `counts` are the rows of each file, by its name in the folder.
        """
        return {}


TEXT_FILES = (".jsonl", ".json", ".parquet")


def translated(data: dict[str, Any]) -> TranslatedRow:
    """What `babelset translate` made of a row; DataError for one that it did not write or did not accept."""
    evidence = _made(data) if MADE in known_of(data) else evidence_of(data)
    if evidence["status"] != "accepted":
        reasons = [f"{check['check']}: {check['reason']}" for check in evidence["verdicts"] if not check["ok"]]
        raise DataError("; ".join(["the row was not accepted", *reasons]))
    try:
        language = find(evidence["target"])
        find(evidence["source"])
    except ConfigError as error:
        raise DataError(f"damaged evidence: {error}", field=KEY) from None
    for path in (field["path"] for field in evidence["fields"]):
        home = value_at(data, path[:-1])
        if isinstance(home, str) or not isinstance(value_at(data, path), str):
            raise DataError("has no translation", field=path_name(path))
    return TranslatedRow({key: value for key, value in data.items() if key != KEY}, evidence, language)


def _made(data: dict[str, Any]) -> Evidence:
    """The evidence of a row that a step of a pipeline made, translated before or not: its texts as they are now."""
    evidence, known = evidence_of_made(data), known_of(data)
    code = evidence["source" if BESIDE in known else "target"]
    kept = {
        number: field
        for number, field in enumerate(evidence["fields"])
        if field["path"][0] != known.get(BESIDE) and isinstance(value_at(data, field["path"]), str)
    }
    fields, places = [*kept.values()], {number: place for place, number in enumerate(kept)}
    segments: list[SegmentEvidence] = [
        {**each, "field": places[each["field"]]} for each in evidence["segments"] if each["field"] in places
    ]
    there = {tuple(field["path"]) for field in fields}
    for found in COLUMNS.look({key: value for key, value in data.items() if key != KEY}).fields:
        if found.path not in there:
            fields.append({"path": list(found.path), "role": found.role, "source": found.text, "keeps": []})
    return {**evidence, "target": code, "fields": fields, "segments": segments}


def dataset(row: TranslatedRow) -> str:
    """The dataset that a row comes from, as a safe file name: "dolly" for a row of data/dolly.jsonl.gz."""
    name = dataset_of(row.evidence["file"]) or row.evidence["schema"]
    safe = re.sub(r"[^\w-]", "-", name)[:50] or "dataset"
    return f"dataset-{safe}" if unfit(safe) else safe
