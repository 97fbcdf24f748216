"""A review out to a file and back: .csv, .xlsx, or a folder that Argilla reads."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from babelset.errors import ConfigError, OutputError
from babelset.files.writing import appear, part_of
from babelset.review import argilla, filled
from babelset.review.proposal import decide_all
from babelset.review.sheet import all_lines
from babelset.review.sheetcsv import read_csv, write_csv
from babelset.review.sheetxlsx import read_xlsx, write_xlsx
from babelset.review.store import Store
from babelset.work.places import keep_apart

WRITTEN = "docProps/core.xml"  # in a workbook: when, and by whom


def export_to(store: Store, path: str, *, force: bool = False) -> int:
    """
    Write all items with their newest decisions; how many lines, or how many records into a folder.

    >>> export_to(store, "es.review.xlsx")
    104

    Raises ConfigError for another ending, or where something else is there already and `force` is not given.
    """
    if _kind(path) == "folder":
        return argilla.write_folder(store, Path(path), force=force)
    keep_apart([store.path], {"sheet": Path(path)})
    return export_sheet(store, Path(path), force=force)


def import_from(store: Store, path: str, reviewer: str = "") -> dict[str, int]:
    """
    Decide as the file says: {"decided": 3, "unchanged": 30, "without verdict": 3}.

    `reviewer` is who decided where the file does not tell. Raises DataError with file and line of all that is wrong,
    and then nothing is decided. Reading a file again changes nothing.
    """
    if _kind(path) == "folder":
        records = Path(path) / argilla.RECORDS
        return decide_all(store, f"{records} record", argilla.proposals(store, records, reviewer))
    return import_sheet(store, Path(path), reviewer)


def export_sheet(store: Store, path: Path, *, force: bool = True) -> int:
    """How many lines; the file, .csv or .xlsx, appears whole or not at all. Without force it replaces only the same."""
    part = part_of(path)
    try:
        if _kind(str(path)) == "csv":
            count = write_csv(part, (cells for _, cells in all_lines(store)))
        else:
            count = write_xlsx(part, all_lines(store))
        if not force and path.exists() and not _alike(part, path):
            raise ConfigError(f"{path} exists, and says something else; name another file, or add --force")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        appear(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); make room, or name another place") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _alike(one: Path, other: Path) -> bool:
    """Whether two sheets hold the same; a workbook also holds the times at which it was written."""
    if one.read_bytes() == other.read_bytes():
        return True
    if not (zipfile.is_zipfile(one) and zipfile.is_zipfile(other)):
        return False
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
        parts, others = (
            {part.filename: part.CRC for part in archive.infolist() if part.filename != WRITTEN}
            for archive in (first, second)
        )
        return parts == others


def import_sheet(store: Store, path: Path, reviewer: str = "") -> dict[str, int]:
    rows = read_csv(path) if _kind(str(path)) == "csv" else read_xlsx(path)
    return decide_all(store, str(path), filled.proposals(store, str(path), rows, reviewer))


def _kind(path: str) -> str:
    if path.endswith("/") or Path(path).is_dir():
        return "folder"
    ending = Path(path).suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise ConfigError(f"{path}: a review goes to a .csv or .xlsx file, or to a folder for Argilla: FOLDER/")
    return ending[1:]
