"""`babelset review`: native speakers accept, reject or correct rows, on a page of this machine."""

from __future__ import annotations

import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.help import ROWS, RUN
from babelset.cli.terminal import say, warn
from babelset.errors import ConfigError, DataError

if TYPE_CHECKING:
    from babelset.review.store import Store

PAGE = "Page"

Runs = Annotated[list[str], typer.Argument(metavar="RUN", help="Outputs of translate or filter.")]
Sample = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Review N rows per language, drawn evenly; by default the report's samples.",
        rich_help_panel=ROWS,
    ),
]
All = Annotated[bool, typer.Option("--all", help="Review every row.", rich_help_panel=ROWS)]
Reviewer = Annotated[
    str, typer.Option(metavar="NAME", help="Who reviews; by default the page asks.", rich_help_panel=PAGE)
]
Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, metavar="N", help="By default any free port, the same one each time.", rich_help_panel=PAGE
    ),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.", rich_help_panel=PAGE)]
StoreFile = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="The decisions; by default RUN.review.sqlite.", rich_help_panel=RUN),
]
Export = Annotated[
    str | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="Write a sheet instead of serving: .csv, .xlsx or FOLDER/.",
        rich_help_panel=RUN,
    ),
]
Import = Annotated[
    str | None,
    typer.Option(
        "--import", metavar="FILE", help="Read decisions from a sheet instead of serving.", rich_help_panel=RUN
    ),
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
    Let native speakers accept, reject or correct rows.

    Serves a page to this machine only, until Ctrl-C. Decisions are stored next to the run; give the same command again
    to continue. `babelset apply-review` applies them to the rows.
    """
    from babelset.review.store import Store
    from babelset.work.places import Places, keep_apart

    if (sample is not None) + every > 1:
        raise ConfigError("--sample and --all: give only one of them")
    if export and import_:
        raise ConfigError("--export and --import: give only one of them")
    if len(reviewer) > 100 or not reviewer.isprintable():
        raise ConfigError("--reviewer: at most 100 characters, on one line")
    for run in runs:
        if not Places.of(run).accepted.exists():  # before a file is made beside it
            raise DataError("no such file", file=run)
    kept = store or Places.of(runs[0]).review
    read = [path for places in map(Places.of, runs) for path in places.all if path != places.review]
    keep_apart([*read, *([import_] if import_ else [])], {"review": kept, **_sheet(export)})
    with closing(Store.open(kept)) as opened:
        _add(opened, runs, sample, every, format)
        if export:
            _export(opened, export, force)
        elif import_:
            _import(opened, import_, reviewer)
        else:
            where = ["--store", str(store)] if store else []
            then = shlex.join(["babelset", "apply-review", *runs, *where, "-o", "reviewed.jsonl"])
            _serve(opened, ", ".join(Path(run).name for run in runs), then, reviewer, port, no_open)


def _sheet(export: str | None) -> dict[str, Path]:
    return {"sheet": Path(export)} if export else {}


def _add(store: Store, runs: list[str], sample: int | None, every: bool, format: str | None) -> None:
    from babelset.review.choice import Choice

    chosen = Choice(runs, sample=sample, everything=every, format=format)
    store.add(chosen)
    if chosen.damaged:
        warn(f"rows that cannot be read, and so cannot be reviewed: {chosen.damaged}")
    if not store.progress()["items"]:
        raise ConfigError(f"{', '.join(runs)}: there is no row to review")


def _export(store: Store, path: str, force: bool) -> None:
    from babelset.review.exchange import export_to

    say(f"{path}: {export_to(store, path, force=force)} rows", err=True)


def _import(store: Store, path: str, reviewer: str) -> None:
    from babelset.review.exchange import import_from

    counts = import_from(store, path, reviewer)
    say(f"{path}: " + ", ".join(f"{count} {name}" for name, count in counts.items()), err=True)


def _serve(store: Store, title: str, then: str, reviewer: str, port: int | None, no_open: bool) -> None:
    try:
        from babelset.review import serving
    except ModuleNotFoundError:
        raise ConfigError("the page needs an extra: pip install 'babelset[review]'") from None

    listening = serving.listen(store, port)
    setting = serving.Setting(serving.token_of(store), listening.getsockname()[1], title, then, reviewer)
    say(serving.address(setting))
    warn("open this address in a browser; Ctrl-C ends the review, all decisions are stored")
    if not no_open:
        serving.open_browser(serving.address(setting))
    try:
        serving.serve(store, setting, listening)
    except KeyboardInterrupt:  # the way to end it
        _say_what_is_next(store, then)


def _say_what_is_next(store: Store, then: str) -> None:
    counts = store.progress()
    done = counts["items"] - counts["open"]
    say(err=True)
    warn(f"{done} of {counts['items']} rows are decided; the decisions are in {store.path}")
    say(f"run the same command to continue, or apply the decisions: {then}", err=True)
