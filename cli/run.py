"""`babelset run`: several steps, datasets and languages from one file, a recipe, or one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.help import ROWS, RUN
from babelset.cli.terminal import say, show_json
from babelset.cli.terminal import show as show_text
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.pipeline.chain import Order

SET = "An option of a step; STEP may be left out where one alone has it."
DRY = "Print the steps, and the rows, requests and tokens that each will take; do nothing."


def run(
    pipeline: Annotated[
        str | None, typer.Argument(metavar="RECIPE|STEP|FILE.toml", help="A recipe that ships, a step, or a file.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="IN", help="Files, or hf:ORG/NAME, in place of those of the file."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="With {lang} and {dataset} where there are several.",
            rich_help_panel=ROWS,
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="LANG", help="Target languages: --to ca,es or --to ca --to es.", rich_help_panel=ROWS
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="LANG", help="Source language.", rich_help_panel=ROWS)
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", "-O", metavar="STEP.KEY=VALUE", help=SET, rich_help_panel=ROWS),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of what is drawn by chance.", rich_help_panel=ROWS)
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="FILE", help="Translation memory that all steps share.", rich_help_panel=RUN)
    ] = None,
    data_license: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the data, for the record.", rich_help_panel=RUN)
    ] = None,
    shard: o.ShardOf = None,
    format: o.Format = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY, rich_help_panel=RUN)] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List recipes and steps, a line each.", rich_help_panel=RUN)
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(metavar="RECIPE", help="Print a recipe, to copy and change.", rich_help_panel=RUN),
    ] = None,
    force: o.Force = False,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """
    Run a pipeline: several steps over datasets and languages.

    A pipeline is a TOML file, a recipe that ships, or the name of one step: babelset run mix ca.jsonl en.jsonl
    -o mix.jsonl --set share=ca:70,en:30. Steps that are finished are not repeated; what steps before the last one make
    and turn away stays in OUT.steps.
    """
    from functools import partial

    from babelset.cli.progress import watching
    from babelset.cli.summary import show_all
    from babelset.files.stdin import spooled
    from babelset.pipeline.chain import run_chain
    from babelset.pipeline.checks import checked
    from babelset.pipeline.recipe import shipped_text

    if list_:
        return _list(json)
    if show:
        return show_text(shipped_text(show))
    if pipeline is None:
        raise ConfigError("which pipeline? Name a file, a recipe or a step; see: babelset run --list")
    with spooled(inputs or [], format) as paths:
        order = _order(pipeline, paths, given or [], output=output, to=to, source=source, seed=seed, memory=memory,
                       license=data_license, format=format, force=force, shard=o.shard_of(shard))  # fmt: skip
        if dry_run:
            return _plan(order, json)
        accounts = dict(run_chain(checked(order), partial(watching, quiet)))
    if json:
        show_json(accounts)
    else:
        show_all(accounts)
    raise typer.Exit(1 if any(account["rows"]["failed"] for account in accounts.values()) else 0)


def _order(name: str, paths: Sequence[str], given: list[str], **said: object) -> Order:
    from babelset.pipeline.chain import Order
    from babelset.pipeline.given import given_of
    from babelset.pipeline.recipe import pipeline_of

    pipeline = pipeline_of(name)
    to = [language.strip() for text in said.pop("to") or [] for language in str(text).split(",")]  # type: ignore[attr-defined]
    known = {key: value for key, value in said.items() if value is not None}
    return Order(pipeline, tuple(paths), to=to, given=given_of(pipeline, given), **known)  # type: ignore[arg-type]


def _plan(order: Order, json: bool) -> None:
    from babelset.cli.console import Console, table
    from babelset.pipeline.dry import plan

    lines = plan(order)
    if json:
        return show_json(lines)
    titles = list(dict.fromkeys(key for line in lines for key in line))
    shown = table(tuple(titles), [[line.get(key, "") for key in titles] for line in lines], left=2)
    Console().print(shown)


def _list(json: bool) -> None:
    from babelset import plugins
    from babelset.pipeline.recipe import recipe_of, shipped

    recipes = {name: recipe_of(name).description for name in shipped()}
    steps = {line["name"]: line["promise"] for line in plugins.describe()["steps"]}
    if json:
        return show_json({"recipes": recipes, "steps": steps})
    for title, lines in (("recipes", recipes), ("steps", steps)):
        say(f"{title}:")
        for name, promise in lines.items():
            say(f"  {name:20} {promise}")
