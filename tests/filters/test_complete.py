import pytest

from babelset.filters.complete import Complete


@pytest.mark.parametrize("target", ["Hola.", "x", " Hola "])
def test_keeps(target, ask):
    assert ask(Complete(), "Hello.", target).ok


@pytest.mark.parametrize("target", [None, "", "  \n", "\u2003"])
def test_rejects(target, ask):
    verdict = ask(Complete(), "Hello.", target, reason="the engine died" if target is None else "")
    assert not verdict.ok
    assert "output[0]: 1 of 1 segments" in verdict.reason and "'Hello.'" in verdict.reason
    assert ("the engine died" if target is None else "blank") in verdict.reason


def test_one_missing_segment_is_enough(ask_row):
    assert not ask_row(Complete(), [("One.", "Uno."), ("Two.", None)]).ok
