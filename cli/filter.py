"""`babelset filter`: decide again from stored scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.help import CHECKS, ROWS
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.scoring.selection import KeepBest

WHERE = "Keep rows where it is true: 'cometkiwi > 0.75 and length < 1.5'."


def filter_(
    inputs: o.Inputs,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="ACCEPTED", help="Rows that pass.", rich_help_panel=ROWS)
    ],
    rejected: Annotated[
        str | None,
        typer.Option(metavar="REJECTED", help="Rows that do not; by default next to ACCEPTED.", rich_help_panel=ROWS),
    ] = None,
    config: o.Config = None,
    where: Annotated[str | None, typer.Option(metavar="FORMULA", help=WHERE, rich_help_panel=CHECKS)] = None,
    keep_percent: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="N", help="Keep the best N % of each target language.", rich_help_panel=CHECKS
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Keep the best N rows of each target language.", rich_help_panel=CHECKS),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="SCORER", help="Score that ranks for --keep and --keep-percent.", rich_help_panel=CHECKS),
    ] = None,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Decide again with other thresholds, from stored scores.

    No translator is needed. To decide again on a whole run, give both of its files:
    babelset filter ca.jsonl ca.rejected.jsonl -o strict.jsonl

    --where, then --keep or --keep-percent, select among the rows that pass the checks. A formula may use scorers, their
    parts (judge.accuracy) and aggregates over the row other than the mean (cometkiwi.min, cometkiwi.weighted).
    """
    from babelset.cli.summary import show
    from babelset.contracts.checks import build_filters
    from babelset.files.stdin import spooled
    from babelset.scoring.refilter import Refilter, refilter
    from babelset.scoring.selection import Where

    filters = build_filters(o.filters_of(config))
    formula, best = Where.of(where) if where is not None else None, _keep(keep_percent, keep, by)
    with spooled(inputs, format) as paths:
        order = Refilter(paths, output, filters, rejected, where=formula, keep=best, format=format, force=force)
        account = refilter(order, o.quiet())
    show(account, as_json=json)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)


def _keep(percent: float | None, count: int | None, by: str | None) -> KeepBest | None:
    from babelset.scoring.selection import KeepBest

    if percent is not None and count is not None:
        raise ConfigError("--keep and --keep-percent: give only one of them")
    if (percent is None and count is None) is not (by is None):
        raise ConfigError("--by SCORER goes with --keep COUNT or --keep-percent PERCENT; give both")
    return KeepBest.of(by, percent=percent, count=count) if by is not None else None
