"""`babelset filter`: decide again from stored scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.scoring.cuts import Keep

WHERE = "Keep rows for which it holds: 'cometkiwi > 0.75 and judge.accuracy >= 4'."


def filter_(
    inputs: o.Inputs,
    output: Annotated[str, typer.Option("--output", "-o", metavar="ACCEPTED", help="Rows that pass.")],
    rejected: Annotated[
        str | None, typer.Option(metavar="REJECTED", help="Rows that do not; beside ACCEPTED when not given.")
    ] = None,
    config: o.Config = None,
    where: Annotated[str | None, typer.Option(metavar="FORMULA", help=WHERE)] = None,
    keep_percent: Annotated[
        float | None, typer.Option(min=0, max=100, help="Keep so much of each target language, the best by --by.")
    ] = None,
    keep: Annotated[int | None, typer.Option(min=0, help="Keep so many rows of each target language.")] = None,
    by: Annotated[str | None, typer.Option(metavar="SCORER", help="What --keep and --keep-percent rank by.")] = None,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Decide again over translated rows, from the scores stored in them: other thresholds, no translator.

    Give both files of a run to reconsider all of it: babelset filter ca.jsonl ca.rejected.jsonl -o strict.jsonl

    --where, then --keep or --keep-percent, cut among the rows that pass the checks. In a formula stand scorers,
    parts of them (judge.accuracy) and other aggregates than the mean over a row (cometkiwi.min, cometkiwi.weighted).
    """
    from babelset.cli.summary import show
    from babelset.contracts.checks import build_filters
    from babelset.files.stdin import spooled
    from babelset.scoring.cuts import Where
    from babelset.scoring.refilter import Refilter, refilter

    filters = build_filters(o.filters_of(config))
    formula, best = Where.of(where) if where is not None else None, _keep(keep_percent, keep, by)
    with spooled(inputs, format) as paths:
        order = Refilter(paths, output, filters, rejected, where=formula, keep=best, format=format, force=force)
        account = refilter(order, o.quiet())
    show(account, as_json=json)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)


def _keep(percent: float | None, count: int | None, by: str | None) -> Keep | None:
    from babelset.scoring.cuts import Keep

    if percent is not None and count is not None:
        raise ConfigError("--keep and --keep-percent: give one of them")
    if (percent is None and count is None) is not (by is None):
        raise ConfigError("--by SCORER goes with --keep COUNT or --keep-percent PERCENT; give both")
    return Keep.of(by, percent=percent, count=count) if by is not None else None
