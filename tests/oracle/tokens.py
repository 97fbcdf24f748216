"""
What others' parsers call a token, by language. Nothing here is babelset's.

>>> tokens("python", "x = [1]  # one")
['x', '=', '[', '1', ']', '# one']

`tokens` is None for what the parser of that language refuses: such a text is no answer for the suite.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import json
import logging
import re
import shutil
import subprocess
import tokenize
import warnings
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

STRUCTURE = frozenset(
    {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
)
JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-\w.+]+|[{}\[\]:,]')
MODULE = re.compile(r"^(?:import|export)\b", re.MULTILINE)
ATOM = re.compile(r"\w+|[^\w\s]")


class Refused(Exception):
    """The parser takes the text for something else than its language."""


def tokens(language: str, code: str) -> list[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old code about its own escapes, and of the parsers about theirs
        try:
            return list(ORACLES[language](code))
        except Refused:
            return None


def python(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code)
        found = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise Refused from error
    if not any(structured(statement) for statement in tree.body):
        raise Refused
    yield from (token.string for token in found if token.type not in STRUCTURE)


def structured(statement: ast.stmt) -> bool:
    """Whether a reader who sees it alone would say that it is code: `return home` and `global warming` are English."""
    match statement:
        case ast.Return(ast.Name() | None) | ast.Raise(ast.Name() | None) | ast.Assert(ast.Name()):
            return False
        case ast.Pass() | ast.Break() | ast.Continue() | ast.Global() | ast.Nonlocal() | ast.Delete([ast.Name()]):
            return False
        case ast.Expr(value):
            return isinstance(value, ast.Call | ast.Dict | ast.List | ast.Subscript | ast.Await)
    return True


def repl(code: str) -> Iterator[str]:
    """A session: its examples are Python, its results are kept by the line."""
    try:
        examples = doctest.DocTestParser().get_examples(code + "\n")
        for example in examples:
            ast.parse(example.source)
    except (SyntaxError, ValueError) as error:
        raise Refused from error
    if not examples:
        raise Refused
    yield from ATOM.findall(code)


def json_value(code: str) -> Iterator[str]:
    try:
        if not isinstance(json.loads(code), dict | list):
            raise Refused
    except ValueError as error:
        raise Refused from error
    yield from JSON_TOKEN.findall(code)


def javascript(code: str) -> Iterator[str]:
    import esprima

    try:
        tree = esprima.parse(code, {"sourceType": "module" if MODULE.search(code) else "script"})
        found = esprima.tokenize(code, {"comment": True})
    except esprima.Error as error:
        raise Refused from error
    if all(part.type == "ExpressionStatement" and part.expression.type == "Identifier" for part in tree.body):
        raise Refused
    yield from (token.value for token in found)


def typescript(code: str) -> Iterator[str]:
    """No parser of it is on PyPI: what the suite writes is taken as it is, its tokens by their look."""
    yield from ATOM.findall(code)


def java(code: str) -> Iterator[str]:
    """A file, or the inside of a class or of a method."""
    import javalang

    for whole in (code, f"class A {{ {code}\n }}", f"class A {{ void a() {{ {code}\n }} }}"):
        with contextlib.suppress(javalang.parser.JavaSyntaxError, javalang.tokenizer.LexerError):
            javalang.parser.Parser(list(javalang.tokenizer.tokenize(whole))).parse()
            return iter([token.value for token in javalang.tokenizer.tokenize(code)])
    raise Refused


def clang(name: str) -> Callable[[str], Iterator[str]]:
    """Declarations, or else statements of a function; a type that no header has declared is no error."""

    def found(code: str) -> Iterator[str]:
        from clang.cindex import TokenKind

        if misread(name, code) and misread(name, f"void f() {{\n{code}\n}}"):
            raise Refused
        unit = translation_unit(name, code)
        parts = list(unit.get_tokens(extent=unit.cursor.extent))
        if all(part.kind == TokenKind.COMMENT for part in parts):
            raise Refused
        yield from (part.spelling for part in parts)

    return found


def translation_unit(name: str, code: str) -> Any:
    from clang.cindex import TranslationUnit

    return TranslationUnit.from_source(name, ["-nostdinc"], [(name, code)])


def misread(name: str, code: str) -> bool:
    wrong = [mark.spelling for mark in translation_unit(name, code).diagnostics if mark.severity >= 3]
    return any("expected" in what and "class name" not in what for what in wrong)


def sql(code: str) -> Iterator[str]:
    import sqlglot

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        parsed = sqlglot.parse(code, read="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise Refused from error
    exp = sqlglot.exp
    if not any(isinstance(each, exp.Query | exp.DML | exp.DDL | exp.Alter | exp.Drop) for each in parsed):
        raise Refused
    yield from ATOM.findall(code)


def bash(code: str) -> Iterator[str]:
    """bash itself says whether it is a script; bashlex, which knows less of it, whether it is more than words."""
    import bashlex

    shell = shutil.which("bash")
    if shell is None or subprocess.run([shell, "-n"], input=code, text=True, capture_output=True).returncode:
        raise Refused
    try:
        bashlex.parse(code)
    except Exception as error:
        raise Refused from error
    yield from code.split()


def html(code: str) -> Iterator[str]:
    """Tags, comments, and what stands in <script> and <style>; the text between tags may be translated."""
    reader = Tags()
    reader.feed(code)
    reader.close()
    if len(reader.found) < 2:
        raise Refused
    yield from reader.found


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(self.get_starttag_text() or tag)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.found += ATOM.findall(data)


def css(code: str) -> Iterator[str]:
    import tinycss2

    rules = tinycss2.parse_stylesheet(code, skip_comments=True, skip_whitespace=True)
    if not rules or any(rule.type == "error" for rule in rules):
        raise Refused
    for rule in rules:
        if rule.type == "qualified-rule" and not tinycss2.parse_blocks_contents(rule.content):
            raise Refused
    yield from (token.serialize() for token in flat(tinycss2.parse_component_value_list(code)))


def flat(nodes: list) -> Iterator:
    for node in nodes:
        inner = getattr(node, "content", None)
        if isinstance(inner, list):
            yield from flat(inner)
        elif node.type != "whitespace":
            yield node


def latex(code: str) -> Iterator[str]:
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError

    try:
        nodes, _, _ = LatexWalker(code, tolerant_parsing=False).get_latex_nodes()
    except LatexWalkerParseError as error:
        raise Refused from error
    if not nodes:
        raise Refused
    yield from ATOM.findall(code)


ORACLES: dict[str, Callable[[str], Iterator[str]]] = {
    "python": python,
    "repl": repl,
    "json": json_value,
    "javascript": javascript,
    "typescript": typescript,
    "java": java,
    "c": clang("a.c"),
    "c++": clang("a.cpp"),
    "sql": sql,
    "bash": bash,
    "html": html,
    "css": css,
    "latex": latex,
}
