from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.files.lossless import Number, dumps, loads

surrogates = st.text(st.characters(categories=["L", "N", "Cs", "Cc", "Zs", "So"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | surrogates,
    lambda inner: st.lists(inner) | st.dictionaries(surrogates, inner),
    max_leaves=20,
)


def paired(value: Any) -> Any:
    """`value` with two halves of a surrogate pair side by side as the character that they are in JSON."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, dict):
        return {paired(key): paired(item) for key, item in value.items()}
    return [paired(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_every_value_survives(value: Any) -> None:
    text = dumps(value)
    assert json.loads(text) == paired(value)
    assert loads(dumps(loads(text))) == loads(text)


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("inside", ["1", '"\\ud800"', "1.10"])
def test_deep_is_written_or_refused_when_read(opening: str, closing: str, inside: str) -> None:
    for levels in (90, 99, 150, 200, 250, 500, 990):
        text = opening * levels + inside + closing * levels
        if levels * (opening.count("[") + opening.count("{")) <= 200:
            assert dumps(loads(text)) == text
        else:
            with pytest.raises(ValueError, match="nested too deeply"):
                loads(text)


@pytest.mark.parametrize("value", [{1: 2}, {"a": {2}}, object(), {"a": "\ud800", 1: 2}])
def test_what_json_has_no_form_for(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_decimal_survives_digit_by_digit(number: Decimal) -> None:
    text = str(number).replace("E+", "E")
    assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "1.10",
        "1E400",
        "-0",
        "-0.0",
        "1e5",
        "12345678901234567890123",
        "0.1000000000000000055511151231257827",
        "9" * 5000,
    ],
)
def test_numbers_keep_their_spelling(text: str) -> None:
    assert dumps(loads(f'{{"n":{text}}}')) == f'{{"n":{text}}}'


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2}',
        '"\\ud800"',
        '{"\\udfff":[1,"\\ud800x"]}',
        '"\\u0000\\u001b"',
        "[]",
        "null",
        '"\u2028"',
    ],
)
def test_order_and_strange_characters_survive(text: str) -> None:
    assert loads(dumps(loads(text))) == loads(text)
    assert list(loads('{"b":1,"a":2}')) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ("{'a': 1}", "property name"),
        ('{"a": 1} {"b": 2}', "Extra data"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        loads(text)


def test_equal_numbers() -> None:
    assert loads("1.10") == Number("1.10") == loads("1.10")
    assert len({Number("1.10"), Number("1.10")}) == 1
