"""Sheets out and in: through every form that spreadsheets write, with texts that would harm or be harmed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.errors import ConfigError, DataError
from babelset.review.exchange import export_to, import_from
from babelset.review.record import Item, Said
from babelset.review.sheet import COLUMNS, LONGEST, UNFIT, alike, told
from babelset.review.sheetcsv import plain, read_csv, safe, write_csv
from babelset.review.sheetxlsx import read_xlsx, write_xlsx
from babelset.review.store import Store
from tests.budget import examples
from tests.review.conftest import item_of

openpyxl = pytest.importorskip("openpyxl")
HOSTILE = [
    "=HYPERLINK(\"http://a.org\",\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "'=1", "''=1", "'tis", "＝1", "1/2",
    "a;b,c\td", "\"quoted\"", "a\nb", "a\r\nb", "a\rb", " spaced ", "_x000D_", "_x005F_x000D_", "_x000d_\r", "שלום", "\u202eabc",
    "#N/A", "TRUE", "007", "1e5", "|cmd", "</t><is>", "&amp;", "\U0001f600", "=cmd|' /C calc'!A0", "\ufeff", "\u2028",
]  # fmt: skip
UNSPEAKABLE = ["a\x00b", "\x1b[31m", "\ud800", "\ufffe", "x" * (LONGEST + 1), "\U0001f600" * LONGEST]
texts = st.sampled_from(HOSTILE) | st.text(max_size=20) | st.from_regex(r"['=+@\s_x0-9DA-F-]{1,12}", fullmatch=True)
Form = tuple[str, Callable[..., int], Callable[[Path], Any]]


def write_book(path: Path, lines: Any) -> int:
    return write_xlsx(path, ((item_of(), cells) for cells in lines))


FORMS: list[Form] = [("a.csv", write_csv, read_csv), ("a.xlsx", write_book, read_xlsx)]
quick = settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("form", FORMS, ids=[form[0] for form in FORMS])
@given(rows=st.lists(st.lists(texts, min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=3))
@quick
def test_any_text_comes_back_as_it_was(form: Form, rows: list[list[str]], tmp_path: Path) -> None:
    name, write, read = form
    lines = [dict(zip(COLUMNS, map(told, row), strict=True)) for row in rows]
    assert write(tmp_path / name, lines) == len(lines)
    full = [line for line in lines if any(line.values())]
    assert [cells for _, cells in read(tmp_path / name)] == full


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str, tmp_path: Path) -> None:
    line = dict.fromkeys(COLUMNS, text)
    write_csv(tmp_path / "a.csv", [line])
    values = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"), newline="")))[1]
    assert not any(re.match(r"\s*[=+\-@\t\r\n＝＋－＠]", value) for value in values)
    write_book(tmp_path / "a.xlsx", [line])
    cells = next(openpyxl.load_workbook(tmp_path / "a.xlsx")["review"].iter_rows(min_row=2))
    assert {cell.data_type for cell in cells} <= {"s", "n"} and {cell.number_format for cell in cells} == {"@"}
    assert all(cell.quotePrefix for cell in cells)


@given(text=texts)
def test_an_apostrophe_goes_as_it_came(text: str) -> None:
    assert all(plain(column, safe(column, text)) == text for column in COLUMNS)


@pytest.mark.parametrize(
    "text", ["007", "1/2", "5 May", "May 5", "3-4", "12:30", "50 %", "1,5", "2021-01-02", "true", "FALSE"]
)
def test_no_text_is_a_number_or_a_date(text: str) -> None:
    assert safe("correction", text) == f"'{text}"
    assert safe("segment", text) == text


def test_a_workbook_that_excel_has_saved(tmp_path: Path) -> None:
    """Excel keeps texts in a table of its own, a character that XML cannot hold as its code, and the code as a code."""
    write_book(tmp_path / "a.xlsx", [dict.fromkeys(COLUMNS, "text")])
    told = {"_x000D_": "_x005F_x000D_", "a\rb": "a_x000D_b", "_x005F_x0041_": "_x005F_x005F_x005F_x0041_", "&": "&amp;"}
    table = "".join(f"<si><t>{text}</t></si>" for text in told.values())
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name).decode()
            for number in range(len(told)):
                cell, index = '"inlineStr"><is><t>text</t></is>', f'"s"><v>{number}</v>'
                data = data.replace(cell, index, 1) if "sheet2" in name else data
            entry = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
            entry += 'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
            new.writestr(name, data.replace("</Types>", entry))
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        new.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}">{table}</sst>')
    [(_, cells)] = read_xlsx(tmp_path / "b.xlsx")
    assert list(cells.values())[: len(told)] == list(told)


@pytest.mark.parametrize("text", UNSPEAKABLE)
def test_what_does_not_fit_is_said(text: str) -> None:
    assert told(text).startswith("[babelset: ") and "correct this with babelset review]" in told(text)
    assert not UNFIT.search(told(text)) and told("x" * LONGEST) == "x" * LONGEST


# What a reviewer does with it.


@pytest.fixture(params=["csv", "xlsx", "excel csv", "mac csv"])
def sheet(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Sheet:
    return Sheet(store, tmp_path, request.param)


class Sheet:
    """An exported sheet in a reviewer's hands."""

    def __init__(self, store: Store, folder: Path, form: str) -> None:
        self.store, self.form, self.saved = store, form, ("utf-8-sig", ",")
        self.path = str(folder / ("a.xlsx" if form == "xlsx" else "a.csv"))

    def export(self) -> None:
        export_to(self.store, self.path, force=True)
        self.saved = ("utf-8-sig", ",")

    def fill(self, *changes: tuple[int, dict[str, Any]], without: str = "") -> None:
        """Change the cells of these lines, counted from 0 below the header, and save as that program does."""
        (self._fill_xlsx if self.form == "xlsx" else self._fill_csv)(changes, without)

    def _fill_xlsx(self, changes: Any, without: str) -> None:
        book = openpyxl.load_workbook(self.path)
        sheet = book["review"]
        for line, cells in changes:
            for name, value in cells.items():
                sheet.cell(line + 2, COLUMNS.index(name) + 1).value = value
        if without:
            sheet.delete_cols(COLUMNS.index(without) + 1)
        book.save(self.path)

    def _fill_csv(self, changes: Any, without: str) -> None:
        with Path(self.path).open(encoding=self.saved[0], newline="") as file:
            rows = list(csv.reader(file, delimiter=self.saved[1]))
        for line, cells in changes:
            for name, value in cells.items():
                rows[line + 1][COLUMNS.index(name)] = str(value)
        if without:
            rows = [[cell for name, cell in zip(COLUMNS, row, strict=True) if name != without] for row in rows]
        self.saved = {"csv": ("utf-8", ","), "excel csv": ("utf-8-sig", ";"), "mac csv": ("utf-16", "\t")}[self.form]
        if self.form != "csv":
            rows = [[re.sub("\r\n?", "\n", cell) for cell in row] for row in rows]
        with Path(self.path).open("w", encoding=self.saved[0], newline="") as file:
            csv.writer(file, delimiter=self.saved[1]).writerows(rows)

    def read(self, reviewer: str = "Bea") -> dict[str, int]:
        return import_from(self.store, self.path, reviewer)


