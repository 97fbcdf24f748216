"""
Arrow's values as JSON has them, and back: what Parquet rows hold while they are rows.

timestamps, dates, decimals   strings as Arrow spells them, to the nanosecond and the last digit
times, durations              whole numbers in the unit of their type
bytes                         strings, base64
NaN and the infinities        "NaN", "Infinity", "-Infinity"
maps                          lists of [key, value]
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from babelset.files.lossless import Number

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def plain(kind: Any) -> Any:
    """The Arrow type that values of the type `kind` are cast to, to become JSON."""
    import pyarrow as arrow

    is_, inner = arrow.types, _inner(kind)
    if is_.is_timestamp(kind) or is_.is_date(kind) or is_.is_decimal(kind):
        return arrow.string()
    if is_.is_time32(kind):
        return arrow.int32()
    if is_.is_time64(kind) or is_.is_duration(kind):
        return arrow.int64()
    if is_.is_dictionary(kind):
        return plain(kind.value_type)
    if is_.is_map(kind):
        return arrow.map_(plain(kind.key_type), plain(kind.item_type))
    if is_.is_struct(kind):
        return arrow.struct([field.with_type(plain(field.type)) for field in inner])
    if is_.is_fixed_size_list(kind):
        return arrow.list_(inner[0].with_type(plain(kind.value_type)), kind.list_size)
    if inner:
        make = arrow.large_list if is_.is_large_list(kind) else arrow.list_
        return make(inner[0].with_type(plain(kind.value_type)))
    return kind


def _inner(kind: Any) -> list[Any]:
    return [kind.field(index) for index in range(kind.num_fields)]


def as_json(value: Any) -> Any:
    """A value of a plain type as JSON has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return next(name for name, meant in _NOT_FINITE.items() if repr(meant) == repr(value))
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value


def from_json(kind: Any) -> Callable[[Any], Any] | None:
    """
    What turns JSON back into values of the plain type `kind`, None where they are the same.

    It raises ValueError for an object with keys that the type has no place for: Arrow would drop them.
    """
    import pyarrow as arrow

    is_ = arrow.types
    if is_.is_floating(kind):
        return _float
    if is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind) or is_.is_binary_view(kind):
        return _bytes
    if is_.is_map(kind):
        return partial(_map, from_json(kind.key_type) or _same, from_json(kind.item_type) or _same)
    if is_.is_struct(kind):
        return partial(_struct, {field.name: from_json(field.type) or _same for field in _inner(kind)})
    if kind.num_fields:
        item = from_json(kind.value_type)
        return item and partial(_list, item)
    return None


def _same(value: Any) -> Any:
    return value


def _float(value: Any) -> Any:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _bytes(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _map(key: Callable[[Any], Any], item: Callable[[Any], Any], pairs: Any) -> Any:
    return pairs and [(key(first), item(second)) for first, second in pairs]


def _struct(fields: dict[str, Callable[[Any], Any]], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if odd := value.keys() - fields.keys():
        raise ValueError(f"the key {min(odd)!r} is new")
    return {key: fields[key](item) for key, item in value.items()}


def _list(item: Callable[[Any], Any], values: Any) -> Any:
    return [item(value) for value in values] if isinstance(values, list) else values


def without_numbers(value: Any) -> Any:
    """`value` with its exact numbers as Python's; ValueError for one that Arrow would have to round."""
    if isinstance(value, Number):
        return _number(value.text)
    if isinstance(value, dict):
        return {key: without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_numbers(item) for item in value]
    return value


def _number(text: str) -> int | float:
    if text.lstrip("-").isdigit() and text != "-0":
        return int(text)
    number = float(text)
    if not math.isfinite(number) or Decimal(repr(number)) != Decimal(text):
        raise ValueError(f"the number {text[:60]} would be rounded")
    return number
