from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.report.worddiff import word_diff


def marked(there: str, here: str, length: int = 500) -> str:
    signs = {"": "{}", "only-here": "+{}+", "only-there": "-{}-"}
    return "".join(signs[part.kind].format(part.text) for part in word_diff(there, here, length).parts)


@pytest.mark.parametrize(
    ("there", "here", "shown"),
    [
        ("el gato negro", "el gato blanco", "el gato -negro-+blanco+"),
        ("el gato", "el gato", "el gato"),
        ("", "hola", "+hola+"),
        ("今天天气好", "今天气不好", "今天-天-气+不+好"),
        ("یہ کتاب ہے", "یہ کتابیں ہیں", "یہ -کتاب-+کتابیں+ -ہے-+ہیں+"),
    ],
)
def test_words_that_differ(there: str, here: str, shown: str) -> None:
    assert marked(there, here) == shown


@given(st.text("ab. \n", max_size=80), st.text("ab. \n", max_size=80))
def test_both_sides_can_be_read_from_it(there: str, here: str) -> None:
    parts = word_diff(there, here, 500).parts
    assert "".join(part.text for part in parts if part.kind != "only-there") == here
    assert "".join(part.text for part in parts if part.kind != "only-here") == there


def test_a_megabyte_takes_no_time() -> None:
    started = time.process_time()
    assert word_diff("a b " * 250_000, "b a " * 250_000, 900).left > 900_000
    assert time.process_time() - started < 1