def two(*texts: str) -> list[Item]:
    return [item_of("a" * 16, texts or ("One.", "Two.")), item_of("b" * 16, ("Three.",))]


def said(item: str, verdict: str, **more: Any) -> Said:
    return {"item": item * 16, "verdict": verdict, "reason": "", "targets": {}, "reviewer": "Anna", **more}  # type: ignore


def decisions(store: Store) -> dict[str, Any]:
    return {
        found["item"][0]: (found["verdict"], found["reason"], found["targets"], found["reviewer"], found["version"])
        for found in store.decisions()
    }


def test_a_reviewer_fills_it_in_and_it_is_read_twice(sheet: Sheet) -> None:
    sheet.store.add([*two(), item_of("c" * 16)])
    sheet.export()
    sheet.fill(
        (0, {"correction": "Uno.", "reviewer": "Carla"}),
        (1, {"verdict": " Accept "}),
        (2, {"verdict": "reject", "reason": "unnatural"}),
    )
    assert sheet.read() == {"decided": 2, "unchanged": 0, "without verdict": 1}
    expected = {"a": ("correct", "", {"0": "Uno."}, "Carla", 1), "b": ("reject", "unnatural", {}, "Bea", 1)}
    assert decisions(sheet.store) == expected
    assert sheet.read() == {"decided": 0, "unchanged": 2, "without verdict": 1}
    sheet.export()
    assert sheet.read() == {"decided": 0, "unchanged": 2, "without verdict": 1}
    assert decisions(sheet.store) == expected


def test_what_stood_there_is_changed_cleared_and_taken_back(sheet: Sheet) -> None:
    sheet.store.add(two())
    sheet.store.decide(said("a", "correct", targets={"0": "Uno.", "1": "Dos."}, reason="so so"), based_on=0)
    sheet.store.decide(said("b", "accept"), based_on=0)
    sheet.export()
    sheet.fill((0, {"correction": ""}), (2, {"verdict": "", "reviewer": ""}))
    assert sheet.read()["decided"] == 2
    assert decisions(sheet.store) == {
        "a": ("correct", "so so", {"1": "Dos."}, "Bea", 2),
        "b": ("open", "", {}, "Bea", 2),
    }


