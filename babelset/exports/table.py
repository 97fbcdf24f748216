"""Parquet and CSV: the rows in their own shape, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.export import Export, Exported, TranslatedRow


class Parquet(Export):
    """
    A Parquet table with the columns of all rows, null where a row lacks one.

    Numbers of two kinds become floats; a column of numbers and texts is refused.
    """

    endings: ClassVar[Sequence[str]] = (".parquet",)

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(row.data)


class CSV(Parquet):
    """
    A table of comma- or tab-separated values with the columns of all rows; formulas are neutralised.

    People open it in spreadsheets, which run a cell that begins with = + - or @, also behind blanks: such a cell gets
    an apostrophe before it. Numbers stay. `--keep-formulas` writes cells as they are. The outputs of `translate` and
    `filter` are data for programs: they keep every byte.
    """

    endings = (".csv", ".tsv")
    for_people: ClassVar[bool] = True
