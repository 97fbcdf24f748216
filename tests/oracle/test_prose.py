"""Prose is translated to the last word: what the cipher left as it was it was not sent."""

from __future__ import annotations

import pytest

from tests.oracle.measure import prose_run
from tests.oracle.paragraphs import paragraphs

KEPT = 0.5  # per cent of the paragraphs, whole or in part


@pytest.mark.parametrize("number", [250, pytest.param(5_000, marks=pytest.mark.engine)])
def test_prose_is_translated(number, tmp_path):
    seen = prose_run(paragraphs(number), tmp_path)
    assert len(seen) == number
    kept = [one for one in seen if one.kept]
    assert 100 * len(kept) <= KEPT * number, [(one.kept, one.text, one.made.reasons) for one in kept[:5]]
    assert [one.text for one in seen if one.whole] == []
    rejected = [(one.made.reasons, one.text) for one in seen if not one.made.accepted]
    assert 100 * len(rejected) <= 2 * number, rejected[:5]
