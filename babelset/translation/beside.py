"""A translation beside its source: the row as it was, and in a new column what was translated of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babelset.contracts.evidence import BESIDE
from babelset.files.row import KEY
from babelset.work.journal import Entry


def beside(entry: Entry, before: Mapping[str, Any], column: str) -> Entry:
    """
    The entry of a translated row, its translation in a column of its own.

    >>> beside(entry, {"instruction": "Saluda."}, "english")["data"]
    {'instruction': 'Saluda.', 'english': {'instruction': 'Greet.'}, '_babelset': {...}}

    A row that has such a column already fails: nothing is written over.
    """
    if entry["status"] == "failed":
        return entry
    evidence = entry["data"][KEY]
    if column in before:
        where = {key: evidence[key] for key in ("row", "file", "line")}
        return {"status": "failed", "data": {**where, "reason": f"{column}: is in the row already", "raw": ""}}
    keys = dict.fromkeys(field["path"][0] for field in evidence["fields"])
    fields = [{**field, "path": [column, *field["path"]]} for field in evidence["fields"]]
    translated = {key: entry["data"][key] for key in keys}
    data = {key: value for key, value in before.items() if key != KEY}
    return {**entry, "data": {**data, column: translated, KEY: {**evidence, "fields": fields, BESIDE: column}}}
