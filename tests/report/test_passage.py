from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.report.passage import passage


def marked(text: str, keeps: list[str], length: int = 100) -> str:
    return "".join(f"<{part.text}>" if part.kind else part.text for part in passage(text, keeps, length).parts)


@pytest.mark.parametrize(
    ("text", "keeps", "shown"),
    [
        ("Run `ls` now.", ["`ls`"], "Run <`ls`> now."),
        ("`a` then `b`", ["`a`", "`b`"], "<`a`> then <`b`>"),
        ("`b` luego `a`", ["`a`", "`b`"], "<`b`> luego <`a`>"),
        ("x y", ["x", "x"], "<x> y"),
        ("x x", ["x", "x"], "<x> <x>"),
        ("no such", ["`ls`", ""], "no such"),
        ("aaaa", ["aa", "aaa"], "<aa>aa"),
    ],
)
def test_kept_text_is_marked_where_it_stands(text: str, keeps: list[str], shown: str) -> None:
    assert marked(text, keeps) == shown


def test_a_kept_text_across_the_cut_is_marked_up_to_it() -> None:
    assert marked("See " + "x" * 50, ["x" * 50], 10) == "See <xxxxxx>"
    assert passage("See " + "x" * 50, [], 10).left == 44


texts = st.text("ab `", max_size=60)


@given(texts, st.lists(texts, max_size=8), st.integers(1, 70), st.integers(0, 70))
def test_the_parts_are_the_beginning_of_the_text(text: str, keeps: list[str], length: int, shorter: int) -> None:
    found = passage(text, keeps, length)
    assert "".join(part.text for part in found.parts) == text[:length]
    assert found.left == max(len(text) - length, 0)
    again = found.upto(shorter)
    assert "".join(part.text for part in again.parts) == text[: min(length, shorter)]
    assert again.left == max(len(text) - min(length, shorter), 0)


def test_a_megabyte_of_kept_text_takes_no_time() -> None:
    started = time.process_time()
    passage("ab" * 500_000, ["ab", "ba", "c" * 1000] * 10_000, 900)
    assert time.process_time() - started < 1
