"""`babelset review`: native speakers accept, reject or correct rows, on a page of this machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.errors import ConfigError, DataError

if TYPE_CHECKING:
    from babelset.review.store import Store

Runs = Annotated[list[str], typer.Argument(metavar="RUN...", help="Outputs of translate or filter.")]
Sample = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="So many rows of each language, drawn evenly; without, those of a report."),
]
All = Annotated[bool, typer.Option("--all", help="Every row.")]
Reviewer = Annotated[str, typer.Option(metavar="NAME", help="Who reviews; the page asks when not given.")]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Serve there; without, at any free port, and there again next time."),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Open no browser.")]
StoreFile = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="Where the decisions are kept: OUT.review.sqlite.")
]
Export = Annotated[
    str | None,
    typer.Option("--export", metavar="FILE", help="Write a sheet in place of serving: .csv, .xlsx, or FOLDER/."),
]
Import = Annotated[
    str | None, typer.Option("--import", metavar="FILE", help="Read the decisions of a sheet in place of serving.")
]


def review(
    runs: Runs,
    sample: Sample = None,
    every: All = False,
    reviewer: Reviewer = "",
    port: Port = None,
    no_open: NoOpen = False,
    store: StoreFile = None,
    export: Export = None,
    import_: Import = None,
    format: o.Format = None,
    force: o.Force = False,
) -> None:
    """
    Serve rows of finished runs to native speakers, who accept, reject or correct them.

    The page is for this machine only. Decisions are kept beside the run; the same command goes on with them. Ctrl-C
    ends it. `babelset apply-review` makes rows of the decisions.
    """
    from babelset.review.store import Store
    from babelset.work.places import Places

    if (sample is not None) + every > 1:
        raise ConfigError("--sample and --all exclude each other")
    if export and import_:
        raise ConfigError("--export and --import exclude each other")
    if len(reviewer) > 100 or not reviewer.isprintable():
        raise ConfigError("--reviewer: at most 100 characters, on one line")
    for run in runs:
        if not Path(run).exists():  # before a file is made beside it
            raise DataError("no such file", file=run)
    opened = Store.open(store or Places.of(runs[0]).review)
    _add(opened, runs, sample, every, format)
    if export:
        _export(opened, export, force)
    elif import_:
        _import(opened, import_, reviewer)
    else:
        where = ["--store", str(store)] if store else []
        then = shlex.join(["babelset", "apply-review", *runs, *where, "-o", "reviewed.jsonl"])
        _serve(opened, ", ".join(Path(run).name for run in runs), then, reviewer, port, no_open)


def _add(store: Store, runs: list[str], sample: int | None, every: bool, format: str | None) -> None:
    from babelset.review.choice import Choice

    chosen = Choice(runs, sample=sample, everything=every, format=format)
    store.add(chosen)
    if chosen.damaged:
        typer.echo(f"babelset: rows that could not be read, and are not under review: {chosen.damaged}", err=True)
    if not store.progress()["items"]:
        raise ConfigError(f"{', '.join(runs)}: there is no row to review")


def _export(store: Store, path: str, force: bool) -> None:
    from babelset.review.exchange import export_to

    typer.echo(f"{path}: {export_to(store, path, force=force)} rows", err=True)


def _import(store: Store, path: str, reviewer: str) -> None:
    from babelset.review.exchange import import_from

    counts = import_from(store, path, reviewer)
    typer.echo(f"{path}: " + ", ".join(f"{count} {name}" for name, count in counts.items()), err=True)


def _serve(store: Store, title: str, then: str, reviewer: str, port: int | None, no_open: bool) -> None:
    try:
        from babelset.review import serving
    except ModuleNotFoundError:
        raise ConfigError("the page needs an extra: pip install 'babelset[review]'") from None

    listening = serving.listen(store, port)
    setting = serving.Setting(serving.token_of(store), listening.getsockname()[1], title, then, reviewer)
    typer.echo(serving.address(setting))
    typer.echo("babelset: open this address; Ctrl-C ends the review, and keeps all that was decided", err=True)
    if not no_open:
        serving.open_browser(serving.address(setting))
    try:
        serving.serve(store, setting, listening)
    except KeyboardInterrupt:  # the way to end it
        _say_what_is_next(store, then)


def _say_what_is_next(store: Store, then: str) -> None:
    counts = store.progress()
    done = counts["items"] - counts["open"]
    typer.echo(f"\nbabelset: {done} of {counts['items']} rows are decided, in {store.path}", err=True)
    typer.echo(f"next: the same command goes on; this makes rows of the decisions: {then}", err=True)
