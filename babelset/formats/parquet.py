"""Parquet, through pyarrow (extra `parquet`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from babelset.errors import ConfigError, DataError, OutputError
from babelset.evidence import KEY
from babelset.formats.format import Reading, Writer
from babelset.lossless import dumps

BATCH = 1000  # rows in memory at once, and rows that the columns' types are inferred from


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError("Parquet files need an extra: pip install 'babelset[parquet]'") from None
    return pyarrow


class Parquet:
    """Lines are row numbers, from 1. Dates, decimals and bytes become strings; NaN becomes null."""

    names = ("parquet",)

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        arrow = _pyarrow()
        line = 0
        try:
            for batch in arrow.parquet.ParquetFile(file).iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    line += 1
                    yield line, row
        except arrow.ArrowInvalid as error:
            raise DataError(f"not a Parquet file, or damaged: {str(error).splitlines()[0]}", line=line) from None

    def writer(self, file: IO[bytes]) -> Writer:
        return _ParquetWriter(file)


class _ParquetWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self.arrow, self.file = _pyarrow(), file
        self.rows: list[dict[str, Any]] = []
        self.out: Any = None

    def write(self, row: dict[str, Any]) -> None:
        if KEY in row:  # its shape differs from row to row: one column of JSON
            row = {**row, KEY: dumps(row[KEY])}
        self.rows.append(row)
        if len(self.rows) == BATCH:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            if self.out:
                self.out.close()

    def _flush(self) -> None:
        try:
            schema = self.out.schema if self.out else None
            columns = list(dict.fromkeys(key for row in self.rows for key in row))  # pyarrow looks at the first row
            rows = [{column: row.get(column) for column in columns} for row in self.rows]
            table = self.arrow.Table.from_pylist(rows, schema=schema)
        except (self.arrow.ArrowInvalid, self.arrow.ArrowTypeError) as error:
            first = str(error).splitlines()[0]
            raise OutputError(f"rows do not fit into one table: {first}; write .jsonl instead") from None
        if self.out is None:
            self.out = self.arrow.parquet.ParquetWriter(self.file, table.schema)
        if schema and (odd := sorted(set(columns) - set(schema.names))):
            raise OutputError(f"rows have different columns ({', '.join(odd[:5])}); write .jsonl instead")
        self.out.write_table(table)
        self.rows = []
