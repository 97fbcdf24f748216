"""`babelset setup`: make the environments that babelset cannot share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

setup = typer.Typer(no_args_is_help=True, help="Make the environments of tools that cannot live in babelset's own.")


@setup.callback()
def _setup() -> None:
    pass


@setup.command()
def comet(
    path: Annotated[Path | None, typer.Option(metavar="DIR", help="Where; ~/.local/share/babelset/comet.")] = None,
    python: Annotated[str, typer.Option(metavar="PY", help="Interpreter, 3.10 to 3.12; with uv also a version.")] = "",
    torch_index: Annotated[
        str, typer.Option(metavar="URL", help="Of a build of torch: https://download.pytorch.org/whl/cpu.")
    ] = "",
    pip_arg: Annotated[
        list[str] | None, typer.Option(metavar="ARG", help="For pip or uv pip, as in --pip-arg=-v; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """
    Install unbabel-comet in an environment of its own, for --with comet:MODEL. Done once, it is left alone.
    """
    import shlex

    from babelset.engines.comet.environment import SIZE, Setup, default

    folder = (path.expanduser() if path else default()).absolute()
    order = Setup(folder, python, torch_index, tuple(pip_arg or ()))
    typer.echo(f"unbabel-comet in {folder}: {SIZE}")
    if dry_run:
        for command in order.commands():
            typer.echo(f"  {shlex.join(command)}")
        return
    interpreter = order.run(typer.echo)
    more = "" if folder == default() else f" -O python={interpreter}"
    typer.echo(f"ready. Score with it: babelset score IN --with comet:MODEL{more} -o OUT")
