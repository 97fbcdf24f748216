"""`babelset calibrate`: which score to trust, and where to cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.score import SCORERS, Options
from babelset.cli.terminal import show_json

if TYPE_CHECKING:
    from babelset.contracts.filter import Filter

RATINGS = "Ratings"
SHOWN = {"min": 0, "p10": 1, "median": 5, "p90": 9, "max": 10}  # of the deciles; --json has them all

With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="NAME[:MODEL]",
        help="Scorers of planted errors; by default the checks.",
        rich_help_panel=SCORERS,
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SCORER", help="Show only this score, as cometkiwi.min; may be repeated.", rich_help_panel=SCORERS
    ),
]
Ratings = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A file of ratings by row or id, 0 or 1 or up to 100; or a stored score: score:judge.",
        rich_help_panel=RATINGS,
    ),
]
Good = Annotated[
    float | None,
    typer.Option(
        min=0, max=100, metavar="N", help="Rating, or score, from which a row is good; 50.", rich_help_panel=RATINGS
    ),
]
Precise = Annotated[
    float,
    typer.Option(
        "--precision", min=0, max=1, metavar="SHARE", help="Of good rows, for the cut.", rich_help_panel=RATINGS
    ),
]
Plant = Annotated[
    bool | None,
    typer.Option("--plant/--no-plant", help="Plant errors; the default without --gold.", rich_help_panel=SCORERS),
]
Sample = Annotated[
    int, typer.Option(min=2, metavar="N", help="Rows per language to plant errors into.", rich_help_panel=SCORERS)
]


def calibrate(
    inputs: Annotated[list[str], typer.Argument(metavar="SCORED", help="Rows with scores; - is standard input.")],
    gold: Ratings = None,
    good: Good = None,
    precise: Precise = 0.95,
    scorers: With = None,
    option: Options = None,
    config: o.Config = None,
    by: By = None,
    plant: Plant = None,
    sample: Sample = 200,
    format: o.Format = None,
    json: o.AsJson = False,
) -> None:
    """
    Show score distributions, cuts, and which errors are found.

    All of it for each language. With --gold, the precision of each cut, the cut that agrees best with people (F1), and
    the lowest one with a share --precision of good rows. A judge's score of a sample may stand for people: --gold
    score:judge --good 4. Otherwise errors are planted into accepted rows, and the AUC of each scorer tells how well it
    finds them: 1 always, 0.5 by chance; below 0.5 it prefers the error. A default check is measured by its verdict: 1
    if it rejects every error and no other row.
    What a model answers is kept next to SCORED until the tables are shown, so that the same command resumes.
    """
    from babelset.files.stdin import spooled
    from babelset.scoring.calibration.calibrate import calibrate as calibrated
    from babelset.scoring.calibration.calibrate import keeping
    from babelset.scoring.calibration.ratings import gold_of

    ratings = gold_of(gold, good) if gold else None
    wanted = gold is None if plant is None else plant
    built = _scorers(scorers, option, o.filters_of(config)) if wanted else []
    with spooled(inputs, format) as paths, keeping(inputs, built) as kept:
        more: dict[str, Any] = {"by": by or (), "gold": ratings, "sample": sample, "format": format, "precise": precise}
        report = calibrated(paths, built, folder=kept, **more)
        if json:
            show_json(report)
        else:
            _tell(report["languages"])
    raise typer.Exit(1 if report["rows"]["failed"] else 0)


def _scorers(names: list[str] | None, option: list[str] | None, config: dict[str, Any]) -> list[Filter]:
    from babelset.contracts.checks import build_filters
    from babelset.errors import ConfigError
    from babelset.scoring.scores import build_scorers

    if names:
        return build_scorers(names, o.pairs(option), config)
    if option:
        raise ConfigError("--option is for the scorers that --with names: add --with NAME")
    return build_filters(config)


def _tell(languages: dict[str, Any]) -> None:
    from babelset.cli.table import show_table

    columns = ("language", "score", "rows", "not covered", *SHOWN)
    show_table("Score distribution", columns, list(_spreads(languages)))
    gold = list(_gold(languages))
    columns = ("language", "score", "cut", "kept", "of", *(("rated", "precision") if gold else ()))
    show_table("Cuts: rows that reach a score", columns, [cut[: len(columns)] for cut in _cuts(languages)])
    columns = ("language", "score", "good", "bad", "AUC", "best cut", "precision", "recall", "F1", "precise cut")
    show_table("Ratings: the cut with the best F1", columns, gold)
    kinds = list(dict.fromkeys(kind for _, _, found in _planted(languages) for kind in found))
    aucs = [
        [language, name, *(found.get(kind, {}).get("auc") for kind in kinds)]
        for language, name, found in _planted(languages)
    ]
    show_table("Planted errors: AUC", ("language", "scorer", *kinds), aucs)


def _scores(languages: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for language, report in languages.items():
        for name, told in report["scores"].items():
            yield language, name, told


def _planted(languages: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for language, report in languages.items():
        for name, found in report.get("planted", {}).items():
            yield language, name, found


def _spreads(languages: dict[str, Any]) -> Iterator[list[object]]:
    for language, name, told in _scores(languages):
        deciles = told.get("deciles", [None] * 11)
        yield [language, name, told["rows"], told["not_covered"], *(deciles[tenth] for tenth in SHOWN.values())]


def _cuts(languages: dict[str, Any]) -> Iterator[list[object]]:
    for language, name, told in _scores(languages):
        for step in told.get("cuts", ()):
            rated = step.get("rated"), step.get("precision")
            yield [language, name, step["cut"], step["kept"], told["rows"] + told["not_covered"], *rated]


def _gold(languages: dict[str, Any]) -> Iterator[list[object]]:
    for language, name, told in _scores(languages):
        if gold := told.get("gold"):
            best = gold["best"] or {}
            found = [best.get(key) for key in ("cut", "precision", "recall", "f1")]
            yield [language, name, gold["good"], gold["bad"], gold["auc"], *found, gold["precise"]]
