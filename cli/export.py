"""`babelset export`: translated rows as a dataset of another shape."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o


def export(
    inputs: o.Inputs,
    recipe: Annotated[
        str,
        typer.Option("--as", metavar="RECIPE", help="okapi, mits, taco, alpaca ... See: babelset plugins."),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="A file, {lang} allowed in it; a folder for okapi and mits.",
        ),
    ],
    with_evidence: Annotated[
        bool, typer.Option("--with-evidence", help="Keep scores and sources, as _babelset.")
    ] = False,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Write translated rows as another tool reads them, one file a language.

    Rows that the new shape has no place for are listed with the reason in PATH's .failed.jsonl.
    """
    from babelset.cli.summary import show
    from babelset.export import Export
    from babelset.export import export as run

    order = Export(
        inputs=tuple(inputs),
        recipe=recipe,
        output=output,
        with_evidence=with_evidence,
        format=format,
        force=force,
    )
    done = run(order)
    account = done.account()
    if not json:
        account["files"] = {path: f"{count} rows" for path, count in account["files"].items()}
    show(account, as_json=json)
    raise typer.Exit(1 if done.failed else 0)
