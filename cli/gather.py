"""`babelset gather`: shards become one output."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.cli.help import ROWS


def gather(
    shards: Annotated[list[str], typer.Argument(metavar="SHARD", help="Outputs of --shard K/N, in any order.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="All of their rows.", rich_help_panel=ROWS)
    ],
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Put the shards of a run together.

    It first proves that every row is there once: all K of N, of the same inputs and options, none changed. What comes
    out is what the same command writes without --shard: the same rows in the same bytes, the sum of the accounts, and
    one translation memory.
    """
    from babelset.cli.summary import show
    from babelset.scoring.gather import gather as gathered

    account = gathered(shards, output, force=force, watch=o.quiet())
    show(account, as_json=json)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)
