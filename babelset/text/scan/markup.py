"""Emphasis, links and escapes, found by tree-sitter's inline grammar of markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from babelset.text.scan.marks import Mark

DELIMITER = re.compile(r"[*_~\[\\]")
# The grammar is quadratic in the number of delimiters, so no piece that it sees holds more than these.
PIECE = re.compile(r"(?:[^*_~\[!<\\]*+[*_~\[!<\\]){1,200}[^*_~\[!<\\]*+")
NON_ASCII = re.compile(r"[^\x00-\x7f]+")
QUERY = """
(emphasis) @node (strong_emphasis) @node (strikethrough) @node
(inline_link) @link (image) @link (backslash_escape) @escape
"""


@cache
def _grammar() -> tuple[Any, Any]:
    import tree_sitter
    import tree_sitter_markdown

    language = tree_sitter.Language(tree_sitter_markdown.inline_language())
    return tree_sitter.Parser(language), tree_sitter.Query(language, QUERY)


def markup(text: str) -> list[Mark]:
    """Delimiters of emphasis, brackets and destinations of links, backslash escapes; in order, no overlap."""
    if not DELIMITER.search(text):
        return []
    # One ASCII letter for every other character: byte offsets are character offsets, and surrogates do no harm.
    plain = text if text.isascii() else NON_ASCII.sub(lambda run: "a" * len(run[0]), text)
    marks: list[Mark] = []
    for piece in _pieces(plain):
        marks += (Mark(piece.start() + start, piece.start() + end, "markup", True) for start, end in _parse(piece[0]))
    return _disjoint(sorted(marks))


def _pieces(text: str) -> Iterator[re.Match[str]]:
    return (piece for piece in PIECE.finditer(text) if DELIMITER.search(piece[0]) and not _noise(piece[0]))


def _noise(piece: str) -> bool:
    """Hundreds of delimiters with next to nothing between them are no markup, and slow to parse."""
    return len(piece) < 800 and len(DELIMITER.findall(piece)) >= 100


def _parse(text: str) -> Iterator[tuple[int, int]]:
    import tree_sitter

    parser, query = _grammar()
    captures = tree_sitter.QueryCursor(query).captures(parser.parse(text.encode("ascii")).root_node)
    for node in captures.get("node", ()):
        yield from _emphasis(text, node)
    for node in captures.get("link", ()):
        yield from _link(node)
    for node in captures.get("escape", ()):
        yield node.start_byte, node.end_byte


def _emphasis(text: str, node: Any) -> Iterator[tuple[int, int]]:
    start = node.start_byte
    # "2*3*4" is a product and "a_b_c" a name, whatever markdown says
    if text[start] == "*" and start and text[start - 1].isalnum() and text[start : start + 2] != "**":
        return
    for child in node.children:
        if child.type == "emphasis_delimiter":
            yield child.start_byte, child.end_byte


def _link(node: Any) -> Iterator[tuple[int, int]]:
    closing = [child.start_byte for child in node.children if child.type == "]"]
    shown = [child for child in node.children if child.type in ("link_text", "image_description")]
    if not closing or not shown:
        yield node.start_byte, node.end_byte
        return
    yield node.start_byte, shown[0].start_byte
    yield closing[-1], node.end_byte


def _disjoint(marks: list[Mark]) -> list[Mark]:
    """Touching delimiters become one mark ("**"), a mark inside another goes."""
    out: list[Mark] = []
    for mark in marks:
        if out and mark.start <= out[-1].end:
            out[-1] = Mark(out[-1].start, max(mark.end, out[-1].end), "markup", True)
        else:
            out.append(mark)
    return out
