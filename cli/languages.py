"""`babelset languages`: every language, and what supports it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from babelset.cli import options as o

COLUMNS = ("code", "bcp47", "name", "native", "script", "direction", "nllb", "apertium", "lingua", "comet")


def languages(
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="Part of a code, tag, name or script.")] = "",
    json: o.AsJson = False,
) -> None:
    """
    List languages: codes, names, script, direction, and which engines and scorers cover them.
    """
    from babelset.errors import ConfigError
    from babelset.languages import find, search

    found = list(search(query)) or [find(query)]
    if not found:
        raise ConfigError(f"no language matches {query!r}")
    rows = [_row(language) for language in found]
    if json:
        import json as json_

        typer.echo(json_.dumps(rows, ensure_ascii=False, indent=1))
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            typer.echo("\t".join(str(row[column]) for column in COLUMNS))


def _row(language: Any) -> dict[str, str]:
    from babelset.languages import Pair, find
    from babelset.translators.apertium_modes import route

    return {
        "code": language.code,
        "bcp47": language.bcp47,
        "name": language.name,
        "native": language.native,
        "script": language.script,
        "direction": language.direction,
        "nllb": "yes",
        "apertium": " ".join(route(Pair(find("eng_Latn"), language))),
        "lingua": language.lingua,
        "comet": "yes" if language.comet else "",
    }


def _table(rows: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for column in COLUMNS:
        table.add_column(column, overflow="fold", no_wrap=column == "code")
    for row in rows:
        # isolates keep a right-to-left name from reordering the cells around it
        cells = {**row, "native": f"\u2068{row['native']}\u2069" if row["direction"] == "rtl" else row["native"]}
        table.add_row(*(Text(cells[column]) for column in COLUMNS))
    Console().print(table)
