"""`babelset apply-review`: rows as their reviewers decided."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.terminal import warn

Runs = Annotated[list[str], typer.Argument(metavar="RUN", help="Outputs that were reviewed.")]


def apply_review(
    runs: Runs,
    output: Annotated[str, typer.Option("--output", "-o", metavar="ACCEPTED", help="Accepted rows.")],
    rejected: Annotated[
        str | None, typer.Option(metavar="REJECTED", help="Rejected rows; by default next to ACCEPTED.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="FILE", help="Translation memory for corrections; by default the run's.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="FILE", help="The decisions; by default next to the runs.")
    ] = None,
    decided_only: Annotated[
        bool, typer.Option("--decided-only", "--reviewed-only", help="Leave out rows without a decision.")
    ] = False,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Apply the decisions of reviewers to the rows of their runs.

    Each row is accepted, rejected with the reason, or corrected. A corrected row that lost code, links or another kept
    text is rejected. Corrections go into the translation memory: every later run with that memory uses them, whatever
    its translator.
    """
    from babelset.cli.summary import show
    from babelset.review.apply import Order, apply_review

    account = apply_review(
        Order(
            runs=runs, output=output, rejected=rejected, memory=memory, store=store,
            reviewed_only=decided_only, format=format, force=force,
        )
    )  # fmt: skip
    show(account, as_json=json)
    _warn(
        account["turned_back"]["rows"], "rows were rejected although the reviewer accepted them", account["turned_back"]
    )
    _warn(account["gone"]["decisions"], "decisions are about rows that are not in these runs", account["gone"])
    raise typer.Exit(1 if account["rows"]["failed"] else 0)


def _warn(count: int, what: str, account: dict[str, Any]) -> None:
    if count:
        lines = [*account["first"], *["..."] * (count > len(account["first"]))]
        warn(f"{count} {what}:", [f"  {line}" for line in lines])
