"""Parquet and CSV: the rows in their own shape, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.errors import DataError


class Parquet(Export):
    """A Parquet table: the first row names the columns; a table has no place for rows that have others."""

    endings: ClassVar[Sequence[str]] = (".parquet",)

    def __init__(self) -> None:
        self.columns: list[str] = []

    def convert(self, row: TranslatedRow) -> Exported:
        self.columns = self.columns or list(row.data)
        if odd := sorted(row.data.keys() ^ set(self.columns)):
            raise DataError(f"other columns than the first row ({', '.join(odd[:5])}); .jsonl can hold both")
        return Exported(row.data)


class CSV(Parquet):
    """
    A table of comma- or tab-separated values: the first row names the columns; formulas are neutralised.

    People open it in spreadsheets, which run a cell that begins with = + - or @, also behind blanks: such a cell gets
    an apostrophe before it. Numbers stay. `--keep-formulas` writes cells as they are. The outputs of `translate` and
    `filter` are data for programs: they keep every byte.
    """

    endings = (".csv", ".tsv")
    for_people: ClassVar[bool] = True
