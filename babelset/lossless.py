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


def loads(text: str) -> Any:
    """Parse strict JSON; ValueError for anything else: NaN, duplicate keys, too deep a nesting."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: Any) -> str:
    """One line of JSON; TypeError for what JSON has no form for."""
    try:
        return orjson.dumps(value, default=_other).decode()
    except TypeError:
        return orjson.dumps(_spelt(value), default=_other).decode()


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= _SAFE_DIGITS and text != "-0" else Number(text)


def _decimal(text: str) -> float | Number:
    value = float(text)
    return value if orjson.dumps(value).decode() == text else Number(text)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


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


def _other(value: Any) -> Any:
    """What orjson does not know: exact numbers, and the values that Parquet brings."""
    import base64
    from decimal import Decimal

    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    if isinstance(value, int):
        return orjson.Fragment(str(value))
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _spelt(value: Any) -> Any:
    """The value with lone surrogates and huge integers spelt out, for orjson takes neither."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return orjson.Fragment(json.dumps(value))
    if isinstance(value, dict):
        # keys may hold them too, and a key cannot be a fragment
        pairs = (f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items())
        return orjson.Fragment("{" + ",".join(pairs) + "}")
    if isinstance(value, list):
        return [_spelt(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    return value