def test_any_text_may_stand_in_a_review(sheet: Sheet) -> None:
    texts = [*HOSTILE, *UNSPEAKABLE]
    ids = [f"{number:016}" for number in range(len(texts))]
    sheet.store.add(item_of(id, (f"x{text}", "Two."), place=text) for id, text in zip(ids, texts, strict=True))
    for id, text in zip(ids, texts, strict=True):
        given = {**said("a", "correct", targets={"0": f"y{text}"}, reason=text, reviewer=f"Z{text}"), "item": id}
        sheet.store.decide(given, based_on=0)  # type: ignore[arg-type]
    sheet.export()
    sheet.fill()
    assert sheet.read() == {"decided": 0, "unchanged": len(texts), "without verdict": 0}
    sheet.fill(*((2 * number + 1, {"correction": "Dos."}) for number in range(len(texts))))
    assert sheet.read()["decided"] == len(texts)
    for id, text in zip(ids, texts, strict=True):
        newest = sheet.store.decision(id)
        assert newest and newest["targets"] == {"0": f"y{text}", "1": "Dos."}
        assert newest["reason"] == text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@given(target=texts.filter(str.strip), reason=texts, source=texts)
@quick
def test_a_correction_of_any_text(tmp_path_factory: Any, form: str, target: str, reason: str, source: str) -> None:
    """It says the same in the review that it came from, and as much in another one of the same rows."""
    folder = tmp_path_factory.mktemp("sheets")
    with closing(Store.open(folder / "here")) as here, closing(Store.open(folder / "there")) as there:
        for store in (here, there):
            store.add([item_of("a" * 16, (source,))])
        here.decide(said("a", "correct", targets={"0": target}, reason=reason), based_on=0)
        sheet = Sheet(here, folder, form)
        sheet.export()
        assert sheet.read() == {"decided": 0, "unchanged": 1, "without verdict": 0}
        sheet.fill(without="version")
        sheet.store = there
        if told(target) == target and told(source) == source and not alike(target, source.upper()):
            assert sheet.read()["decided"] == 1
            assert alike(decisions(there)["a"][2]["0"], target.strip())


def test_what_does_not_fit_cannot_be_corrected_there(sheet: Sheet) -> None:
    sheet.store.add(two("a\x00b", "Two."))
    sheet.export()
    sheet.fill((0, {"correction": "Uno."}))
    with pytest.raises(DataError, match="cannot be corrected in a sheet"):
        sheet.read()
    sheet.fill((0, {"correction": "", "verdict": "accept"}))
    assert sheet.read()["decided"] == 1


PROBLEMS: list[tuple[dict[int, dict[str, Any]], int, str]] = [
    ({2: {"verdict": "maybe"}}, 4, "unknown verdict 'maybe'; say accept, reject, correct, or nothing"),
    ({0: {"id": "#" + "f" * 16}}, 2, "unknown id 'ffffffffffffffff'"),
    ({1: {"source": "Zwei."}}, 3, "the source is not what it was, 'Two.'"),
    ({1: {"segment": "0"}}, 3, "segment '0' is unknown, or is there twice"),
    ({1: {"segment": "7"}}, 3, "segment '7' is unknown"),
    ({0: {"verdict": "accept"}, 1: {"verdict": "reject"}}, 3, "two verdicts: accept, reject"),
    ({0: {"verdict": "reject"}, 1: {"correction": "Dos."}}, 2, "has corrections, which go with 'correct' only"),
    ({1: {"verdict": "correct"}}, 3, "nothing is corrected"),
    ({1: {"reason": "hm"}}, 3, "a reason, but no verdict"),
    ({0: {"verdict": "accept", "reviewer": "A"}, 1: {"reviewer": "B"}}, 3, "two reviewers of one row: A, B"),
]


@pytest.mark.parametrize("changes, line, message", PROBLEMS, ids=[problem[2][:20] for problem in PROBLEMS])
def test_file_and_line_of_what_is_wrong(sheet: Sheet, changes: Any, line: int, message: str) -> None:
    sheet.store.add(two())
    sheet.export()
    sheet.fill(*changes.items(), (2, {"verdict": "accept", **changes.get(2, {})}))
    with pytest.raises(DataError) as error:
        sheet.read()
    assert str(error.value).startswith(f"{sheet.path}:{line}: ") and message in str(error.value)
    assert decisions(sheet.store) == {}


