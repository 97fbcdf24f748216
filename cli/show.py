"""`babelset show`: a row and what is known about it, for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.terminal import one_line, show, show_json

if TYPE_CHECKING:
    from babelset.contracts.evidence import Evidence
    from babelset.files.row import Row

File = Annotated[str, typer.Argument(metavar="FILE|-", help="Rows, translated or not; - is standard input.")]
Number = Annotated[int, typer.Option("--row", min=0, metavar="N", help="Which row of the file, from 0.")]


def show_(file: File, number: Number = 0, format: o.Format = None, json: o.AsJson = False) -> None:
    """
    Show a row with its evidence, for people.

    Each text before and after, what was kept in it, the verdicts and their reasons, the rest of the row. In the file
    the evidence is one JSON text, under the key _babelset; with --json it is printed whole, as data.
    """
    from babelset.files.stdin import spooled

    with spooled([file], format) as [path]:
        row = _row(path, number, format)
    if json:
        show_json(_whole(row))
    else:
        show("\n".join(_told(row)) + "\n")


def _row(path: str, number: int, format: str | None) -> Row:
    from babelset.errors import ConfigError, DataError
    from babelset.files.reading import read
    from babelset.files.row import BadRow

    found = next(islice(read([path], format=format), number, None), None)
    if found is None:
        raise ConfigError(f"{path} has no row {number}; rows count from 0")
    if isinstance(found, BadRow):
        raise DataError(found.reason, file=path, line=found.line)
    return found


def _whole(row: Row) -> dict[str, Any]:
    """The row with its evidence as data."""
    from babelset.contracts.evidence import known_of
    from babelset.files.row import KEY

    known = known_of(row.data)
    return {**row.data, **({KEY: known} if known else {})}


def _told(row: Row) -> Iterator[str]:
    from babelset.contracts.evidence import evidence_of, known_of
    from babelset.files.row import KEY

    known, rest = known_of(row.data), {key: value for key, value in row.data.items() if key != KEY}
    if not known:
        yield "no evidence: babelset has not made this row"
    if made := known.get("made"):
        yield f"made by {one_line(_plain(made))}"
    if "fields" in known:
        evidence = evidence_of(row.data)
        yield from _heading(evidence)
        yield from _texts(row.data, evidence)
        yield from _verdicts(evidence)
        seen = {field["path"][0] for field in evidence["fields"] if len(field["path"]) == 1}
        rest = {key: value for key, value in rest.items() if key not in seen}
    if rest:
        yield "as it was" if "fields" in known else ""
        yield from (f"  {one_line(key)}: {one_line(_plain(value))}" for key, value in rest.items())


def _heading(evidence: Evidence) -> Iterator[str]:
    from babelset.languages import find

    where = f"row {evidence['row']} of {evidence['file']}" + (f", line {evidence['line']}" if evidence["line"] else "")
    names = [find(evidence[which]).name for which in ("source", "target")]
    yield one_line(f"{where}: {evidence['status']}")
    yield one_line(f"{names[0]} to {names[1]}, by {evidence['translator'] or 'nobody'}, read as {evidence['schema']}")


def _texts(data: Mapping[str, Any], evidence: Evidence) -> Iterator[str]:
    from babelset.contracts.evidence import path_name, value_at

    for field in evidence["fields"]:
        target = value_at(data, field["path"])
        yield ""
        yield one_line(f"{path_name(field['path'])} ({field['role']})")
        yield from _indented(field["source"], "  before: ")
        yield from _indented("not translated" if target is None else _plain(target), "  after:  ")
        if field["keeps"]:
            yield f"  kept:   {one_line('  '.join(field['keeps']))}"


def _indented(text: str, mark: str) -> Iterator[str]:
    """The lines of a text, the first behind `mark`."""
    for number, line in enumerate(text.split("\n")):
        yield ((mark if number == 0 else " " * len(mark)) + one_line(line)).rstrip()


def _verdicts(evidence: Evidence) -> Iterator[str]:
    yield ""
    yield from (
        one_line(f"failed: {each['reason']}: {each['source']}") for each in evidence["segments"] if each["reason"]
    )
    for verdict in evidence["verdicts"]:
        score = "" if verdict["score"] is None else f" {verdict['score']:.4g}"
        why = f": {verdict['reason']}" if verdict["reason"] else ""
        yield one_line(f"{'passed' if verdict['ok'] else 'REJECTED'} {verdict['check']}{score}{why}")
    judged = {verdict["check"] for verdict in evidence["verdicts"]}
    for name, scores in evidence["scores"].items():
        told = [score for score in scores if score is not None]
        if name not in judged:
            yield one_line(f"score {name} " + (f"{sum(told) / len(told):.4g}" if told else "not covered"))


def _plain(value: Any) -> str:
    from babelset.files.lossless import dumps

    return value if isinstance(value, str) else dumps(value)
