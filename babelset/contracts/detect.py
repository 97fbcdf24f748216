"""Which schema the rows of a dataset have, from its first rows, and whether every text of them is accounted for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babelset import plugins
from babelset.contracts.asked import Asked
from babelset.contracts.columns import column_sets
from babelset.contracts.paths import steps, walk
from babelset.contracts.schema import COLUMNS, Schema, load_schema, of_set
from babelset.errors import ConfigError, DataError
from babelset.text.prose import is_sentence

Row = Mapping[str, Any]
ENOUGH = 0.8  # of the sampled rows must have a schema's keys
NAMED = 12  # columns that a message names


@dataclass(frozen=True, slots=True)
class Detection:
    """`message` says what was recognised, and why."""

    schema: Schema
    message: str


@dataclass(slots=True)
class Seen:
    """What the first rows hold, by column."""

    texts: int = 0
    unknown: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    faults: list[DataError] = field(default_factory=list)


def detect(rows: Sequence[Row], asked: Asked | None = None, schema: Schema | None = None) -> Detection:
    """
    The schema of a dataset, from its first rows: the name is that of the well-known set with the most keys.

    >>> detect([{"instruction": "Greet.", "output": "Hello."}]).message
    'recognised as alpaca: 1 of 1 rows have instruction, output'

    Raises ConfigError, with the options to paste, when they hold prose in columns that no rule knows, and when they
    hold no text; DataError when there is no row.
    """
    if not rows:
        raise DataError("there is no readable row to detect a schema from; look at the input, or add --schema")
    base, count = (schema, 0) if schema else _fitting(rows)
    chosen = (asked or Asked()).added_to(base)
    seen = _seen(rows, chosen)
    if seen.unknown:
        raise _unknown(seen.unknown)
    if len(seen.faults) == len(rows) and not schema:
        raise ConfigError(f"no row can be taken apart; the first: {seen.faults[0]}")
    if not seen.texts and not schema and not chosen.fields_:
        raise ConfigError(_nothing(rows))
    return Detection(chosen, _message(chosen, rows, count, seen))


def _fitting(rows: Sequence[Row]) -> tuple[Schema, int]:
    """The schema with the most keys that nearly all rows have, and how many have them; `columns` where none fits."""
    best: tuple[Schema, int] = (COLUMNS, 0)
    sets = column_sets()
    for schema in [
        *map(of_set, sets.values()),
        *(load_schema(n) for n in plugins.available("schemas") if n not in sets),
    ]:
        count = sum(_has(row, schema) for row in rows)
        fits = schema.keys and count >= ENOUGH * len(rows)
        if fits and (len(schema.keys), count) > (len(best[0].keys), best[1]):
            best = schema, count
    return best


def _has(row: Row, schema: Schema) -> bool:
    return all(any(not place.missing for place in walk(row, steps(key))) for key in schema.keys)


def _seen(rows: Sequence[Row], schema: Schema) -> Seen:
    seen = Seen()
    for row in rows:
        try:
            found = schema.look(row)
        except DataError as error:
            seen.faults.append(error)
            continue
        seen.texts += len(found.fields) or len(found.seen)
        seen.left |= found.left
        for name, example in found.unknown.items():
            seen.unknown.setdefault(name, example)
    return seen


def _message(schema: Schema, rows: Sequence[Row], count: int, seen: Seen) -> str:
    about = f": {count} of {len(rows)} rows have {', '.join(schema.keys)}" if count else ""
    left = [f"{name} ({why})" for name, why in list(seen.left.items())[:NAMED]]
    return f"recognised as {schema.name}{about}" + (f"; left as they are: {', '.join(left)}" if left else "")


def _unknown(columns: Mapping[str, str]) -> ConfigError:
    """What the columns hold, and the options to paste: sentences to translate, labels to leave."""
    shown = list(columns.items())[:NAMED]
    lines = [f"  {name}: {example!r}" for name, example in shown]
    more = [f"  and {len(columns) - NAMED} more"] if len(columns) > NAMED else []
    options = [
        f"--{'field' if is_sentence(example) else 'leave'} {shlex.quote(name)}" for name, example in columns.items()
    ]
    return ConfigError(
        "no rule knows these columns, and they hold prose, or places in a text:",
        *lines,
        *more,
        f"Say which to translate and which to leave: {' '.join(options)}",
        "or leave all of them as they are: --leave-unknown",
    )


def _nothing(rows: Sequence[Row]) -> str:
    seen = ", ".join(dict.fromkeys(str(key) for row in rows for key in row))
    names = ", ".join([*column_sets(), *plugins.available("schemas")])
    return (
        f"rows fit no schema; they have the keys {seen[:300]}. Say --schema with one of {names}, "
        "or name what to translate, as --field 'messages[*].content'"
    )
