"""
JSON that comes out as it went in: order, numbers to the last digit, lone surrogates.

>>> dumps(loads('{"price": 1.10, "id": 12345678901234567890123}'))
'{"price":1.10,"id":12345678901234567890123}'
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

_SAFE_DIGITS = 18  # integers of so many digits fit into 64 bits
_DEEPEST = 200  # orjson writes 254 levels, and rows are written inside of other objects


class Number:
    """A number that no float or 64-bit integer would write the same way again, as its own text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Number({self.text!r})"


def loads(text: str | bytes, *, nan: bool = False) -> Any:
    """
    Parse strict JSON; ValueError for anything else: NaN, duplicate keys, more than 200 levels.

    With `nan`, NaN is read as null: pandas writes it in every empty cell. Bytes are UTF-8, and take less memory.
    """
    value = _spelt_alike(text)
    try:
        if value is None:
            text = text if isinstance(text, str) else text.decode()
            value = (_LENIENT if nan else _DECODER).decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    brackets = text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")
    if brackets > _DEEPEST and _is_deep(value):
        raise ValueError("nested too deeply")
    return value


def _spelt_alike(text: str | bytes) -> Any:
    """The value of a text that orjson writes so again, as what we wrote ourselves: five times as fast. Else None."""
    try:
        spelt = text.encode() if isinstance(text, str) else text
        value = orjson.loads(spelt)
        again = orjson.dumps(value)
        return value if spelt.startswith(again) and not spelt[len(again) :].strip() else None
    except (TypeError, ValueError):
        return None


def dumps(value: Any) -> str:
    """One line of JSON; TypeError for what JSON has no form for."""
    return spelt(value).decode()


def spelt(value: Any) -> bytes:
    """The same in bytes."""
    try:
        return orjson.dumps(value, default=_number)
    except TypeError:
        return _spelt(value).encode()


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST + 1):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return bool(level)


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= _SAFE_DIGITS and text != "-0" else Number(text)


def _decimal(text: str) -> float | Number:
    value = float(text)
    return value if orjson.dumps(value).decode() == text else Number(text)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _null(name: str) -> None:
    if name != "NaN":
        _constant(name)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_object
)
_LENIENT = json.JSONDecoder(parse_int=_integer, parse_float=_decimal, parse_constant=_null, object_pairs_hook=_object)


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _spelt(value: Any) -> str:
    """JSON piece by piece, where a lone surrogate or a huge integer stands, for orjson takes neither."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key)}:{_spelt(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_spelt, value)) + "]"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value, default=_number).decode()


def _string(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is a key, and keys are strings in JSON")
    try:
        return orjson.dumps(text).decode()
    except TypeError:
        return json.dumps(text)
