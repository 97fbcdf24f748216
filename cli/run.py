"""`babelset run`: a whole pipeline from one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.cli.terminal import show_json


def run(
    pipeline: Annotated[
        Path,
        typer.Argument(metavar="PIPELINE.toml", help="Datasets, languages, translator, checks, exports."),
    ],
    json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """
    Run a pipeline file: many datasets, many languages.

    Each dataset is translated into each language, then exported. Steps that are finished are not repeated.
    """
    from functools import partial

    from babelset.cli.progress import watching
    from babelset.cli.summary import show_all
    from babelset.pipeline import read_pipeline, run_pipeline

    plan = read_pipeline(pipeline, o.read_toml(pipeline))
    accounts = dict(run_pipeline(plan, pipeline.parent, partial(watching, quiet)))
    if json:
        show_json(accounts)
    else:
        show_all(accounts)
    raise typer.Exit(1 if any(account["rows"]["failed"] for account in accounts.values()) else 0)
