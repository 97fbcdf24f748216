"""What a terminal shows in tables and colours. Only rich steers it: every text is escaped before rich lays it out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import rich.console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from babelset.cli.terminal import Escaping, escaped, one_line


class Console(rich.console.Console):
    """A console without markup that escapes what it renders, whoever made it."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        stream = sys.stderr if stderr else sys.stdout
        file = stream.trusted if isinstance(stream, Escaping) else stream
        super().__init__(file=file, markup=False, emoji=False, highlight=False, **options)  # type: ignore[arg-type]

    def render(self, *args: Any, **options: Any) -> Iterable[Segment]:
        for segment in super().render(*args, **options):
            yield segment if segment.control else Segment(escaped(segment.text), segment.style)


def table(
    titles: Sequence[str], rows: Iterable[Sequence[object]], left: int, fixed: Sequence[str] = (), **options: Any
) -> Table:
    """
    A table of texts, a line each; the first `left` columns hold words, the others numbers, `fixed` ones do not wrap.

    >>> table(["language", "rows"], [["ca", 12]], left=1)
    """
    made = Table(**{"box": None, "padding": (0, 1, 0, 0), **options})
    for index, title in enumerate(titles):
        justify: Any = "left" if index < left else "right"
        made.add_column(cell(title), justify=justify, overflow="fold", no_wrap=title in fixed)
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def cell(value: object, style: str = "") -> Text:
    return Text(one_line(value), style=style)
