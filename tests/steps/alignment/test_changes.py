from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from babelset.steps.alignment.changes import Change, changed, restored, some_of, tagged


@st.composite
def texts_with_changes(draw: st.DrawFn) -> tuple[str, list[Change]]:
    """Any text, and changes in it that do not meet; empty ones and those at the ends are among them."""
    text = draw(st.text(max_size=60))
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    spans = zip(edges[::2], edges[1::2], strict=False)
    return text, [tagged(Change(*span, draw(st.text(max_size=8)), "x"), "ca", draw(st.booleans())) for span in spans]


@given(texts_with_changes())
def test_undoing_gives_the_text_back_and_offsets_are_true(case: tuple[str, list[Change]]) -> None:
    text, changes = case
    new, made = changed(text, changes, ["messages", 0, "content"])
    assert restored(new, made) == text
    for each in made:
        assert new[each["start"] : each["end"]] == each["target"]
    assert len(made) == len(changes)


def test_a_share_is_reached_on_average_over_rows_that_are_too_short_for_it() -> None:
    drawn = [len(some_of(Random(number), "abc", 0.9)) for number in range(2000)]
    assert set(drawn) == {0, 1} and abs(sum(drawn) / 2000 - 0.9) < 0.03
    assert some_of(Random(0), "abc", 7.2) == ["a", "b", "c"] and some_of(Random(0), "", 3) == []
