"""
A formula over scores, as `cometkiwi > 0.75 and judge.accuracy >= 4`: read by Python's parser, never run by Python.

Names are columns of scores, with a dot where a column is part of another. There are numbers, + - * /, comparisons,
and, or, not, parentheses and `name is None`; nothing else is taken.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError

Values = Callable[[str], float | None]  # the score in a column; None where there is none
Number = Callable[[Values], float | None]
Condition = Callable[[Values], bool]

LONGEST = 10_000  # characters of a formula
DEEPEST = 100  # operators inside of each other: each costs a frame of the stack
TAKEN = "scores, numbers, + - * /, comparisons, and, or, not, parentheses, NAME is None"
ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """`Expression(text, names, holds)`: `holds` says whether it is true, given the score of each of `names`."""

    text: str
    names: tuple[str, ...]  # columns, in the order in which they turn up
    holds: Condition


def parse_expression(text: str, option: str = "--where") -> Expression:
    """
    The formula that `text` is.

    >>> parse_expression("kiwi > 0.75 and not (length > 1.5)").holds({"kiwi": 0.8, "length": None}.get)
    True

    A comparison with a score that is None is false, and so is one with what was divided by zero. Raises ConfigError,
    with the column of the text, for anything that is not a formula. `option` is where the user wrote it.
    """
    text = text.strip()
    reader = _Reader(text, option)
    if len(text) > LONGEST:
        reader.refuse(LONGEST, f"the formula is longer than {LONGEST} characters")
    tree = reader.tree()
    holds = reader.condition(tree)
    return Expression(text, tuple(reader.names), holds)


@dataclass(slots=True)
class _Reader:
    """Makes functions of nodes; each method takes the kinds of nodes that it names, and refuses all others."""

    text: str
    option: str
    names: dict[str, None] = field(default_factory=dict)  # ordered

    def tree(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # `1or 2`: what Python only frowns at is refused
                tree = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            self.refuse(error.offset or 1, str(error.msg))
        except (ValueError, RecursionError, MemoryError) as error:
            self.refuse(1, str(error) or "nested too deeply")
        if _is_deep(tree):
            self.refuse(1, f"more than {DEEPEST} operators inside of each other")
        return tree

    def refuse(self, column: int, reason: str) -> NoReturn:
        where = f"{self.option} {shorten(self.text)}, column {column}"
        raise ConfigError(f"{where}: {reason}; a formula is made of {TAKEN}")

    def unfit(self, node: ast.expr, wanted: str) -> NoReturn:
        column = len(self.text.encode()[: node.col_offset].decode("utf-8", "ignore")) + 1
        found = ast.get_source_segment(self.text, node) or type(node).__name__
        self.refuse(column, f"{shorten(found)} is not {wanted}")

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                parts = [self.condition(value) for value in values]
                return lambda scores: all(part(scores) for part in parts)
            case ast.BoolOp(values=values):
                parts = [self.condition(value) for value in values]
                return lambda scores: any(part(scores) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                part = self.condition(operand)
                return lambda scores: not part(scores)
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
                number, known = self.number(left), isinstance(op, ast.IsNot)
                return lambda scores: (number(scores) is not None) is known
            case ast.Compare(left=left, ops=ops, comparators=rights) if all(type(op) in COMPARISONS for op in ops):
                return _comparison([COMPARISONS[type(op)] for op in ops], map(self.number, [left, *rights]))
            case _:
                self.unfit(node, "a condition")

    def number(self, node: ast.expr) -> Number:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self.constant(node, value)
            case ast.Name() | ast.Attribute():
                name = self.name(node)
                self.names[name] = None
                return lambda scores: scores(name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return _arithmetic(ARITHMETIC[type(op)], self.number(left), self.number(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _arithmetic(operator.sub, lambda _: 0.0, self.number(operand))
            case _:
                self.unfit(node, "a score or a number")

    def constant(self, node: ast.expr, value: float) -> Number:
        try:
            number = float(value)
        except OverflowError:
            self.unfit(node, "a number that a score can have")
        return lambda _: number

    def name(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=ast.Name() | ast.Attribute() as parent, attr=name):
                return f"{self.name(parent)}.{name}"
            case _:
                self.unfit(node, "the name of a score")


def _arithmetic(apply: Callable[[float, float], float], left: Number, right: Number) -> Number:
    def number(scores: Values) -> float | None:
        one, other = left(scores), right(scores)
        if one is None or other is None:
            return None
        try:
            return apply(one, other)
        except ZeroDivisionError:
            return None

    return number


def _comparison(compare: list[Callable[[float, float], bool]], numbers: Iterable[Number]) -> Condition:
    sides = list(numbers)

    def holds(scores: Values) -> bool:
        found = [side(scores) for side in sides]
        known = [number for number in found if number is not None]
        pairs = zip(compare, pairwise(known), strict=False)
        return len(known) == len(found) and all(test(one, other) for test, (one, other) in pairs)

    return holds


def _is_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)
