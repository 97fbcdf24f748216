"""`babelset export`: translated rows as a dataset of another shape."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o

RECIPES = "okapi, mits, taco, alpaca ... See: babelset plugins."
PATH = "A file, {lang} allowed in it; a folder for okapi and mits."
EVIDENCE = "Keep scores and sources, as _babelset."


def export(
    inputs: o.Inputs,
    recipe: Annotated[str, typer.Option("--as", metavar="RECIPE", help=RECIPES)],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help=PATH)],
    with_evidence: Annotated[bool, typer.Option("--with-evidence", help=EVIDENCE)] = False,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Write translated rows as another tool reads them, one file a language.

    Rows that the new shape has no place for are listed with the reason in PATH's .failed.jsonl.
    """
    from babelset.cli.summary import show
    from babelset.exports import export as exports

    order = exports.Export(
        inputs=tuple(inputs), recipe=recipe, output=output,
        with_evidence=with_evidence, format=format, force=force,
    )  # fmt: skip
    done = exports.export(order)
    account = done.account()
    if not json:
        account["files"] = {path: f"{count} rows" for path, count in account["files"].items()}
    show(account, as_json=json)
    raise typer.Exit(1 if done.failed else 0)
