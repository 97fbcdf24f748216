"""`babelset languages`: every language, and what supports it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.terminal import say, show_json
from babelset.languages import Language

if TYPE_CHECKING:
    from babelset.contracts.translator import Translator

Query = Annotated[str, typer.Argument(metavar="QUERY", help="Beginning of a code, tag, name or script.")]


def languages(query: Query = "", json: o.AsJson = False) -> None:
    """
    List languages, and which engines and scorers cover them.

    Engines are the installed translators that need no model and translate from English here and now; with a model,
    nllb takes every language of this list.
    """
    from babelset.languages import find, search

    with _engines() as engines:
        rows = [_row(language, engines) for language in list(search(query)) or [find(query)]]
    if json:
        show_json(rows)
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            say(*row.values())


@contextmanager
def _engines() -> Iterator[dict[str, Translator]]:
    """The installed translators that can be made without options."""
    from babelset import plugins
    from babelset.contracts.loading import build_translator
    from babelset.errors import BabelsetError

    with ExitStack() as stack:
        made = {}
        for name in sorted(plugins.available("translators")):
            with suppress(BabelsetError):
                made[name] = build_translator(name, {})
                stack.callback(made[name].close)
        yield made


def _row(language: Language, engines: Mapping[str, Translator]) -> dict[str, str]:
    from babelset.languages import Pair, find

    pair = Pair(find("eng_Latn"), language)
    return {
        "code": language.code,
        "tag": language.bcp47,
        "name": language.name,
        "native": language.native,
        "script": language.script,
        "direction": language.direction,
        "nllb": "yes",
        "engines": " ".join(name for name, engine in engines.items() if engine.supports(pair)),
        "langid": " ".join(language.langid),
        "lingua": language.lingua,
        "comet": "yes" if language.comet else "",
    }


def _table(rows: list[dict[str, str]]) -> None:
    from babelset.cli.console import Console, table

    # the native name is last: one that is written from right to left would reorder the cells after it
    titles = ("code", "tag", "name", "script", "dir", "known to", "native")
    facts = ("code", "tag", "name", "script", "direction")
    cells = [[*(row[fact] for fact in facts), _known(row), row["native"]] for row in rows]
    Console().print(table(titles, cells, left=len(titles), fixed=("code", "script")))


def _known(row: dict[str, str]) -> str:
    tools = [tool for tool in ("nllb", "langid", "lingua", "comet") if row[tool]]
    return " ".join([*filter(None, [row["engines"]]), *tools])
