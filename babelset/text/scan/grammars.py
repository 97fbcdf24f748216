"""
Grammars that others wrote (tree-sitter), and what in their trees no prose makes.

>>> read("python", "return key in my_dict").structure, read("python", "Choose the best one").errors
([(0, 0)], [0])

Prose parses without errors now and then: "Tea, milk" is a tuple, "Name(s)" a call, "Dear John;" a declaration in C,
and nearly every sentence is a command in Ruby and Bash. So a grammar must also see structure.
"""

from __future__ import annotations

import ctypes
import re
import sys
import threading
from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from babelset.text.scan.commands import is_command, may_be_command
from babelset.text.scan.vocabulary import WORDS, joined

# Packages whose module or function is not called as the language is.
PACKAGES = {
    "php": "php:language_php_only",
    "typescript": "typescript:language_typescript",
    "tsx": "typescript:language_tsx",
}
LANGUAGES = (
    *("python", "javascript", "typescript", "tsx", "java", "c", "cpp", "c_sharp", "go", "rust", "ruby", "php", "sql"),
    *("bash", "html", "css", "json", "yaml"),
)
ALIASES: dict[str, str] = WORDS["aliases"]
CONDITIONS: dict[str, dict[str, Any]] = WORDS["conditions"]
PATTERNS = {
    name: re.compile(joined(condition["pattern"]), re.DOTALL if name == "compound" else 0)
    for name, condition in CONDITIONS.items()
}
# What a piece of code may stand in, where the grammar wants it in something.
BODIES = {
    "c": [("void f() {", "}")],
    "cpp": [("void f() {", "}"), ("class A {", "};")],
    "java": [("class A {", "}")],
    "c_sharp": [("class A {", "}")],
    "go": [("func f() {", "}")],
    "rust": [("fn f() {", "}")],
    "css": [("a {", "}")],
}


class Reading(NamedTuple):
    """How a grammar reads a text: the lines where it fails, and first and last line of what has structure."""

    language: str
    errors: list[int]
    structure: list[tuple[int, int]]

    @property
    def is_code(self) -> bool:
        return not self.errors and bool(self.structure)


FEWEST_STEPS = 500  # of a parser that every text may take
CHUNK = 1 << 16  # bytes that a parser is given at a time
# tree-sitter-bash 0.25.1 looks what follows a brace up in a table of 256 characters: another one may end the process.
_turn = threading.Lock()  # a parser that calls back lets another thread in, and two in one end the process
HELD = 2  # references to a local name's value, as sys.getrefcount counts them
BRACE = re.compile(r"(\{[0-9]*(?:\.\.[0-9]*)?)([^\x00-\xff])")


def language(name: str) -> str:
    """The grammar for a name that stands on a fence; "" where there is none."""
    name = name.lower()
    name = ALIASES.get(name, name)
    return name if name in LANGUAGES else ""


@cache
def _grammar(name: str) -> tuple[Any, Any]:
    """The parser, and a query for what may have structure; loaded when the first text asks for it."""
    import importlib

    import tree_sitter

    package, _, function = PACKAGES.get(name, name).partition(":")
    grammar = tree_sitter.Language(getattr(importlib.import_module(f"tree_sitter_{package}"), function or "language")())
    kinds = [(kind, "definite") for kind in WORDS["structure"]["definite"].split()]
    kinds += [(kind, label) for label, condition in CONDITIONS.items() for kind in condition["kinds"].split()]
    kinds += [("command", "command")] if name == "bash" else []
    kinds = [(kind, label) for kind, label in kinds if label != "ruby" or name == "ruby"]
    lines = [f"({kind}) @{label}" for kind, label in kinds if grammar.id_for_node_kind(kind, True) is not None]
    query = "\n".join(["(ERROR) @error (MISSING) @error", *lines])
    return tree_sitter.Parser(grammar), tree_sitter.Query(grammar, query)


def parser(name: str) -> Any:
    return _grammar(name)[0]


def tree(name: str, code: str) -> Any:
    """
    The root of the tree, None where the grammar goes round in circles; offsets in it are of UTF-8, with "?" for what
    has no UTF-8.
    """
    if name == "bash":
        code = BRACE.sub(lambda found: found[1] + "?" * len(found[2].encode("utf-8", "replace")), code)
    source, steps, given = memoryview(code.encode("utf-8", "replace")), count(), list[bytes]()
    most = FEWEST_STEPS + len(source) // 5  # real code takes a step for 100 bytes and more, the worst known for 28

    def give(at: int, _: object) -> bytes:
        given.append(bytes(source[at : at + CHUNK]))
        return given[-1]

    with _turn:
        try:
            return parser(name).parse(give, progress_callback=lambda *_: next(steps) > most).root_node
        except ValueError:
            parser(name).reset()
            return None
        finally:
            _take_back(given)


def _take_back(given: list[bytes]) -> None:
    """
    Let go of what a parser was given: py-tree-sitter 0.26 keeps a reference to each part for ever.

    Known by the count of references, so that nothing is taken twice from one that lets go by itself.
    """
    while given:
        part = given.pop()
        if sys.getrefcount(part) == HELD + 1:
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(part))


def read(name: str, code: str) -> Reading:
    """The reading of a text as a file, or as the body of a function or class where it is none."""
    first = _read(name, code, "", "")
    if not first.errors:
        return first
    others = (_read(name, code, *around) for around in BODIES.get(name, ()))
    return next((reading for reading in others if reading.is_code), first)


def _read(name: str, code: str, before: str, after: str) -> Reading:
    import tree_sitter

    root = tree(name, f"{before}{code}\n{after}")
    if root is None:
        return Reading(name, [0], [])
    captured = tree_sitter.QueryCursor(_grammar(name)[1]).captures(root)
    for label, nodes in captured.items():
        if label != "error":
            captured[label] = [node for node in nodes if node.start_byte >= len(before) and node.parent is not None]
    errors = {node.start_point.row for node in captured.pop("error", ())}
    if root.type == "ERROR" or (root.has_error and not errors):
        errors.add(root.start_point.row)
    commands = captured.pop("command", ())
    lines = [(node.start_point.row, _text(node)) for node in commands]
    errors.update(row for row, line in lines if not may_be_command(line))
    structure = sorted({(node.start_point.row, node.end_point.row) for node in _structured(name, captured)})
    if not errors and name == "bash":
        structure = sorted({*structure, *((row, row) for row, line in lines if is_command(line))})
    return Reading(name, sorted(errors), structure)


def _structured(name: str, captured: dict[str, list[Any]]) -> Iterator[Any]:
    for label, nodes in captured.items():
        if label == "definite":
            yield from nodes
        elif name != "sql" or label == "query":
            pattern = PATTERNS[label]
            yield from (node for node in nodes if pattern.match(_text(node)))


def _text(node: Any) -> str:
    return (node.text or b"")[:400].decode("utf-8", "replace")
