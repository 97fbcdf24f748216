"""`babelset report`: what became of runs, as a page or in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.errors import ConfigError

Runs = Annotated[
    list[str],
    typer.Argument(metavar="RUN", help="Outputs of translate or filter."),
]
Page = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="HTML", help="Write a page to this file instead of printing numbers."),
]


def report(
    runs: Runs, output: Page = None, format: o.Format = None, force: o.Force = False, json: o.AsJson = False
) -> None:
    """
    Report on runs: counts, reasons, scores, costs, samples.

    The page is one file below 5 MB that needs no network. The rejected rows and the manifest next to each RUN are
    read, too.
    """
    from babelset.cli.report_tables import show
    from babelset.report.collect import collect
    from babelset.report.render import render
    from babelset.work.journal import write_whole
    from babelset.work.places import Places, keep_apart

    path = Path(output) if output else None
    if path:
        keep_apart([file for run in runs for file in Places.of(run).all], {"report": path})
    if path and path.exists() and not force:
        raise ConfigError(f"{path} exists; name another output, or add --force")
    found = collect(runs, format)
    if path:
        write_whole(path, [render(found)])
    if json or not path:
        show(found, as_json=json)
    raise typer.Exit(1 if found.damaged else 0)
