"""`babelset setup`: make the environments that babelset cannot share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babelset.cli.terminal import say

setup = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Install tools that need a separate environment.")


@setup.callback()
def _setup() -> None:
    pass


@setup.command()
def comet(
    path: Annotated[Path | None, typer.Option(metavar="DIR", help="By default ~/.local/share/babelset/comet.")] = None,
    python: Annotated[str, typer.Option(metavar="PY", help="Python 3.10 to 3.12; with uv a version will do.")] = "",
    torch_index: Annotated[
        str, typer.Option(metavar="URL", help="Index of a torch build: https://download.pytorch.org/whl/cpu.")
    ] = "",
    pip_arg: Annotated[
        list[str] | None, typer.Option(metavar="ARG", help="Argument of pip, as --pip-arg=-v; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
) -> None:
    """
    Install unbabel-comet in a separate environment.

    For --with comet:MODEL. If it is installed already, nothing happens.
    """
    import shlex

    from babelset.engines.comet.environment import SIZE, Setup, default

    folder = (path.expanduser() if path else default()).absolute()
    order = Setup(folder, python, torch_index, tuple(pip_arg or ()))
    say(f"unbabel-comet in {folder}: {SIZE}")
    if dry_run:
        for command in order.commands():
            say(f"  {shlex.join(command)}")
        return
    interpreter = order.run(say)
    more = "" if folder == default() else f" -O python={interpreter}"
    say(f"ready. Score with it: babelset score IN --with comet:MODEL{more} -o OUT")