def test_all_that_is_wrong_is_told_at_once(sheet: Sheet) -> None:
    sheet.store.add(item_of(f"{number:016}") for number in range(20))
    sheet.export()
    sheet.fill(*((number, {"verdict": "maybe"}) for number in range(15)))
    with pytest.raises(DataError) as error:
        sheet.read()
    assert str(error.value).count("unknown verdict") == 10 and str(error.value).endswith("and 5 more")


def test_nobody_decided(sheet: Sheet) -> None:
    sheet.store.add(two())
    sheet.export()
    sheet.fill((2, {"verdict": "accept"}))
    with pytest.raises(DataError, match=r":4: .*say who reviews"):
        sheet.read("")


def test_what_was_decided_meanwhile_stands(sheet: Sheet) -> None:
    sheet.store.add(two())
    sheet.export()
    sheet.fill((2, {"verdict": "reject"}))
    sheet.store.decide(said("a", "accept"), based_on=0)
    assert sheet.read()["decided"] == 1
    assert decisions(sheet.store)["a"] == ("accept", "", {}, "Anna", 1)
    sheet.fill((0, {"verdict": "reject"}))
    with pytest.raises(DataError, match=":2: 'Anna' said 'accept' since this file was written; export again"):
        sheet.read()


def test_without_the_column_of_versions_it_decides_anew(sheet: Sheet) -> None:
    sheet.store.add(two())
    sheet.export()
    sheet.store.decide(said("a", "accept"), based_on=0)
    sheet.fill((0, {"verdict": "reject"}), without="version")
    assert sheet.read() == {"decided": 1, "unchanged": 0, "without verdict": 1}


def test_a_row_without_segments_has_a_line_too(sheet: Sheet) -> None:
    sheet.store.add([item_of("a" * 16, fields=[{"name": "text", "role": "text", "parts": ["```\nx\n```"]}])])
    sheet.export()
    sheet.fill((0, {"verdict": "accept"}))
    assert sheet.read()["decided"] == 1


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_what_is_no_sheet(store: Store, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for data in (
        b"",
        b"PK\x03\x04nothing",
        b"a,b\n1,2\n",
        b"\xff\xfe\x00",
        b"id,segment\n",
        b"\x00" * 100,
        b"\xe9\xe8,\n",
    ):
        path.write_bytes(data)
        with pytest.raises(DataError, match=re.escape(str(path))):
            import_from(store, str(path))
    path.unlink()
    with pytest.raises(DataError, match="a\\."):
        import_from(store, str(path))


def test_numbers_dates_and_formulas_are_no_corrections(store: Store, tmp_path: Path) -> None:
    import datetime

    store.add(two())
    sheet = Sheet(store, tmp_path, "xlsx")
    for value in (datetime.date(2026, 1, 2), 1.5, True, "=1+1"):
        sheet.export()
        sheet.fill((0, {"correction": value}))
        with pytest.raises(DataError, match=r"a\.xlsx:2: H2 is .*format the cell as text"):
            sheet.read()
    sheet.export()
    sheet.fill((0, {"correction": 5}))
    sheet.read()
    assert decisions(store)["a"][2] == {"0": "5"}


def test_a_workbook_is_made_for_reading(store: Store, tmp_path: Path) -> None:
    store.add([item_of("a" * 16, target_dir="rtl")])
    export_to(store, str(tmp_path / "a.xlsx"))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["instructions", "review"]
    sheet = book["review"]
    assert sheet.freeze_panes == "A2" and sheet.column_dimensions["F"].width == 60
    assert sheet.column_dimensions["L"].hidden
    [choice] = sheet.data_validations.dataValidation
    assert choice.formula1 == '"accept,reject,correct"' and "I2" in choice.sqref
    source, target = sheet["F2"].alignment, sheet["G2"].alignment
    assert source.wrap_text and (source.readingOrder, target.readingOrder, target.horizontal) == (0, 2, "right")


def test_other_endings_and_files_that_are_there(store: Store, tmp_path: Path) -> None:
    store.add(two())
    for path in ("a.ods", "a"):
        with pytest.raises(ConfigError, match=r"\.csv or \.xlsx"):
            export_to(store, str(tmp_path / path))
    for name in ("a.csv", "a.xlsx"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(ConfigError, match="--force"):
            export_to(store, str(tmp_path / name))
        assert (tmp_path / name).read_text() == "mine"
        assert export_to(store, str(tmp_path / name), force=True) == 3
    assert not list(tmp_path.glob("*.part"))
