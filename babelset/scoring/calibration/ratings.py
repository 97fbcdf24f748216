"""
What people, or a scorer that is believed, think of rows. People's ratings are a table, csv, jsonl or any other format.

row,rating            id,target,rating
17,1                  seed_task_3,cat_Latn,85

`row` is the number in a row's evidence, `id` the row's own; `target` its language, where the inputs hold several.
Ratings are 0 and 1, or 0 to 100.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from babelset.contracts.evidence import Evidence
from babelset.errors import ConfigError
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.languages import find
from babelset.scoring.selection import Columns, value_of

STORED = "score:"  # and a column, where a table of ratings may be named
Key = tuple[str, str]  # the id, or the number of the row; then the language, "" for any


@dataclass
class Gold:
    """`Gold.read("ratings.csv", good=70)`: which rows people find good; with ratings up to 100 those from `good`."""

    path: str
    by: str  # "row" or "id"
    ratings: dict[Key, bool]
    languages: set[str] = field(default_factory=set)  # of the rows that a rating without a language met
    met: int = 0

    @classmethod
    def read(cls, path: str, *, good: float = 50) -> Gold:
        """Raises ConfigError for a table without the columns, and for a rating that is none; DataError for no file."""
        ratings: dict[Key, float] = {}
        by = ""
        for row in read([path]):
            if isinstance(row, BadRow):
                raise ConfigError(f"{path}:{row.line}: {row.reason}")
            by = by or ("row" if "row" in row.data else "id")
            key = _key(row, by)
            if key in ratings:
                raise ConfigError(f"{path}:{row.line}: {by} {key[0]!r} is rated twice; leave one rating")
            ratings[key] = _rating(row)
        least = 1 if set(ratings.values()) <= {0, 1} else good
        return cls(path, by, {key: rating >= least for key, rating in ratings.items()})

    def good(self, data: dict[str, Any], evidence: Evidence) -> bool | None:
        """Whether people find the row good, None where nobody rated it."""
        name = str(evidence["row"] if self.by == "row" else data.get("id"))
        for language in (evidence["target"], ""):
            if (found := self.ratings.get((name, language))) is not None:
                self.met += 1
                self.languages.update([] if language else [evidence["target"]])
                return found
        return None

    def check(self) -> None:
        """ConfigError where no row was rated, or where it is not clear in which language."""
        if not self.met:
            raise ConfigError(f"{self.path}: none of its {len(self.ratings)} ratings is of a row of the inputs")
        if len(self.languages) > 1:
            names = ", ".join(sorted(self.languages))
            raise ConfigError(f"{self.path}: the rated rows are into {names}; add a field 'target' that says which")


@dataclass
class Believed:
    """
    A score that rows have, in place of people's ratings: rows are good from `least`.

    >>> Believed("judge", least=4).good(data, evidence)
    True

    Rows without it, as those that were not drawn to be judged, are not rated. `check` raises ConfigError where no row
    has the column.
    """

    column: str
    least: float

    def __post_init__(self) -> None:
        self._columns = Columns("--gold", [self.column])

    def good(self, data: dict[str, Any], evidence: Evidence) -> bool | None:
        self._columns.see(evidence)
        value = value_of(evidence, self.column)
        return None if value is None else value >= self.least

    def check(self) -> None:
        self._columns.check()


def gold_of(named: str, good: float | None) -> Gold | Believed:
    """What `--gold` names: a file, or "score:judge"; ConfigError for a score without the value that is good."""
    if not named.startswith(STORED):
        return Gold.read(named, good=50 if good is None else good)
    if good is None:
        raise ConfigError(f"--gold {named}: from which value is a row good? Say --good N, in the score's own scale")
    return Believed(named.removeprefix(STORED), good)


def _key(row: Row, by: str) -> Key:
    if by not in row.data or "rating" not in row.data:
        raise ConfigError(f"{row.file}:{row.line}: a rating has the fields 'row' or 'id', and 'rating'")
    target = row.data.get("target")
    return str(row.data[by]).strip(), find(str(target)).code if target else ""


def _rating(row: Row) -> float:
    try:
        rating = float(str(row.data["rating"]))
    except ValueError:
        rating = -1.0
    if not 0 <= rating <= 100:
        raise ConfigError(f"{row.file}:{row.line}: rating: {row.data['rating']!r} is not a number from 0 to 100")
    return rating
