"""
Comments and docstrings in code, found by its grammar, and the proof that a translation touched nothing else.

In a docstring, `>>>` lines and their results are code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from babelset.text.scan import grammars, hints
from babelset.text.scan.marks import Mark

FENCED = re.compile(r"(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^\n]*\n")
CLOSING = re.compile(r"\n[ \t>]*(?:`{3,}|~{3,})[ \t]*\r?\Z")
LETTERS = re.compile(r"[^\W\d_]{2,}")
NON_ASCII = re.compile(r"[^\x00-\x7f]+")
OPENED = re.compile(r"[ \t]*(?:#+|/\*+|//+|--+|;+|%+|<!--+|\(\*|\*(?!/))?!?[ \t]*")
CLOSED = re.compile(r"[ \t]*(?:\*+/|--+>|\*\))?\s*\Z")
DOCTEST = re.compile(r"[ \t]*>>>")
LONGEST = 100_000  # characters of code
COMMENTS = ("comment", "line_comment", "block_comment", "marginalia")
DOCSTRINGS = """
(module . (comment)* . (expression_statement (string (string_content) @text)))
(class_definition body: (block . (expression_statement (string (string_content) @text))))
(function_definition body: (block . (expression_statement (string (string_content) @text))))
"""

Stretch = tuple[int, int]


def without_comments(text: str, start: int, end: int) -> Iterator[Mark]:
    """Marks of a fenced block that leave the words of its comments and docstrings free."""
    at = start
    if opening := FENCED.match(text, start, end):
        closing = CLOSING.search(text, opening.end() - 1, end)
        code = text[opening.end() : closing.start() if closing else end]
        for begin, after in free_words(code, _language(opening["language"], code)):
            yield Mark(at, opening.end() + begin, "code")
            at = opening.end() + after
    yield Mark(at, end, "code")


def free_words(code: str, language: str) -> Iterator[Stretch]:
    """Where the words of comments and docstrings stand, without their delimiters; nothing without a grammar."""
    return (found for found in _bodies(code, language) if LETTERS.search(code, *found))


def same_program(one: str, other: str) -> bool:
    """
    Whether two blocks of code, fenced or not, differ in comments and docstrings alone.

    >>> same_program("x = f(1)  # one", "x = f(1)  # u"), same_program("x = f(1)  # one", "x = f(2)  # u")
    (True, False)
    """
    left, right = FENCED.match(one), FENCED.match(other)
    if (left and left[0]) != (right and right[0]):
        return False
    code = one[left.end() :] if left else one
    return same_code(code, other[left.end() :] if left else other, _language(left["language"] if left else "", code))


def same_code(one: str, other: str, language: str) -> bool:
    """
    Whether two pieces of code are the same, comments and docstrings aside; the grammar says what those are.

    >>> same_code("x = 1  # one", "x = 1  # u", "python"), same_code("x = 1  # one", "x = 2  # u", "python")
    (True, False)
    """
    return one == other or _skeleton(one, language) == _skeleton(other, language)


def _language(name: str, code: str) -> str:
    """The grammar for the name on a fence; where there is no name, the one that reads the code."""
    if name:
        return grammars.language(name)
    if len(code) > LONGEST:
        return ""
    return next((guess for guess in hints.languages(code) if grammars.read(guess, code).is_code), "")


def _skeleton(code: str, language: str) -> list[str]:
    at, out = 0, []
    for begin, after in _bodies(code, language):
        out.append(code[at:begin])
        at = after
    return [*out, code[at:]]


def _bodies(code: str, language: str) -> Iterator[Stretch]:
    """Lines of comments and docstrings without delimiters, white space, and doctests."""
    if not grammars.language(language) or len(code) > LONGEST:
        return
    # One ASCII letter for every other character: byte offsets are character offsets.
    plain = NON_ASCII.sub(lambda run: "a" * len(run[0]), code)
    for start, end, is_docstring in sorted(_nodes(plain, grammars.language(language))):
        is_code = False
        at = start
        for line in code[start:end].splitlines(keepends=True):
            is_code = is_docstring and bool(DOCTEST.match(line) or (is_code and line.strip()))
            begin, after = _bare(line, is_docstring)
            if not is_code and begin < after:
                yield at + begin, at + after
            at += len(line)


def _nodes(code: str, language: str) -> Iterator[tuple[int, int, bool]]:
    import tree_sitter

    root = grammars.tree(language, code)
    if root is None:
        return
    for label, query in _queries(language).items():
        for node in tree_sitter.QueryCursor(query).captures(root).get("text", ()):
            if not code.startswith("#!", node.start_byte):
                yield node.start_byte, node.end_byte, label == "docstring"


@cache
def _queries(language: str) -> dict[str, Any]:
    import tree_sitter

    grammar = grammars.parser(language).language
    kinds = [kind for kind in COMMENTS if grammar.id_for_node_kind(kind, True) is not None]
    queries = {"comment": tree_sitter.Query(grammar, "\n".join(f"({kind}) @text" for kind in kinds))}
    if language == "python":
        queries["docstring"] = tree_sitter.Query(grammar, DOCSTRINGS)
    return queries


def _bare(line: str, is_docstring: bool) -> Stretch:
    if is_docstring:
        return len(line) - len(line.lstrip()), len(line.rstrip())
    opened = OPENED.match(line)
    begin = opened.end() if opened else 0
    closed = CLOSED.search(line, begin)
    return begin, closed.start() if closed else len(line)
