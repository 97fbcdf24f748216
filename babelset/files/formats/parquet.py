"""Parquet, through pyarrow (extra `parquet`)."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from babelset.errors import ConfigError, DataError, OutputError
from babelset.files.compression import check_size, size_of
from babelset.files.formats.arrow import as_json, check, from_json, plain, without_numbers
from babelset.files.formats.format import LONGEST, TOO_LONG, Bad, Reading, Writer, twice_in
from babelset.files.row import KEY, excerpt

BATCH = 1000  # rows in memory at once, and rows that the columns' types are inferred from
FEW = 100  # rows of each language that wait to be looked at
CHUNK = 256 << 20  # bytes of a column's chunk, which is unpacked whole


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError("Parquet files need an extra: pip install 'babelset[parquet]'") from None
    return pyarrow


@dataclass(frozen=True)
class Parquet:
    """
    Lines are row numbers, from 1; values become JSON as `arrow.py` says. `schema` types what is written; with `whole`
    its columns are all there, whether or not the first rows have them.
    """

    schema: Any = None
    whole: bool = False
    names = ("parquet",)

    def read(self, file: IO[bytes], skip: int = 0) -> Iterator[Reading]:
        """Row groups that are skipped whole are not read."""
        with _table(file) as (table, whole):
            kinds = {field.name: field.type for field in table.schema_arrow}
            groups, read = _from(table.metadata, skip)
            for batch, size in _batches(table, whole, groups):
                over = min(max(skip - read, 0), len(batch))
                read += over
                batch = batch.slice(over)
                contents = _rows(batch, kinds) if size <= LONGEST else [Bad(TOO_LONG, "")] * len(batch)  # one at most
                for read, content in enumerate(contents, read + 1):  # noqa: B020  # goes on from batch to batch
                    yield read, content

    def count(self, file: IO[bytes]) -> int:
        with _table(file) as (table, _):
            return int(table.metadata.num_rows)

    def check(self) -> None:
        """Raise ConfigError where the extra is missing."""
        _pyarrow()

    def note(self, file: IO[bytes]) -> str:
        return ""

    def like(self, file: IO[bytes]) -> Parquet:
        """The format with the column types of `file`."""
        with _table(file) as (table, _):
            return Parquet(table.schema_arrow)

    def differs(self, other: Parquet) -> str:
        """Why rows of `other` do not fit into a table with the columns of this one; "" where they do, or may."""
        if self.schema is None or other.schema is None:
            return ""
        here, there = ({field.name: field.type for field in each.schema} for each in (self, other))
        odd = next((name for name in [*here, *there] if here.get(name) != there.get(name)), None)
        return "" if odd is None else f"column {odd!r} is {there.get(odd, 'missing')}, and {here.get(odd, 'missing')}"

    def writer(self, file: IO[bytes]) -> Writer:
        return _ParquetWriter(file, self.schema, self.whole)


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
def _table(file: IO[bytes]) -> Iterator[tuple[Any, IO[bytes]]]:
    """The table, and the file that it is in; DataError for columns that cannot be kept, and for a bomb."""
    arrow = _pyarrow()
    with _seekable(file) as whole:
        try:
            table = arrow.parquet.ParquetFile(whole)
            _check_columns(table.schema_arrow, arrow)
            _check_chunks(table.metadata)
            yield table, whole
        except arrow.ArrowException as error:
            raise DataError(f"not a Parquet file, or damaged: {str(error).splitlines()[0]}") from None


def _check_columns(schema: Any, arrow: Any) -> None:
    if (twice := twice_in(schema.names)) is not None:
        raise DataError(f"two columns are named {twice!r}")
    for kind in {field.type for field in schema}:
        try:
            check(kind)
        except (ValueError, arrow.ArrowException) as error:
            name = next(field.name for field in schema if field.type == kind)
            reason = f"cannot be kept exactly: {str(error).splitlines()[0]}; leave it out"
            raise DataError(reason, field=f"column {name!r}") from None


def _check_chunks(metadata: Any) -> None:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for column in map(group.column, range(metadata.num_columns)):
            check_size(column.total_compressed_size, max(column.total_uncompressed_size, column.num_values), CHUNK)


def _from(metadata: Any, skip: int) -> tuple[range, int]:
    """The row groups from the one that holds row `skip` on, and how many rows there are before it."""
    before = 0
    for number in range(metadata.num_row_groups):
        rows = metadata.row_group(number).num_rows
        if before + rows > skip:
            return range(number, metadata.num_row_groups), before
        before += rows
    return range(0), before


def _batches(table: Any, whole: IO[bytes], wanted: range) -> Iterator[tuple[Any, int]]:
    """
    Rows, as many as fit into memory, and their size.

    A text that many rows share is read once, however often it is there: it would fill the memory before anybody could
    count.
    """
    metadata, columns = table.metadata, range(table.metadata.num_columns)
    texts = [table.schema.column(n).path for n in columns if table.schema.column(n).physical_type == "BYTE_ARRAY"]
    shared = _pyarrow().parquet.ParquetFile(whole, metadata=metadata, read_dictionary=texts)
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    packed, unpacked = size_of(whole), 0
    size = max(1, min(BATCH, LONGEST // max(largest, 1)))
    for batch in shared.iter_batches(batch_size=size, row_groups=list(wanted)) if wanted else ():
        for piece, size in _pieces(batch):
            unpacked += size
            check_size(packed, unpacked)
            yield piece, size


def _pieces(batch: Any) -> Iterator[tuple[Any, int]]:
    size = sum(map(_size, batch))
    if size <= LONGEST or len(batch) < 2:
        yield batch, size
    else:
        half = len(batch) // 2
        yield from _pieces(batch.slice(0, half))
        yield from _pieces(batch.slice(half))


def _size(array: Any) -> int:
    """Bytes of an array whose texts are written out."""
    import pyarrow.compute

    is_ = _pyarrow().types
    if is_.is_dictionary(array.type):
        if is_.is_primitive(array.type.value_type):
            return int(array.nbytes)
        lengths = pyarrow.compute.binary_length(array.dictionary).cast("int64")
        return pyarrow.compute.sum(lengths.take(array.indices)).as_py() or 0
    if is_.is_map(array.type):
        start, *_, end = array.offsets.to_pylist() if len(array) else (0, 0)
        return sum(_size(inner.slice(start, end - start)) for inner in (array.keys, array.items))
    if array.type.num_fields:
        inner = array.flatten()
        return sum(map(_size, inner if isinstance(inner, list) else [inner]))
    return int(array.nbytes)


def _rows(batch: Any, kinds: Mapping[str, Any]) -> Iterator[dict[str, Any] | Bad]:
    batch = type(batch).from_arrays([column.cast(plain(column.type)) for column in batch], names=batch.schema.names)
    odd = {name: convert for name, kind in kinds.items() if (convert := as_json(kind))}
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        rows = [_lone(batch.slice(number, 1)) for number in range(len(batch))]
    for row in rows:
        yield row if isinstance(row, Bad) else {**row, **{name: convert(row[name]) for name, convert in odd.items()}}


def _lone(batch: Any) -> Any:
    try:
        return batch.to_pylist()[0]
    except UnicodeDecodeError as error:
        return Bad(f"not valid UTF-8: {error}", excerpt(error.object))


def inferred(values: list[Any]) -> Any:
    """An array of the type that fits the values; raises what Arrow raises where none does."""
    return _pyarrow().array([without_numbers(value) for value in values])


class Columns:
    """
    The columns of many rows, and for each a type that all of its values fit; one that a row lacks is null there.

    >>> columns = Columns()
    >>> columns.add({"a": 1}), columns.add({"a": 0.5, "b": None}), columns.format().schema
    a: double
    b: null
    """

    def __init__(self) -> None:
        self.types: dict[str, Any] = {}
        self.rows: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        self.rows.append(row)
        if len(self.rows) == FEW:
            self._flush()

    def format(self) -> Parquet:
        """The format of a table with these columns. Raises OutputError for a column of which no type fits all rows."""
        self._flush()
        return Parquet(_pyarrow().schema(list(self.types.items())), whole=True)

    def _flush(self) -> None:
        rows, self.rows = self.rows, []
        for name in dict.fromkeys(key for row in rows for key in row):
            self.types[name] = self._fitting(name, [row.get(name) for row in rows])

    def _fitting(self, name: str, values: list[Any]) -> Any:
        arrow = _pyarrow()
        try:
            both = [arrow.schema([(name, kind)]) for kind in (self.types.get(name), inferred(values).type) if kind]
            return arrow.unify_schemas(both, promote_options="permissive").field(name).type
        except (arrow.ArrowException, ValueError, OverflowError) as error:
            first = str(error).splitlines()[0]
            cure = "make its values alike, or leave it out: babelset run columns"
            raise OutputError(f"the column {name!r} holds values of different types ({first}); {cure}") from None


class _ParquetWriter:
    """
    The table has the columns of all rows, null where a row lacks one. Types that the given schema does not name are
    those that fit all rows: so the rows stand in a temporary file until the last one is known.
    """

    def __init__(self, file: IO[bytes], schema: Any, whole: bool = False) -> None:
        self.arrow, self.file, self.given, self.whole = _pyarrow(), file, schema, whole
        self.fields = {field.name: field for field in schema or ()}
        self.rows: list[dict[str, Any]] = []
        self.size = 0  # of their evidence, which holds their texts
        self.batches = Counter[str]()  # of rows set aside, by column
        self.aside: Any = tempfile.SpooledTemporaryFile(max_size=LONGEST)  # noqa: SIM115
        self.schema: Any = None  # of all rows so far

    def write(self, row: dict[str, Any]) -> None:
        self.size += len(row.get(KEY, ""))
        self.rows.append(row)
        if len(self.rows) == BATCH or self.size > LONGEST:
            self._put_aside()

    def close(self) -> None:
        with self.aside:
            if self.rows:
                self._put_aside()
            schema = self._whole_schema()
            self.aside.seek(0)
            with self._honest(), self.arrow.parquet.ParquetWriter(self.file, schema, compression="zstd") as out:
                for _ in range(self.batches[""]):
                    out.write_table(self._fitted(self.arrow.ipc.open_stream(self.aside).read_all(), schema))

    def _put_aside(self) -> None:
        rows, self.rows, self.size = self.rows, [], 0
        names = dict.fromkeys(key for row in rows for key in row)
        arrays = [self._array(name, [row.get(name) for row in rows], self.fields.get(name)) for name in names]
        fields = [self._field(name, array) for name, array in zip(names, arrays, strict=True)]
        table = self.arrow.table(arrays, schema=self.arrow.schema(fields))
        schemas = [table.schema] if self.schema is None else [self.schema, table.schema]
        with self._honest():
            self.schema = self.arrow.unify_schemas(schemas, promote_options="permissive")
            with self.arrow.ipc.new_stream(self.aside, table.schema) as out:
                out.write_table(table)
        self.batches.update(["", *names])

    def _field(self, name: str, array: Any) -> Any:
        given = self.fields.get(name)
        return self.arrow.field(
            name, array.type, given is None or given.nullable or array.null_count > 0, given and given.metadata
        )

    def _whole_schema(self) -> Any:
        """The columns of all rows; those of the given schema where there are no rows."""
        if self.schema is None or self.whole:
            return self.given or self.arrow.schema([])
        fields = [
            field.with_nullable(field.nullable or self.batches[field.name] < self.batches[""]) for field in self.schema
        ]
        return self.arrow.schema(fields, self.given.metadata if self.given else None)

    def _fitted(self, table: Any, schema: Any) -> Any:
        """The rows with the columns and types of all."""
        there = dict(zip(table.schema.names, table.columns, strict=True))
        empty = self.arrow.nulls(len(table))
        columns = [(there.get(field.name, empty), field.type) for field in schema]
        arrays = [
            column if column.type == kind else self.arrow.array(column.to_pylist(), kind) for column, kind in columns
        ]
        return self.arrow.Table.from_arrays(arrays, schema=schema)

    def _array(self, name: str, values: list[Any], given: Any) -> Any:
        with self._honest(f"{name}: "):
            if given is None:
                return inferred(values)
            kind = given.type
            convert = from_json(kind) or (lambda value: value)
            return self.arrow.array([convert(without_numbers(value)) for value in values], plain(kind)).cast(kind)

    @contextmanager
    def _honest(self, where: str = "") -> Iterator[None]:
        try:
            yield
        except (self.arrow.ArrowException, ValueError, OverflowError) as error:
            first = str(error).splitlines()[0]
            raise OutputError(f"{where}rows do not fit into one table: {first}; write .jsonl instead") from None
