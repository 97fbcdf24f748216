"""
Arrow's values as JSON has them, and back: what Parquet rows hold while they are rows.

timestamps, dates             "2024-01-02 13:00:00.000Z", to the nanosecond, in UTC where they have a zone: offsets of
                              seconds are lost elsewhere; numbers in the unit of their type before year 1 and after 9999
times, durations              whole numbers in the unit of their type
decimals                      strings, to the last digit
bytes                         strings, base64
NaN and the infinities        "NaN", "Infinity", "-Infinity"
maps                          lists of [key, value]
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from babelset.files.formats.format import twice_in
from babelset.files.lossless import Number

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_A_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = 86_400
_EPOCH = dt.date(1970, 1, 1).toordinal()
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z?)?")

Convert = Callable[[Any], Any]


def plain(kind: Any) -> Any:
    """The Arrow type that values of the type `kind` are cast to, to become JSON; ValueError where there is none."""
    import pyarrow as arrow

    is_, inner = arrow.types, _inner(kind)
    if is_.is_timestamp(kind) or is_.is_date64(kind) or is_.is_time64(kind) or is_.is_duration(kind):
        return arrow.int64()
    if is_.is_date32(kind) or is_.is_time32(kind):
        return arrow.int32()
    if is_.is_float16(kind):
        return arrow.float32()
    if is_.is_dictionary(kind):
        return plain(kind.value_type)
    if is_.is_map(kind):
        return arrow.map_(plain(kind.key_type), plain(kind.item_type))
    if is_.is_struct(kind):
        if twice := twice_in([field.name for field in inner]):
            raise ValueError(f"two of its fields are named {twice!r}")
        return arrow.struct([field.with_type(plain(field.type)) for field in inner])
    if is_.is_fixed_size_list(kind):
        return arrow.list_(inner[0].with_type(plain(kind.value_type)), kind.list_size)
    if is_.is_list(kind) or is_.is_large_list(kind):
        make = arrow.large_list if is_.is_large_list(kind) else arrow.list_
        return make(inner[0].with_type(plain(kind.value_type)))
    if inner or isinstance(kind, arrow.BaseExtensionType):
        raise ValueError(f"its type is {kind}")
    return kind


def _inner(kind: Any) -> list[Any]:
    return [kind.field(index) for index in range(kind.num_fields)]


def check(kind: Any) -> None:
    """Raise ValueError, or what Arrow raises, for a type whose values cannot be kept."""
    import pyarrow as arrow

    simple = plain(kind)
    arrow.array([], simple).cast(kind).cast(simple).to_pylist()


def as_json(kind: Any) -> Convert | None:
    """What turns values of the type `kind`, as cast to the plain one, into JSON; None where they are JSON."""
    return _conversion(kind, 0)


def from_json(kind: Any) -> Convert | None:
    """
    What turns JSON back into values of the plain type of `kind`, None where they are the same.

    It raises ValueError for an object with keys that the type has no place for: Arrow would drop them.
    """
    return _conversion(kind, 1)


def _conversion(kind: Any, way: int) -> Convert | None:
    import pyarrow as arrow

    is_ = arrow.types
    if is_.is_dictionary(kind):
        return _conversion(kind.value_type, way)
    if is_.is_map(kind):
        key, item = (_conversion(each, way) or _same for each in (kind.key_type, kind.item_type))
        return partial((_pairs, _map)[way], key, item)
    if is_.is_struct(kind):
        fields = {field.name: _conversion(field.type, way) for field in _inner(kind)}
        if way == 0 and not any(fields.values()):
            return None
        return partial((_object, _struct)[way], {name: convert or _same for name, convert in fields.items()})
    if kind.num_fields:
        inner = _conversion(kind.value_type, way)
        return inner and partial(_list, inner)
    leaf = _leaf(kind)
    return leaf and partial(_known, leaf[way])


def _leaf(kind: Any) -> tuple[Convert, Convert] | None:
    """To JSON and back, for a type without further types in it."""
    import pyarrow as arrow

    is_ = arrow.types
    if is_.is_timestamp(kind):
        second = _A_SECOND[kind.unit]
        return partial(_spelt, second, "Z" if kind.tz else ""), partial(_moment, second)
    if is_.is_date(kind):
        unit = 1 if is_.is_date32(kind) else _DAY * 1000
        return partial(_spelt_day, unit), partial(_day, unit)
    if is_.is_decimal(kind):
        return "{:f}".format, Decimal
    if is_.is_floating(kind):
        return _finite, _float
    if is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind) or is_.is_binary_view(kind):
        return _base64, _bytes
    return None


def _known(convert: Convert, value: Any) -> Any:
    return None if value is None else convert(value)


def _same(value: Any) -> Any:
    return value


def _spelt(second: int, zone: str, value: int) -> str | int:
    days, rest = divmod(value, _DAY * second)
    if (day := _spelt_day(1, days)) == days:
        return value
    seconds, part = divmod(rest, second)
    fraction = f".{part:0{len(str(second)) - 1}}" if second > 1 else ""
    return f"{day} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}{zone}"


def _spelt_day(unit: int, value: int) -> str | int:
    days, rest = divmod(value, unit)
    if rest or not 1 <= days + _EPOCH <= dt.date.max.toordinal():
        return value
    return dt.date.fromordinal(days + _EPOCH).isoformat()


def _moment(second: int, value: Any) -> int:
    if not isinstance(value, str):
        return int(value)
    year, month, day, *rest = _parts(value)
    hour, minute, whole = (int(part or 0) for part in rest[:3])
    days = dt.date(int(year), int(month), int(day)).toordinal() - _EPOCH
    digits = len(str(second)) - 1
    part = int((rest[3] or "").ljust(digits, "0") or 0)
    if part >= second:
        raise ValueError(f"{value!r} has more than {digits} digits behind the second")
    return (days * _DAY + hour * 3600 + minute * 60 + whole) * second + part


def _day(unit: int, value: Any) -> int:
    return _moment(1, value) // _DAY * unit if isinstance(value, str) else int(value)


def _parts(value: str) -> list[str]:
    if found := _MOMENT.fullmatch(value):
        return list(found.groups())
    raise ValueError(f"{value[:60]!r} is no time")


def _finite(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return next(name for name, meant in _NOT_FINITE.items() if repr(meant) == repr(value))


def _float(value: Any) -> Any:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _pairs(key: Convert, item: Convert, pairs: Any) -> Any:
    return pairs if pairs is None else [[key(first), item(second)] for first, second in pairs]


def _map(key: Convert, item: Convert, pairs: Any) -> Any:
    return pairs and [(key(first), item(second)) for first, second in pairs]


def _object(fields: Mapping[str, Convert], value: Any) -> Any:
    return value and {key: fields[key](item) for key, item in value.items()}


def _struct(fields: Mapping[str, Convert], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if odd := value.keys() - fields.keys():
        raise ValueError(f"the key {min(odd)!r} is new")
    return {key: fields[key](item) for key, item in value.items()}


def _list(item: Convert, values: Any) -> Any:
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
