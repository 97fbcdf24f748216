"""Parquet and CSV: the rows in their own shape, as a table."""

from __future__ import annotations

from babelset.recipe import Exported, TranslatedRow


class Parquet:
    endings: tuple[str, ...] = (".parquet",)

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(row.data)


class CSV(Parquet):
    endings = (".csv", ".tsv")
