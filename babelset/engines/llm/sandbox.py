"""
Where templates of strangers are rendered: without the power to reach anything, and under a limit of time and size.

Jinja's sandbox keeps a template from files, modules and private attributes. It does not keep it from working for an
hour or filling the memory, so here every turn of a loop and every call looks at the clock, and whatever makes a text
or a list longer is held against `LARGEST` before it does. Filters and methods that could do so in another way are not
there.

>>> sandbox().from_string("{{ text * 10**9 }}").render(text="x")
TooMuch: makes a text or a list of more than 4,000,000 characters or items
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateAssertionError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from babelset.engines.llm.controls import as_json

SECONDS = 5.0  # of this thread's processor time; a prompt that comes with babelset takes a ten-thousandth
LARGEST = 4_000_000  # characters or items: twenty times the longest text that is sent
EXPONENT = 64
FILTERS = (
    *(
        "abs",
        "attr",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "int",
        "items",
    ),
    *("last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select"),
    *("selectattr", "sort", "string", "title", "trim", "truncate", "unique", "upper", "wordcount"),
)
METHODS = frozenset(
    (
        *("capitalize", "casefold", "count", "endswith", "find", "get", "index", "isalnum", "isalpha", "isdigit"),
        *("islower", "isspace", "istitle", "isupper", "items", "keys", "lower", "lstrip", "partition", "removeprefix"),
        *("removesuffix", "rfind", "rpartition", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase"),
        *("title", "upper", "values"),
    )
)
FORMATS = ("format", "format_map")  # which the sandbox wraps, so that they belong to no text any more
SCRIPTS = """
Arab=Arabic Armn=Armenian Beng=Bengali Cyrl=Cyrillic Deva=Devanagari Ethi=Ethiopic Geor=Georgian Grek=Greek
Gujr=Gujarati Guru=Gurmukhi Hang=Hangul Hans=Simplified_Chinese Hant=Traditional_Chinese Hebr=Hebrew Jpan=Japanese
Khmr=Khmer Knda=Kannada Laoo=Lao Latn=Latin Mlym=Malayalam Mymr=Burmese Olck=Ol_Chiki Orya=Odia Sinh=Sinhala
Taml=Tamil Telu=Telugu Tfng=Tifinagh Thai=Thai Tibt=Tibetan
"""
_deadline: ContextVar[float] = ContextVar("deadline")


class TooMuch(SecurityError):
    """A template that takes too long, or makes too much."""


@contextmanager
def limited() -> Iterator[None]:
    """What is rendered in the block has `SECONDS`, all together."""
    token = _deadline.set(time.thread_time() + SECONDS)
    try:
        yield
    finally:
        _deadline.reset(token)


def joined(parts: Iterable[str]) -> str:
    """The text that a template makes piece by piece."""
    pieces, size = [], 0
    for part in parts:
        _tick()
        pieces.append(part)
        size += _fitting(len(part), size)
    return "".join(pieces)


def _tick() -> None:
    if time.thread_time() > _deadline.get(float("inf")):
        raise TooMuch(f"takes longer than {SECONDS:g} s")


def _fitting(size: int, already: int = 0) -> int:
    if size + already > LARGEST:
        raise TooMuch(f"makes a text or a list of more than {LARGEST:,} characters or items")
    return size


def _size(value: object) -> int:
    """Characters and items in all depth; the count ends where there are too many."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if not isinstance(value, Sequence):
        return 0
    total = 0
    for item in value:
        total += 1 + _size(item)
        if total > LARGEST:
            break
    return total


def _checked(value: Any) -> Any:
    _fitting(_size(value))
    return value


def _turns(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _tick()
        yield item


def _together(parts: Sequence[Any]) -> str:
    texts = list(map(str, parts))
    _fitting(sum(map(len, texts)))
    return "".join(texts)


def _join(items: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    texts = [str(getattr(item, attribute) if attribute else item) for item in _turns(items)]
    _fitting(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    text, old, new = str(text), str(old), str(new)
    _fitting(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def _indent(text: str, width: int = 4, first: bool = False) -> str:
    filled = "\n" + " " * _fitting(width)
    return " " * width * bool(first) + _replace(text, "\n", filled)


class _Limiting(NodeTransformer):
    """Loops over what counts its turns; lists, filters and texts that are put together by `~` within limits."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise TemplateAssertionError("a prompt has no recursive loops", node.lineno)
        node.iter = _filtered(node.iter, "_turns")
        return self.generic_visit(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_together")

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        self.generic_visit(node)
        return node if node.name.startswith("_") or node.node is None else _filtered(node, "_checked")

    def visit_List(self, node: nodes.Expr) -> nodes.Expr:
        self.generic_visit(node)
        return _filtered(node, "_checked")

    visit_Dict = visit_List

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        return self.visit_List(node) if node.ctx == "load" else node  # else names that something is stored in


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    concat = staticmethod(joined)  # of macros and of blocks that are set
    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        found: nodes.Template = _Limiting().visit(tree)
        return found

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            _fitting(_size(left), _size(right))
        elif operator == "*" and (_size(left) or _size(right)):
            _fitting((_size(left) or max(left, 0)) * (_size(right) or max(right, 0)))
        elif operator == "**" and abs(right) > EXPONENT:
            raise TooMuch(f"raises a number to a power beyond {EXPONENT}")
        elif operator == "%" and isinstance(left, str):
            raise TooMuch("formats by %, which a prompt has not")
        made = super().call_binop(context, operator, left, right)
        if isinstance(made, int) and made.bit_length() > 4096:
            raise TooMuch("makes a number of more than 4,096 bits")
        return made

    def call(self, context: Context, called: Any, *args: Any, **named: Any) -> Any:
        _tick()
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        if (isinstance(owner, str | list | tuple | dict) or name in FORMATS) and name not in METHODS:
            raise SecurityError(f"calls {name!r}, which a prompt has not; there are {', '.join(sorted(METHODS))}")
        made = super().call(context, called, *args, **named)
        _fitting(_size(made))
        return made


@cache
def sandbox() -> ImmutableSandboxedEnvironment:
    """Without globals; `StrictUndefined`, as what is forgotten in a prompt is an error."""
    made = _Sandbox(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        optimized=False,
    )  # fmt: skip
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.filters |= {"join": _join, "replace": _replace, "indent": _indent}
    made.filters |= {"_turns": _turns, "_together": _together, "_checked": _checked}
    scripts = dict(item.split("=") for item in SCRIPTS.split())
    made.filters |= {"json": as_json, "script": lambda language: scripts[language.script].replace("_", " ")}
    return made
