"""
Code of other people, cut at test time from what is installed here: Python's library, Debian's packages.

Nothing of it is part of the repository, so what a machine yields depends on what it has; the written code fills up.
"""

from __future__ import annotations

import ast
import doctest
import random
import re
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

LONGEST = 1_500  # characters of an answer
LARGEST = 200_000  # bytes of a file
STDLIB = Path(sysconfig.get_paths()["stdlib"])
PACKAGES = Path(sysconfig.get_paths()["purelib"])
ROOTS: dict[str, list[tuple[Path, str]]] = {
    "python": [(STDLIB, "*.py"), (Path("/usr/lib/python3"), "**/*.py")],
    "repl": [(STDLIB, "*.py"), (STDLIB, "test/*.py")],
    "javascript": [(Path("/usr/share/javascript"), "**/*.js"), (Path("/usr/share/nodejs"), "*/*.js"), (PACKAGES, "**/*.js")],
    "java": [(Path("/usr/share/doc"), "**/*.java")],
    "c": [(Path("/usr/include"), "*.h"), (Path("/usr/share/doc"), "**/*.c")],
    "c++": [(Path("/usr/include/c++"), "*/bits/*.h")],
    "sql": [(Path("/usr/share"), "*/**/*.sql")],
    "bash": [(Path("/etc/init.d"), "*"), (Path("/usr/bin"), "*"), (Path("/usr/sbin"), "*"), (Path("/usr/share/bash-completion/completions"), "*")],
    "html": [(Path("/usr/share/doc"), "**/*.html")],
    "css": [(Path("/usr/share/javascript"), "**/*.css"), (PACKAGES, "**/*.css")],
}  # fmt: skip


def snippets(language: str, chance: random.Random) -> Iterator[str]:
    """Answers of the files that are here, file by file in the order that `chance` gives."""
    for path in files(language, chance):
        text = content(path)
        if text and (language != "bash" or re.match(r"#!.*\b(ba)?sh\b", text)):
            cut = [
                code
                for code in CUTTERS.get(language, blocks)(text)
                if 10 < len(code) <= LONGEST and is_code(code, language)
            ]
            yield from chance.sample(cut, min(len(cut), 6))


def is_code(code: str, language: str) -> bool:
    """Not the inside of a comment that was cut out of it: that is prose."""
    return language not in ("c", "c++") or any(sign in code for sign in (";", "{", "}", "#", "/*", "//"))


def files(language: str, chance: random.Random) -> list[Path]:
    found = [path for root, pattern in ROOTS.get(language, []) for path in sorted(root.glob(pattern))[:3000]]
    chance.shuffle(found)
    return found


def content(path: Path) -> str:
    """The text of a small file; "" for one that is no text."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def python(text: str) -> Iterator[str]:
    """Whole functions and classes, one to five statements of a body, import lines."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    lines = text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield cut(lines, [node])
        body = getattr(node, "body", None)
        if isinstance(body, list) and body:
            size = len(body) % 5 + 1
            for at in range(0, len(body), 7):
                yield cut(lines, body[at : at + size])


def cut(lines: list[str], nodes: list[ast.stmt]) -> str:
    decorators = getattr(nodes[0], "decorator_list", [])
    first = min([nodes[0].lineno, *(each.lineno for each in decorators)])
    return textwrap.dedent("\n".join(lines[first - 1 : nodes[-1].end_lineno])).strip("\n")


def repl(text: str) -> Iterator[str]:
    """Sessions of docstrings: examples that follow each other without prose between."""
    for docstring in docstrings(text):
        try:
            pieces = doctest.DocTestParser().parse(docstring)
        except ValueError:
            continue
        for examples, group in groupby(pieces, lambda piece: isinstance(piece, doctest.Example) or not piece.strip()):
            if examples:
                yield "".join(shown(piece) for piece in group if isinstance(piece, doctest.Example)).rstrip("\n")


def docstrings(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def shown(example: doctest.Example) -> str:
    first, *rest = example.source.splitlines()
    return "\n".join([f">>> {first}", *(f"... {line}".rstrip() for line in rest), example.want])


def blocks(text: str) -> Iterator[str]:
    """Runs of lines that end before a line at the margin, where brackets are closed again."""
    kept: list[str] = []
    for line in text.splitlines():
        if kept and line and not line[0].isspace() and closed(kept) and len(kept) > 1:
            yield "\n".join(kept).strip("\n")
            kept = []
        kept.append(line)


def closed(lines: list[str]) -> bool:
    text = "\n".join(lines)
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}")) and not lines[-1].strip()


def statements(text: str) -> Iterator[str]:
    """SQL statements, each with the comments before it."""
    yield from (part.strip() + ";" for part in text.split(";\n") if part.strip())


def elements(text: str) -> Iterator[str]:
    """Short tables, lists and paragraphs of a page."""
    for found in re.finditer(r"<(table|ul|ol|p|div|dl)\b[^<>]*>(?:(?!<\1\b).){1,1400}?</\1>", text, re.DOTALL):
        yield found[0]


CUTTERS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": python,
    "repl": repl,
    "sql": statements,
    "html": elements,
}
