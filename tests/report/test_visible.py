from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.report.visible import pieces, visible


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("a\x1b[31m", "a␛[31m"),
        ("\x00\x7f", "␀␡"),
        ("abc\u202edcba", "abc[RLO]dcba"),
        ("\u2066x\u2069", "[LRI]x[PDI]"),
        ("\ud800", "\ufffd"),
        ("\u200b\ufeff", "[ZWSP][BOM]"),
        ("\U000e0041", "[U+E0041]"),
        ("\x85", "[U+0085]"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩", "👩\u200d👩"),
        ("a\tb\n", "a\tb\n"),
    ],
)
def test_what_cannot_be_seen_is_shown(hidden: str, shown: str) -> None:
    assert visible(hidden) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t"]
    assert not [one for one in shown if unicodedata.bidirectional(one) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI")]
    assert "".join(piece for piece, _ in pieces(text)) == shown
    shown.encode()
