"""Numbers in rows and columns: a rich table on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer


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
            typer.echo("\t".join(line))


def _cell(value: object, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _rich(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < 2 else "right", overflow="fold", no_wrap=index < 2)
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)
