"""`babelset filter`: decide again from stored scores."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o


def filter_(
    inputs: o.Inputs,
    output: Annotated[str, typer.Option("--output", "-o", metavar="ACCEPTED", help="Rows that pass.")],
    rejected: Annotated[
        str | None, typer.Option(metavar="REJECTED", help="Rows that do not; beside ACCEPTED when not given.")
    ] = None,
    config: o.Config = None,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Decide again over translated rows, from the scores stored in them: other thresholds, no translator.

    Give both files of a run to reconsider all of it: babelset filter ca.jsonl ca.rejected.jsonl -o strict.jsonl
    """
    from babelset.cli.summary import show
    from babelset.job import build_filters
    from babelset.refilter import refilter
    from babelset.stdin import spooled

    filters = build_filters(o.filters_of(config))
    with spooled(inputs, format) as paths:
        account = refilter(paths, output, rejected, filters, format=format, force=force)
    show(account, as_json=json)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)
