"""`babelset setup`: make the environments that babelset cannot share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli.terminal import say

if TYPE_CHECKING:
    from babelset.engines.environment import Setup

setup = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Install tools that need a separate environment.")

Folder = Annotated[Path | None, typer.Option(metavar="DIR", help="By default in ~/.local/share/babelset.")]
Python = Annotated[str, typer.Option(metavar="PY", help="Python 3.10 to 3.12; with uv a version will do.")]
PipArg = Annotated[list[str] | None, typer.Option(metavar="ARG", help="Argument of pip, as --pip-arg=-v; repeatable.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]


@setup.callback()
def _setup() -> None:
    pass


@setup.command()
def comet(
    path: Folder = None,
    python: Python = "",
    torch_index: Annotated[
        str, typer.Option(metavar="URL", help="Index of a torch build: https://download.pytorch.org/whl/cpu.")
    ] = "",
    pip_arg: PipArg = None,
    dry_run: DryRun = False,
) -> None:
    """
    Install unbabel-comet in a separate environment.

    For --with comet:MODEL. If it is installed already, nothing happens.
    """
    from babelset.engines.comet.environment import TOOL
    from babelset.engines.environment import Setup

    order = Setup(TOOL, _folder(path, TOOL.default()), python, torch_index, tuple(pip_arg or ()))
    if interpreter := _made(order, dry_run):
        more = "" if order.folder == TOOL.default() else f" -O python={interpreter}"
        say(f"ready. Score with it: babelset score IN --with comet:MODEL{more} -o OUT")


@setup.command()
def eflomal(python: Python = "", pip_arg: PipArg = None, dry_run: DryRun = False) -> None:
    """
    Install eflomal, a word aligner, in a separate environment.

    For steps with --set eflomal=true: switch, project, lexicon. Its licence is GPL-3. If it is installed already,
    nothing happens.
    """
    from babelset.engines.eflomal.environment import TOOL
    from babelset.engines.environment import Setup

    if _made(Setup(TOOL, TOOL.default(), python, pip_args=tuple(pip_arg or ())), dry_run):
        say("ready. Align with it: babelset run lexicon IN --set eflomal=true -o OUT")


def _folder(path: Path | None, default: Path) -> Path:
    return (path.expanduser() if path else default).absolute()


def _made(order: Setup, dry_run: bool) -> Path | None:
    """The interpreter of the environment; None where only its commands were shown."""
    import shlex

    say(f"{order.tool.package} in {order.folder}: {order.tool.size}")
    if not dry_run:
        return order.run(say)
    for command in order.commands():
        say(f"  {shlex.join(command)}")
    return None
