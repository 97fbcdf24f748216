"""Whether an export can take rows, told from the first of them before any work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babelset import plugins
from babelset.contracts.evidence import known_of
from babelset.contracts.export import translated
from babelset.contracts.step import PROMISED
from babelset.errors import BabelsetError, ConfigError, DataError
from babelset.exports.export import LANG, ExportJob, built, several
from babelset.files.row import Row


def check_rows(job: ExportJob, rows: Sequence[Row]) -> None:
    """
    Raise ConfigError, with the shapes that do, where the shape takes none of these rows, or not in one file.

    Of rows that nobody knows yet, nothing is said.
    """
    if any(PROMISED in known_of(row.data) for row in rows):
        return
    known, reason = [], ""
    for row in rows:
        try:
            known.append((row, translated(row.data)))
        except DataError as error:
            reason = reason or str(error)
    if rows and not known:
        cure = "an export writes rows that babelset made: put a step before it, as translate"
        raise ConfigError(f"{job.shape} can take no row: {reason}; {cure}")
    taken = [row for row, _ in known]
    if known and (reason := _refusal(job.shape, job.options, taken)):
        others = [name for name in plugins.available("exports") if name != job.shape and not _refusal(name, {}, taken)]
        fitting = f"Shapes that take such rows: {', '.join(others)}" if others else "No shape takes such rows"
        raise ConfigError(f"{job.shape} can take no row: {reason}. {fitting}")
    languages = list(dict.fromkeys(each.language.bcp47 for _, each in known))
    if len(languages) > 1 and LANG not in job.output and built(job.shape, job.options).endings:
        raise several(job.output, *languages[:2])


def _refusal(shape: str, options: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Why a shape takes none of these rows, by the first; "" where it takes one."""
    first = ""
    try:
        export = built(shape, options)
        for row in rows if export.looks else ():
            export.look(translated(row.data), translated(row.data).data)
    except BabelsetError as error:
        return str(error)
    for row in rows:
        try:
            export.convert(translated(row.data))
            return ""
        except DataError as error:
            first = first or str(error)
    return first
