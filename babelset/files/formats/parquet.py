"""Parquet, through pyarrow (extra `parquet`)."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from babelset.errors import ConfigError, DataError, OutputError
from babelset.files.formats.arrow import as_json, from_json, plain, without_numbers
from babelset.files.formats.format import Bad, Reading, Writer
from babelset.files.lossless import dumps
from babelset.files.row import KEY, excerpt

BATCH = 1000  # rows in memory at once, and rows that the columns' types are inferred from


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError("Parquet files need an extra: pip install 'babelset[parquet]'") from None
    return pyarrow


@dataclass(frozen=True)
class Parquet:
    """Lines are row numbers, from 1; values become JSON as `arrow.py` says. `schema` types what is written."""

    schema: Any = None
    names = ("parquet",)

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        line = 0
        with _table(file) as table:
            for batch in table.iter_batches(batch_size=BATCH):
                for content in _rows(batch):
                    line += 1
                    yield line, content

    def check(self) -> None:
        """Raise ConfigError where the extra is missing."""
        _pyarrow()

    def note(self, file: IO[bytes]) -> str:
        return ""

    def like(self, file: IO[bytes]) -> Parquet:
        """The format with the column types of `file`."""
        with _table(file) as table:
            return Parquet(table.schema_arrow)

    def writer(self, file: IO[bytes]) -> Writer:
        return _ParquetWriter(file, self.schema)


@contextmanager
def _seekable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Parquet is read from its end and to and fro; a compressed file would begin anew for each step back."""
    if isinstance(file, io.BufferedReader):
        yield file
        return
    with tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(file, whole)
        yield whole


@contextmanager
def _table(file: IO[bytes]) -> Iterator[Any]:
    arrow = _pyarrow()
    with _seekable(file) as whole:
        try:
            table = arrow.parquet.ParquetFile(whole)
            names = table.schema_arrow.names
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise DataError(f"two columns are named {twice!r}")
            yield table
        except arrow.ArrowException as error:
            raise DataError(f"not a Parquet file, or damaged: {str(error).splitlines()[0]}") from None


def _rows(batch: Any) -> Iterator[dict[str, Any] | Bad]:
    batch = type(batch).from_arrays([column.cast(plain(column.type)) for column in batch], names=batch.schema.names)
    odd = [field.name for field in batch.schema if from_json(field.type)]
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        rows = [_lone(batch.slice(number, 1)) for number in range(len(batch))]
    for row in rows:
        yield row if isinstance(row, Bad) else {**row, **{name: as_json(row[name]) for name in odd}}


def _lone(batch: Any) -> Any:
    try:
        return batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        return Bad(f"not valid UTF-8: {error}", excerpt(error.object))


class _ParquetWriter:
    """Columns that the given schema does not name get the type that fits the first rows."""

    def __init__(self, file: IO[bytes], schema: Any) -> None:
        self.arrow, self.file, self.given = _pyarrow(), file, schema
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
            if self.rows or not self.out:
                self._flush()
        finally:
            if self.out:
                self.out.close()

    def _flush(self) -> None:
        rows, self.rows = self.rows, []
        columns = {name: [row.get(name) for row in rows] for name in dict.fromkeys(key for row in rows for key in row)}
        if self.out is None:
            self._open(columns)
        if odd := sorted(columns.keys() - set(self.out.schema.names)):
            raise OutputError(f"rows have different columns ({', '.join(odd[:5])}); write .jsonl instead")
        empty = [None] * len(rows)
        arrays = [self._array(field.name, columns.get(field.name, empty), field.type) for field in self.out.schema]
        with self._honest():
            self.out.write_table(self.arrow.Table.from_arrays(arrays, schema=self.out.schema))

    def _open(self, columns: dict[str, list[Any]]) -> None:
        given = {field.name: field for field in self.given or ()}
        names = columns or given
        fields = [given.get(name) or self.arrow.field(name, self._array(name, columns[name]).type) for name in names]
        schema = self.arrow.schema(fields, self.given.metadata if self.given else None)
        with self._honest():
            self.out = self.arrow.parquet.ParquetWriter(self.file, schema)

    def _array(self, name: str, values: list[Any], kind: Any = None) -> Any:
        with self._honest(f"{name}: "):
            if kind is None:
                return self.arrow.array([without_numbers(value) for value in values])
            simple = plain(kind)
            convert = from_json(simple) or (lambda value: value)
            return self.arrow.array([convert(without_numbers(value)) for value in values], simple).cast(kind)

    @contextmanager
    def _honest(self, where: str = "") -> Iterator[None]:
        try:
            yield
        except (self.arrow.ArrowException, ValueError, OverflowError) as error:
            first = str(error).splitlines()[0]
            raise OutputError(f"{where}rows do not fit into one table: {first}; write .jsonl instead") from None
