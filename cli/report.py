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
    from babelset.work.places import Places, keep_apart

    path = Path(output) if output else None
    if path:
        keep_apart([file for run in runs for file in Places.of(run).all], {"report": path})
    found = collect(runs, format)
    if path:
        _write(path, render(found), force)
    if json or not path:
        show(found, as_json=json)
    raise typer.Exit(1 if found.damaged else 0)


def _write(path: Path, page: str, force: bool) -> None:
    """The same page may be there: a command that was killed behind its end is given again."""
    from babelset.files.writing import says, write_whole

    if path.exists() and not force and not says(path, page.split("\n")):
        raise ConfigError(f"{path} exists, and says something else; name another output, or add --force")
    write_whole(path, [page])
