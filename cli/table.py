"""Numbers in rows and columns: a rich table on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from babelset.cli.terminal import say


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """
    Print a table; nothing where there are no rows. The first two columns are names, the others numbers.

    >>> show_table("Scores", ["language", "scorer", "mean"], [["cat_Latn", "cometkiwi", 0.8123]])
    """
    if not rows:
        return
    wide = not sys.stdout.isatty()
    cells = [[_cell(value, 4 if wide else 3) for value in row] for row in rows]
    if not wide:
        _rich(title, columns, cells)
    else:
        for line in ([title], columns, *cells):
            say(*line)


def _cell(value: object, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _rich(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from babelset.cli.console import Console, cell, table

    heading = cell(title, "bold")
    Console().print(table(columns, cells, left=2, fixed=columns[:2], title=heading, title_justify="left"))
