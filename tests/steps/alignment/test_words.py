from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.steps.alignment.words import folded, only, places, tokens, words

SPLIT = [
    ("It rains.", ["It", "rains"]),
    ("a well-known fact", ["a", "well-known", "fact"]),
    ("don't, they're, Anna's", ["don't", "they're", "Anna's"]),
    ("l'aigua", ["l", "aigua"]),
    ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
    ("使用Python", ["使", "用", "Python"]),
    ("snake_case 3 km", ["snake", "case", "3", "km"]),
    ("", []),
    ("— … !", []),
]


@pytest.mark.parametrize(("text", "found"), SPLIT)
def test_words(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == found


@given(st.text())
def test_tokens_leave_out_white_space_only(text: str) -> None:
    assert "".join(text[start:end] for start, end in tokens(text)) == "".join(text.split())


STANDS = [
    ("rain", "Rain, rainy, rain", [(0, 4), (13, 17)]),
    ("casa", "La casa vella", [(3, 7)]),
    ("aigua", "l'aigua", [(2, 7)]),
    ("नमस्त", "नमस्ते", []),  # part of a word: a vowel sign goes on
    ("用", "使用Python", [(1, 2)]),
    ("Python", "使用Python的", [(2, 8)]),
    ("straße", "STRASSE", []),
    ("i", "İ i", [(2, 3)]),
    ("", "abc", []),
    ("x", "", []),
    ("a. b", "a. b", [(0, 4)]),
]


@pytest.mark.parametrize(("part", "text", "found"), STANDS)
def test_where_a_part_stands(part: str, text: str, found: list[tuple[int, int]]) -> None:
    assert places(part, text) == found
    assert only(part, text) == (found[0] if len(found) == 1 else None)


@given(st.text(max_size=5), st.text(max_size=40))
def test_what_is_found_is_there(part: str, text: str) -> None:
    for start, end in places(part, text):
        assert folded(text[start:end]) == folded(part) or text[start:end].lower() == part.lower()
