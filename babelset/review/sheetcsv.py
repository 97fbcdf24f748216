"""
The sheet as CSV.

Written for Excel and LibreOffice: UTF-8 with its mark, commas. Read in any form that they write it in again. A text
that they might take for a formula, a number or a date is written behind an apostrophe, which is taken away again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from babelset.errors import DataError
from babelset.review.filled import Cells, check_columns
from babelset.review.sheet import COLUMNS, plain, safe

DELIMITERS = ",;\t"


def write_csv(path: Path, lines: Iterable[Cells]) -> int:
    """How many lines."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for cells in lines:
            writer.writerow({name: safe(name, text) for name, text in cells.items()})
            count += 1
    return count


def read_csv(path: Path) -> Iterator[tuple[int, Cells]]:
    """Each line by the name of its columns, counted as a spreadsheet does; DataError for what is no such sheet."""
    try:
        with path.open("rb") as file:
            encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            yield from _lines(file, str(path))
    except UnicodeDecodeError:
        raise DataError("not UTF-8; save it as 'CSV UTF-8', or as .xlsx", file=str(path)) from None
    except csv.Error as error:
        raise DataError(f"not a CSV file: {error}", file=str(path)) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=str(path)) from None


def _lines(file: IO[str], name: str) -> Iterator[tuple[int, Cells]]:
    start = file.readline()
    delimiter = max(DELIMITERS, key=start.count)
    columns = next(csv.reader([start], delimiter=delimiter), [])
    check_columns(columns, name)
    for line, values in enumerate(csv.reader(file, delimiter=delimiter), 2):
        if any(values):
            padded = [*values, *[""] * (len(columns) - len(values))]
            yield line, {column: plain(column, text) for column, text in zip(columns, padded, strict=False)}
