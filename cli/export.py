"""`babelset export`: translated rows as a dataset of another shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from babelset.cli import options as o

SHAPES = "As messages, dpo, llama-factory, lm-eval. See: babelset plugins."
PATH = "A file, may contain {lang}; for okapi, mits, hub, llama-factory a folder."
FORMULAS = "In csv, write cells that begin with = + - @ as they are."
OPTION = "An option of the shape, as direction=both of mt-instruct; may be repeated."
LICENSE = "Licence of the data, as cc-by-4.0, for the card that hub writes."
EVIDENCE = "Keep scores and sources, in the key _babelset."


def export(
    inputs: o.Inputs,
    shape: Annotated[str, typer.Option("--as", metavar="SHAPE", help=SHAPES)],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help=PATH)],
    option: Annotated[list[str] | None, typer.Option("--option", "-O", metavar="KEY=VALUE", help=OPTION)] = None,
    with_evidence: Annotated[bool, typer.Option("--with-evidence", help=EVIDENCE)] = False,
    keep_formulas: Annotated[bool, typer.Option("--keep-formulas", help=FORMULAS)] = False,
    data_license: Annotated[str | None, typer.Option(metavar="TEXT", help=LICENSE)] = None,
    format: o.Format = None,
    force: o.Force = False,
    json: o.AsJson = False,
) -> None:
    """
    Write rows in another shape, one file per language.

    Only accepted rows are written. Rows that do not fit the new shape are listed with the reason in a .failed.jsonl
    next to PATH. In a csv, which people open in spreadsheets, a cell that begins like a formula gets an apostrophe.
    """
    from babelset.cli.summary import show
    from babelset.exports import export as exports
    from babelset.files.stdin import spooled

    with spooled(inputs, format) as paths:
        job = exports.ExportJob(
            inputs=paths, shape=shape, output=output, options=_options(shape, option), with_evidence=with_evidence,
            keep_formulas=keep_formulas, format=format, data_license=data_license, force=force,
        )  # fmt: skip
        account = exports.export(job, o.quiet())
    show(account if json else {**account, **_counted(account)}, as_json=json)
    raise typer.Exit(1 if account["rows"]["failed"] else 0)


def _options(shape: str, given: list[str] | None) -> dict[str, Any]:
    from babelset.plugins import load, options, read_option

    known = options("exports", shape)
    return {k: read_option(load("exports", shape), k, v) if known else v for k, v in o.pairs(given).items()}


def _counted(account: Mapping[str, Any]) -> dict[str, Any]:
    """The files that were written, each with its rows."""
    written, failed = account["counts"]["written"], account["files"].get("failed")
    rows = {**written, **({failed: account["rows"]["failed"]} if failed else {})}
    return {"counts": {}, "files": {path: f"{count} rows" for path, count in rows.items()}}
