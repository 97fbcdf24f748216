"""What docstrings and reStructuredText name things by is kept, and the prose about it stays free."""

from __future__ import annotations

import pytest

from babelset.text.document import Prose, parse

GOOGLE = "Bake it.\n\nArgs:\n    oven (pie.Oven): the one to use\n    copy: if true, copy it\n\nDone: it is baked."
NUMPY = (
    "Bake it.\n\nParameters\n----------\nfilter : callable, optional\n    The one to use.\n\nReturns\n-------\nThe pie."
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (":param copy: the copy\n:returns: the pie", [":param copy: ", ":returns: "]),
        (".. note:: take care\n.. _pie page: http://a.example/x", [".. note:: ", ".. _pie page: http://a.example/x"]),
        (GOOGLE, ["    oven (pie.Oven):", "    copy:"]),
        (NUMPY, ["----------", "filter : callable, optional", "-------"]),
        ("Steps:\nfirst: peel them\nsecond: cook them", []),
        ("At 5: we go. :) Fine", []),
    ],
)
def test_names_are_kept(text: str, kept: list[str]) -> None:
    assert [span.text for span in parse(text) if not isinstance(span, Prose)] == kept
