"""A formula is read, never run: whatever it is, it becomes a condition or a ConfigError."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import ConfigError
from babelset.scoring.expression import parse_expression

ROW = {"kiwi": 0.8, "judge.accuracy": 4.0, "length": 1.2, "zero": 0.0, "none": None}

FORMULAS = [
    # formula, whether it holds for ROW
    ("kiwi > 0.75", True),
    ("kiwi > 0.8", False),
    ("kiwi >= 0.8 and judge.accuracy >= 4 and not (length > 1.5)", True),
    ("kiwi > 0.9 or length < 1.5", True),
    ("kiwi > 0.9 or length < 1.5 and kiwi < 0.1", False),
    ("0.5 < length < 1.5", True),
    ("1.5 < length < 2", False),
    ("0.5 * kiwi + judge.accuracy / 10 == 0.8", True),
    ("-length < -1", True),
    ("kiwi - length * 2 < 0", True),
    ("(kiwi + length) / 2 == 1", True),
    ("none > 0", False),
    ("none <= 0", False),
    ("none != 0", False),
    ("none + 1 > 0", False),
    ("0 < none < 2", False),
    ("not none > 0", True),
    ("none is None", True),
    ("none is not None", False),
    ("kiwi is None or kiwi > 0.5", True),
    ("none is None or none > 0.5", True),
    ("kiwi / zero > 0", False),
    ("kiwi / zero is None", True),
    ("1e999 > kiwi", True),
    ("  kiwi > 0.75  ", True),
]


@pytest.mark.parametrize(("formula", "holds"), FORMULAS, ids=[case[0] for case in FORMULAS])
def test_what_a_formula_says(formula: str, holds: bool) -> None:
    assert parse_expression(formula).holds(ROW.get) is holds


def test_the_columns_it_asks_for_each_once() -> None:
    names = parse_expression("kiwi.min > 0.5 and judge.accuracy.min >= 3 or kiwi.min > length").names
    assert names == ("kiwi.min", "judge.accuracy.min", "length")


REFUSED = [
    # formula, the column where it goes wrong (None: where Python says), what is said of it
    ("", None, ""),
    ("kiwi", 1, "'kiwi' is not a condition"),
    ("kiwi > 0.5 and length", 16, "'length' is not a condition"),
    ("0.5", 1, "not a condition"),
    ("kiwi = 0.5", None, ""),
    ("kiwi > ", None, ""),
    ("(kiwi > 1", None, "never closed"),
    ("kiwi > 'a'", 8, "not a score or a number"),
    ("kiwi > True", 8, "not a score or a number"),
    ("kiwi > None", 8, "not a score or a number"),
    ("kiwi > 1j", 8, "not a score or a number"),
    ("kiwi > (length > 1)", 9, "not a score or a number"),
    ("not kiwi", 5, "not a condition"),
    ("kiwi ** 2 > 1", 1, "not a score or a number"),
    ("kiwi // 2 > 1", 1, "not a score or a number"),
    ("kiwi % 2 > 1", 1, "not a score or a number"),
    ("kiwi in length", 1, "not a condition"),
    ("kiwi is length", 1, "not a condition"),
    ("é > 1 and kiwi[0] > 1", 11, "'kiwi[0]' is not a score"),
    ("__import__('os').system('true')", 1, "not a condition"),
    ("__import__('os').system('true') > 0", 1, "not a score or a number"),
    ("open('x').read() > 0", 1, "not a score or a number"),
    ("kiwi.__class__().x > 0", 1, "not the name of a score"),
    ("(lambda: kiwi)() > 0", 1, "not a score or a number"),
    ("[x for x in kiwi] > 0", 1, "not a score or a number"),
    ("(x := 1) > 0", 2, "not a score or a number"),
    ("f'{kiwi}' > 0", 1, "not a score or a number"),
    ("kiwi > 1 if length > 1 else kiwi > 2", 1, "not a condition"),
    ("kiwi > 1; import os", None, ""),
    ("kiwi > 1or 2 > 1", None, ""),
    ("kiwi > \ud800", 1, ""),
    ("kiwi\0 > 1", 1, ""),
    ("kiwi > " + "9" * 400, 8, "not a number that a score can have"),
    ("kiwi > " + "9" * 5000, 1, ""),
    ("-" * 150 + "kiwi > 1", 1, "inside of each other"),
    ("not " * 2000 + "kiwi > 1", 1, ""),
    ("(" * 300 + "kiwi > 1" + ")" * 300, None, "parentheses"),
    ("+".join(["kiwi"] * 1500) + " > 1", 1, ""),
    ("kiwi > 1 and " * 1000 + "kiwi > 1", 10000, "longer than"),
]


@pytest.mark.parametrize(("formula", "column", "said"), REFUSED, ids=[case[0][:30] for case in REFUSED])
def test_what_is_no_formula_is_refused_where_it_goes_wrong(formula: str, column: int | None, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_expression(formula)
    assert str(caught.value).startswith("--where ") and said in str(caught.value)
    assert (", column " if column is None else f", column {column}: ") in str(caught.value)


@given(
    st.one_of(
        st.text(),
        st.text(alphabet="abkiwi01.+-*/<>=!() '\"[]{}:,@~^%|&;\\\n_#", max_size=60),
        st.lists(
            st.sampled_from(
                ["kiwi", ".", "length", "1", "0.5", "(", ")", "+", "-", "/", ">", "<=", "==", "and", "or", "not", "is",
                 "None", "eval", "__import__", "lambda", ":", "[", "]", "if", "else", "for", "in", "await", "*", "'os'"]
            ),
            max_size=12,
        ).map(" ".join),
    ),
    st.lists(st.none() | st.floats(), min_size=4, max_size=4),
)  # fmt: skip
def test_any_text_is_a_condition_or_a_mistake_and_runs_nothing(text: str, scores: list[float | None]) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("something was run")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("eval", "exec", "open"):
            patch.setattr(builtins, name, refuse)
        try:
            expression = parse_expression(text)
        except ConfigError:
            return
        assert expression.holds(lambda name: scores[len(name) % 4]) in (True, False)


NUMBERS = st.one_of(
    st.integers(0, 9).map(lambda number: (str(number), float(number))),
    st.sampled_from([("kiwi", 0.8), ("length", 1.2)]),
)
SUMS = st.recursive(
    NUMBERS,
    lambda parts: st.tuples(parts, st.sampled_from("+-*"), parts).map(
        lambda item: (
            f"({item[0][0]} {item[1]} {item[2][0]})",
            {"+": float.__add__, "-": float.__sub__, "*": float.__mul__}[item[1]](item[0][1], item[2][1]),
        )
    ),
    max_leaves=6,
)
CONDITIONS = st.recursive(
    st.tuples(SUMS, st.sampled_from(["<", ">="]), SUMS).map(
        lambda item: (
            f"{item[0][0]} {item[1]} {item[2][0]}",
            item[0][1] < item[2][1] if item[1] == "<" else item[0][1] >= item[2][1],
        )
    ),
    lambda parts: st.one_of(
        parts.map(lambda item: (f"not ({item[0]})", not item[1])),
        st.tuples(parts, parts).map(lambda item: (f"({item[0][0]}) and ({item[1][0]})", item[0][1] and item[1][1])),
        st.tuples(parts, parts).map(lambda item: (f"({item[0][0]}) or ({item[1][0]})", item[0][1] or item[1][1])),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_a_formula_means_what_arithmetic_and_logic_say(case: tuple[str, bool]) -> None:
    text, holds = case
    assert parse_expression(text).holds(ROW.get) is holds
