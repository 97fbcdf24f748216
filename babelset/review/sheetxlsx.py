"""The sheet as an Excel workbook: instructions, then the lines, each cell a text whatever is in it."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

from babelset.errors import ConfigError, DataError, OutputError
from babelset.review.filled import Cells, check_columns
from babelset.review.record import Item
from babelset.review.sheet import CHOICES, COLUMNS

SHEET = "review"
DAMAGE = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,
)
MUCH, RATIO = 64 << 20, 100  # bytes, and times its size, that a sheet may unpack to
ROWS = 1_048_576  # of a sheet in Excel
WIDTHS = {
    "id": 19,
    "place": 18,
    "language": 14,
    "field": 14,
    "segment": 9,
    "source": 60,
    "target": 60,
    "correction": 60,
}
FILLED_IN = ("correction", "verdict", "reason", "reviewer")
CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|\r")  # "_x000D_" in a file is a character in Excel
CODE = re.compile("_x([0-9A-Fa-f]{4})_")
INSTRUCTIONS = """\
How to review
Each line of the sheet "review" is a segment of a translated row, mostly a sentence. Lines of one row share an id.
Good as it is: choose "accept" in the column verdict, in one line of the row.
Wrong, and not worth mending: choose "reject", and say why in the column reason.
To mend it: write the whole new translation of the segment into the column correction; the row needs no verdict then.
Code, links and everything else that is not in words must stay in the correction exactly as it is in the source.
Put your name into the column reviewer. Leave a row that you are not sure of without a verdict.
Change no other column, and delete no column. You may sort and filter.\
"""


def write_xlsx(path: Path, lines: Iterable[tuple[Item, Cells]]) -> int:
    """How many lines; OutputError where there are more than a sheet has room for."""
    book = _openpyxl().Workbook(write_only=True)
    _instruct(book)
    page, count = _page(book), 0
    for count, (item, cells) in enumerate(lines, 1):
        if count == ROWS:
            raise OutputError(f"{path}: a sheet has room for {ROWS - 1:,} segments; write .csv, or review fewer rows")
        page.add((cells[name], Look(_direction(name, item))) for name in COLUMNS)
    page.sheet.auto_filter.ref = f"A1:{_letter(COLUMNS[-1])}{count + 1}"
    book.save(path)
    return count


def read_xlsx(path: Path) -> Iterator[tuple[int, Cells]]:
    """Each line by the name of its columns; DataError for what is no such workbook, or a cell that is no text."""
    openpyxl = _openpyxl()
    try:
        with warnings.catch_warnings(action="ignore"):  # of what else a workbook may hold
            yield from _lines(_book(path), str(path))
    except (*DAMAGE, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise DataError(f"not an Excel workbook, or damaged: {error}", file=str(path)) from None


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ModuleNotFoundError:
        raise ConfigError(".xlsx needs an extra: pip install 'babelset[review]'; or use .csv") from None
    return openpyxl


class Look(NamedTuple):
    direction: str = "ltr"
    bold: bool = False
    filled: bool = False


class _Page:
    """A sheet whose cells are texts; a style is made once, for making it takes longer than all else."""

    def __init__(self, book: Any, title: str) -> None:
        self.sheet = book.create_sheet(title)
        self.styles: dict[Look, Any] = {}

    def add(self, cells: Iterable[tuple[str, Look]]) -> None:
        self.sheet.append([self._cell(text, look) for text, look in cells])

    def _cell(self, text: str, look: Look) -> Any:
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(self.sheet, CODED.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
        cell.data_type = "s"
        cell._style = self.styles.get(look) or self._style(look)
        return cell

    def _style(self, look: Look) -> Any:
        """Of a text, also when somebody edits it."""
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font, PatternFill

        cell = WriteOnlyCell(self.sheet)
        cell.number_format, cell.quotePrefix, cell.font = "@", True, Font(bold=look.bold)
        sides = {"horizontal": "right", "readingOrder": 2} if look.direction == "rtl" else {}
        cell.alignment = Alignment(wrap_text=True, vertical="top", **sides)
        if look.filled:
            cell.fill = PatternFill("solid", fgColor="FFF2CC")
        self.styles[look] = cell._style
        return cell._style


def _instruct(book: Any) -> None:
    page = _Page(book, "instructions")
    page.sheet.column_dimensions["A"].width = 110
    for line in INSTRUCTIONS.splitlines():
        page.add([(line, Look(bold=line.startswith("How")))])


def _page(book: Any) -> _Page:
    from openpyxl.worksheet.datavalidation import DataValidation

    page = _Page(book, SHEET)
    page.sheet.freeze_panes = "A2"
    for name in COLUMNS:
        column = page.sheet.column_dimensions[_letter(name)]
        column.width, column.hidden = WIDTHS.get(name, 12), name == "version"
    page.add((name, Look(bold=True, filled=name in FILLED_IN)) for name in COLUMNS)
    place = f"{_letter('verdict')}2:{_letter('verdict')}{ROWS}"
    choice = DataValidation("list", f'"{",".join(CHOICES)}"', allow_blank=True, sqref=place)
    page.sheet.data_validations.append(choice)
    return page


def _letter(name: str) -> str:
    return ascii_uppercase[COLUMNS.index(name)]


def _direction(name: str, item: Item) -> str:
    if name in ("target", "correction"):
        return item["target_dir"]
    return item["source_dir"] if name == "source" else "ltr"


def _book(path: Path) -> Any:
    """The workbook, its texts as they stand in the file: openpyxl would take the code of an underscore out of them."""
    from openpyxl.cell.text import Text
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
    from openpyxl.xml.functions import iterparse

    class Reader(ExcelReader):  # type: ignore[misc]
        def read_strings(self) -> None:
            if part := self.package.find(SHARED_STRINGS):
                with self.archive.open(part.PartName[1:]) as file:
                    for _, node in iterparse(file):
                        if node.tag == f"{{{SHEET_MAIN_NS}}}si":
                            self.shared_strings.append(Text.from_tree(node).content)
                            node.clear()

    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > max(MUCH, RATIO * path.stat().st_size):
        raise DataError(f"unpacks to {size >> 20:,} MiB, as no sheet does; write it as .csv", file=str(path))
    reader = Reader(path, read_only=True, keep_links=False)
    reader.read()
    return reader.wb


def _lines(book: Any, file: str) -> Iterator[tuple[int, Cells]]:
    sheet = next((sheet for sheet in book.worksheets if sheet.title == SHEET), book.worksheets[-1])
    columns: list[str] = []
    for line, row in enumerate(sheet.iter_rows(), 1):
        if not columns:
            columns = [str(cell.value or "") for cell in row]
            check_columns(columns, file)
        elif any(cell.value is not None for cell in row):
            texts = [_text(cell, file, line) for cell in row]
            yield line, dict(zip(columns, [*texts, *[""] * (len(columns) - len(texts))], strict=False))
    if not columns:
        check_columns([], file)


def _text(cell: Any, file: str, line: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str) and cell.data_type != "f":
        return CODE.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    what = "a formula" if cell.data_type == "f" else f"{value!r}"
    raise DataError(
        f"{cell.coordinate} is {what}, not a text; format the cell as text and write it again", file=file, line=line
    )
