"""Names that people have judged, and how good the votes are by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError, DataError
from babelset.files.reading import read
from babelset.files.row import BadRow
from babelset.measures.names import Gold, coverage, precision
from babelset.steps.ballot import Value

IDS = ("id", "wikidata_id")


def read_gold(path: str) -> dict[str, Gold]:
    """
    Rows of {id, correct_values, incorrect_values}, by their id.

    Raises ConfigError for a file that is not there, DataError for a row that is none of names.
    """
    if not Path(path).is_file():
        raise ConfigError(f"gold: {path} is not there; name a file of rows with id, correct_values, incorrect_values")
    found = {}
    for row in read([path]):
        if isinstance(row, BadRow):
            raise DataError(row.reason, file=row.file, line=row.line)
        key = next((row.data[key] for key in IDS if key in row.data), None)
        lists = [row.data.get(name) for name in ("correct_values", "incorrect_values")]
        if key is None or not all(map(_is_names, lists)):
            raise DataError("wants an id, and lists correct_values or incorrect_values", file=row.file, line=row.line)
        found[str(key)] = Gold(*lists)
    return found


def _is_names(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def measured(votes: Mapping[str, Sequence[Value]], gold: Mapping[str, Gold], most: int) -> list[dict[str, Any]]:
    """Coverage and precision for each least number of votes."""
    counted = {key: [(value.votes, value.name) for value in values] for key, values in votes.items()}
    table: list[dict[str, Any]] = []
    for least in range(1, most + 1):
        scores = {"coverage": coverage(counted, gold, least), "precision": precision(counted, gold, least)}
        told = {name: {"p": each.precision, "r": each.recall, "f1": each.f1} for name, each in scores.items()}
        table.append({"least": least, **told})
    return table


def shown(line: Mapping[str, Any]) -> str:
    """A line of that table."""
    told = [f"{name} {_percent(line[name])}" for name in line if name != "least"]
    return f"at least {line['least']} of the votes: {', '.join(told)}"


def _percent(scores: Mapping[str, float]) -> str:
    return " ".join(f"{name.upper()} {100 * share:.1f}" for name, share in scores.items())
