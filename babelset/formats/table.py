"""Comma- and tab-separated values: every value a string, exactly as it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Any

from babelset.errors import ConfigError, DataError
from babelset.formats.format import LONGEST, Bad, Reading, Writer
from babelset.formats.lines import Lines
from babelset.lossless import dumps
from babelset.row import excerpt


class Csv:
    names: tuple[str, ...] = ("csv",)
    delimiter = ","

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        csv.field_size_limit(LONGEST)
        texts = (line.decode("utf-8", "surrogateescape") for line in Lines(file))
        reader = csv.reader(texts, delimiter=self.delimiter, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise DataError(f"the header cannot be read: {error}", line=1) from None
        if twice := next((name for name in header if header.count(name) > 1), None):
            raise DataError(f"two columns are named {twice!r}", line=1)
        while True:
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, Bad(f"not valid CSV: {error}", "")
                continue
            if values:
                yield line, _row(header, values)

    def writer(self, file: IO[bytes]) -> Writer:
        return _TableWriter(file, self.delimiter)


class Tsv(Csv):
    names = ("tsv",)
    delimiter = "\t"


def _row(header: list[str], values: list[str]) -> dict[str, Any] | Bad:
    raw = excerpt(",".join(values).encode("utf-8", "surrogateescape"))
    if len(values) != len(header):
        return Bad(f"{len(values)} values for {len(header)} columns", raw)
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return Bad("not valid UTF-8", raw)
    return dict(zip(header, values, strict=True))


class _TableWriter:
    """The first row names the columns; nested values are written as JSON."""

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self.file = io.TextIOWrapper(file, "utf-8", "surrogatepass", newline="", write_through=True)
        self.writer = csv.writer(self.file, delimiter=delimiter, lineterminator="\n")
        self.columns: list[str] = []

    def write(self, row: dict[str, Any]) -> None:
        if not self.columns:
            self.columns = list(row)
            self.writer.writerow(self.columns)
        if row.keys() != set(self.columns):
            odd = sorted(row.keys() ^ set(self.columns))
            raise ConfigError(f"rows have different columns ({', '.join(map(repr, odd[:5]))}); write .jsonl instead")
        self.writer.writerow([_cell(row[column]) for column in self.columns])

    def close(self) -> None:
        self.file.detach()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value)
