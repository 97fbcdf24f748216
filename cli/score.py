"""`babelset score`: add scores to translated rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.help import ROWS
from babelset.cli.terminal import say

SCORERS = "Scorers"
With = Annotated[
    list[str],
    typer.Option("--with", metavar="NAME[:MODEL]", help="A scorer; may be repeated.", rich_help_panel=SCORERS),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-O",
        metavar="KEY=VALUE",
        help="An option of the scorer; with several scorers NAME.KEY=VALUE.",
        rich_help_panel=SCORERS,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        "--judge-base-url",
        metavar="URL",
        help="The server of the scorers judge and rubric; its key is read from OPENAI_API_KEY.",
        rich_help_panel=SCORERS,
    ),
]
Sample = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Score only N rows, drawn evenly; copy the rest unscored.", rich_help_panel=ROWS
    ),
]


def score(
    inputs: o.Inputs,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="All rows, with scores.", rich_help_panel=ROWS)
    ],
    scorers: With,
    option: Options = None,
    base_url: BaseUrl = None,
    config: o.Config = None,
    sample: Sample = None,
    chunk: Annotated[int, typer.Option(min=1, metavar="N", help="Rows that are finished and stored together.")] = 256,
    shard: o.ShardOf = None,
    format: o.Format = None,
    force: Annotated[
        bool, typer.Option("--force", help="Score again what has scores; replace an existing output.")
    ] = False,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """
    Score translated rows, and store the scores in them.

    Accepted rows stay accepted, rejected rows rejected. Scores that a row already has are kept. To resume a run that
    was stopped or killed, give the same command again. To decide by scores: babelset calibrate, babelset filter.
    """
    from babelset.cli.progress import watching
    from babelset.cli.summary import show
    from babelset.files.stdin import spooled
    from babelset.plugins import options as plugin_options
    from babelset.scoring.scores import Scoring, add_scores, build_scorers

    asked = [
        name for name in (each.partition(":")[0] for each in scorers) if "base_url" in plugin_options("filters", name)
    ]
    options = o.pairs(option) | ({f"{name}.base_url": base_url for name in asked or ["judge"]} if base_url else {})
    built = build_scorers(scorers, options, o.filters_of(config))
    with spooled(inputs, format) as paths, watching(quiet) as watch:
        account = add_scores(Scoring(paths, output, built, sample, format, chunk, force, o.shard_of(shard)), watch)
    show(account, as_json=json)
    if not json:
        _tell(account["scores"])
        _tell_corpora(account)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)


def _tell(scores: dict[str, dict[str, dict[str, Any]]]) -> None:
    from babelset.cli.table import show_table

    columns = ("language", "scorer", "rows", "not covered", "unjudged", "without", "mean", "25%", "50%", "75%")
    keys = ("rows", "not_covered", "unjudged", "without", "mean")
    rows = [
        [language, name, *(told[key] for key in keys), *_quartiles(told)]
        for language, scorers in scores.items()
        for name, told in scorers.items()
    ]
    show_table("Scores of rows: the mean over their units", columns, rows)


def _tell_corpora(account: Mapping[str, Any]) -> None:
    from babelset.cli.table import show_table
    from babelset.report.corpus import COLUMNS, cells, corpora_of, footnotes

    corpora = corpora_of(account)
    rows = [
        [language, name, *cells(corpus)] for language, scorers in corpora.items() for name, corpus in scorers.items()
    ]
    show_table("Corpora: score and 95 % interval", ("language", "scorer", *COLUMNS), rows)
    for line in footnotes(corpora):
        say(line)


def _quartiles(told: dict[str, Any]) -> list[float | None]:
    return told["quartiles"] or [None] * 3
