"""Names that cannot leave their folder, and cells that no spreadsheet runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.files.formulas import as_text, as_texts
from babelset.files.names import unfit, unfit_below

GOOD = ["dolly", "dolly.v2", "中文", "a b", "-x", "..a", "console", "com10", "ŝ" * 70]
BAD = [
    "", ".", "..", "../a", "a/b", "/a", "\\\\host\\a", "c:a", "a\x00b", "a\nb", "a\u202eb", "\ud800", "a ", "a.", "con",
    "NUL.txt", "Com1", "lpt9 .x", "a*", "a?", 'a"', "<a", "a|b", "a" * 151, "ŝ" * 76,
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_names_of_files(name: str) -> None:
    assert unfit(name) == "" and unfit_below(f"sub/{name}") == ""


@pytest.mark.parametrize("name", BAD)
def test_no_names_of_files(name: str) -> None:
    assert unfit(name)
    assert unfit_below(f"sub/{name}/x") or name in ("", ".", "a/b", "/a")  # which stay below, in a path


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *((text, f"'{text}") for text in ["=1+1", "+cmd|' /C calc'!A0", "-1+2", "@SUM(A1)", "\t=1", "\r1", " =1", '"=1', "'=1"]),
        *((text, f"'{text}") for text in ["＝1", "＋1", "｜x", "|cmd", "\u3000=1", "\ufeff=1", "- a list", "-5 rivers", "\x00=1"]),
        *((text, text) for text in ["", "a=1", "-5", "+3.2", "-1,000.5", "-1e5", "+7%", "'tis", "3-1", "«-»", "⟦ca⟧=1"]),
    ],
)  # fmt: skip
def test_cells(cell: str, written: str) -> None:
    assert as_text(cell) == written


@given(st.dictionaries(st.text("'=-5a", max_size=4), st.text() | st.integers()))
def test_different_cells_stay_different(row: dict[str, str | int]) -> None:
    assert len(as_texts(row)) == len(row)
    assert all(type(cell) is type(now) for cell, now in zip(row.values(), as_texts(row).values(), strict=True))
