"""Values separated by commas, tabs or semicolons: every value a string, exactly as it stands."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any, Self

from babelset.errors import DataError
from babelset.files.formats.format import LONGEST, TOO_LONG, Bad, Reading, Writer, encoded, twice_in
from babelset.files.formats.lines import Lines
from babelset.files.formats.start import Start
from babelset.files.lossless import dumps
from babelset.files.row import EXCERPT, excerpt

NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Csv:
    """Where the header has no column but by another separator, the file is read, and written again, with that one."""

    delimiter: str = ","
    names = ("csv",)

    def note(self, file: Start) -> str:
        found = self.like(file).delimiter
        return "" if found == self.delimiter else f"the values are separated by {NAMED[found]}"

    def like(self, file: Start) -> Self:
        header = file.first_line.decode("utf-8", "replace")
        csv.field_size_limit(LONGEST)
        widths = {each: len(next(csv.reader([header], delimiter=each), [])) for each in (self.delimiter, *NAMED)}
        if widths[self.delimiter] > 1:
            return self
        best = max(widths, key=lambda each: widths[each])
        return replace(self, delimiter=best if widths[best] > 1 else self.delimiter)

    def read(self, file: Start) -> Iterator[Reading]:
        csv.field_size_limit(LONGEST)
        lines = _Texts(file)
        reader = csv.reader(lines, delimiter=self.like(file).delimiter, strict=True)
        header = _header(reader)
        while True:
            line = lines.begin()
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, Bad(TOO_LONG if lines.too_long else f"not valid CSV: {error}", excerpt(lines.taken))
            else:
                if values:
                    yield line, _row(header, values) or Bad(_fault(header, values), excerpt(lines.taken))
                else:
                    lines.lines.pass_over(b"\r\n")

    def writer(self, file: IO[bytes]) -> Writer:
        return _TableWriter(file, self.delimiter)


@dataclass(frozen=True)
class Tsv(Csv):
    delimiter: str = "\t"
    names = ("tsv",)


class _Texts:
    """
    The lines as text, whatever their bytes; `taken` is the beginning of the row that is read.

    csv.Error for a row that is too long, as a quote that is never closed makes one: the next one begins with the line
    after it.
    """

    def __init__(self, file: Start) -> None:
        self.lines = Lines(file)
        self.stream = iter(self.lines)
        self.begin()

    def begin(self) -> int:
        """A new row, and its line."""
        self.taken, self.size, self.too_long = b"", 0, False
        return self.lines.number + 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self.stream)
        self.size += len(line)
        self.too_long = self.lines.too_long or self.size > LONGEST
        if len(self.taken) < 4 * EXCERPT:
            self.taken += line[: 4 * EXCERPT]
        if self.too_long:
            raise csv.Error(TOO_LONG)
        return line.decode("utf-8", "surrogateescape")


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise DataError(f"the header cannot be read: {error}", line=1) from None
    if not _is_text(header):
        raise DataError("not valid UTF-8; convert the file to UTF-8", line=1)
    if (twice := twice_in(header)) is not None:
        raise DataError(f"two columns are named {twice!r}", line=1)
    return header


def _row(header: list[str], values: list[str]) -> dict[str, Any] | None:
    return dict(zip(header, values, strict=True)) if len(values) == len(header) and _is_text(values) else None


def _fault(header: list[str], values: list[str]) -> str:
    wrong = len(values) != len(header)
    return f"{len(values)} values for {len(header)} columns" if wrong else "not valid UTF-8"


def _is_text(values: list[str]) -> bool:
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return False
    return True


class _Echo:
    """`csv.writer(_Echo()).writerow(values)` is the line that a file would get."""

    def write(self, line: str) -> str:
        return line


class _TableWriter:
    """
    The table has the columns of all rows, an empty value where a row lacks one, so it stands in a temporary file until
    the last row is known; nested values are written as JSON, null as an empty value.
    """

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self.file, self.delimiter, self.columns = file, delimiter, dict[str, None]()
        self.grown = False  # after the first row
        self.aside: Any = tempfile.SpooledTemporaryFile(max_size=LONGEST)  # noqa: SIM115
        # values are quoted for the characters of the line end: both, so that a lone \r survives too
        self.writer: Any = csv.writer(_Echo(), delimiter=delimiter, lineterminator="\r\n")

    def write(self, row: dict[str, Any]) -> None:
        if not row.keys() <= self.columns.keys():
            self.grown = bool(self.columns)
            self.columns.update(dict.fromkeys(row))
        self.aside.write(self._line([_cell(row.get(column)) for column in self.columns]))

    def _line(self, values: list[str]) -> bytes:
        return encoded(self.writer.writerow(values)[:-2] + "\n")

    def close(self) -> None:
        with self.aside:
            self.aside.seek(0)
            if self.columns:
                self.file.write(self._line([*self.columns]))
            if not self.grown:
                shutil.copyfileobj(self.aside, self.file)
                return
            csv.field_size_limit(sys.maxsize)
            texts = io.TextIOWrapper(self.aside, encoding="utf-8", newline="")
            for values in csv.reader(texts, delimiter=self.delimiter):
                self.file.write(self._line(values + [""] * (len(self.columns) - len(values))))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value)
