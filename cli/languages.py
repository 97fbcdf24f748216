"""`babelset languages`: every language, and what supports it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.languages import Language

Query = Annotated[str, typer.Argument(metavar="QUERY", help="Beginning of a code, tag, name or script.")]


def languages(query: Query = "", json: o.AsJson = False) -> None:
    """
    List languages, and which engines and scorers cover them.
    """
    from babelset.languages import find, search

    rows = [_row(language) for language in list(search(query)) or [find(query)]]
    if json:
        import json as json_

        typer.echo(json_.dumps(rows, ensure_ascii=False, indent=1))
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            typer.echo("\t".join(row.values()))


def _row(language: Language) -> dict[str, str]:
    from babelset.engines.apertium.modes import route
    from babelset.languages import Pair, find

    return {
        "code": language.code,
        "tag": language.bcp47,
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

    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("code", "tag", "name", "native", "script", "dir", "known to"):
        table.add_column(column, overflow="fold", no_wrap=column in ("code", "script"))
    for row in rows:
        facts = [row[column] for column in ("code", "tag", "name", "native", "script", "direction")]
        if row["direction"] == "rtl":  # isolated, or its name would reorder the cells around it
            facts[3] = f"\u2068{row['native']}\u2069"
        known = " ".join(tool for tool in ("nllb", "apertium", "lingua", "comet") if row[tool])
        table.add_row(*map(Text, facts), known)
    Console().print(table)
