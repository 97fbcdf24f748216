"""Blocks with a beginning and an end of their own: reasoning, fences, raw HTML elements, display maths."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from babelset.text.scan.comments import without_comments
from babelset.text.scan.marks import Mark

THINK = re.compile(r"<(/?)(think|thinking|reasoning)>", re.IGNORECASE)
QUOTED = r"[ \t]*(?:>[ \t]?)*"
FENCE = re.compile(
    rf"^{QUOTED}(?P<lead>(?:(?:[-*+]|\d{{1,9}}[.)])[ \t]+)*)(?P<fence>`{{3,}}(?=[^`\r\n]*$)|~{{3,}})"
    # prose, then a fence that opens at the end of its line, as chat models sometimes write
    r"|^[^\r\n`]*[ \t:](?P<late>`{3,})[\w+#.-]*[ \t]*$",
    re.MULTILINE,
)
RAW = re.compile(r"<(/?)(script|style|pre|svg|textarea|code)\b[^<>]*>", re.IGNORECASE)
CLOSING = ("/", "end")
BEGIN = re.compile(r"\\(begin|end)\{([A-Za-z]+\*?)\}")
DISPLAY = re.compile(r"^[ \t]*(?:\$\$[^$]++\$\$|\\\[(?:[^\\]|\\(?![\[\]]))*+\\\])[ \t]*[.,;]?[ \t]*\r?$", re.MULTILINE)


def reasoning(text: str) -> Iterator[Mark]:
    """`<think>...</think>` whole; one that never closes runs to the end, a lone `</think>` from the beginning."""
    start = depth = seen = 0
    for tag in THINK.finditer(text):
        if not tag[1]:
            start = start if depth else tag.start()
            depth += 1
        elif depth > 1:
            depth -= 1
        else:
            begin = start if depth else tag.start() if seen else 0
            yield Mark(begin, tag.end(), "reasoning")
            depth, seen = 0, tag.end()
    if depth:
        yield Mark(start, len(text), "reasoning")


def reasoning_tags(text: str) -> Iterator[Mark]:
    return (Mark(tag.start(), tag.end(), "reasoning") for tag in THINK.finditer(text))


def fences(text: str, comments: bool = False) -> Iterator[Mark]:
    """
    Fenced code with its fences, at any indent, in lists and quotes; an open one runs to the end.

    With `comments`, the words of comments and docstrings stay free.
    """
    at = 0
    while opened := FENCE.search(text, at):
        fence = opened["fence"] or opened["late"]
        start = opened.start("late") if opened["late"] else opened.start("fence")
        close = re.compile(rf"^{QUOTED}{re.escape(fence)}{fence[0]}*[ \t]*\r?$", re.MULTILINE)
        closed = close.search(text, opened.end())
        at = closed.end() if closed else len(text)
        if comments:
            yield from without_comments(text, start, at)
        else:
            yield Mark(start, at, "code")


def elements(text: str) -> Iterator[Mark]:
    """HTML elements whose content is no prose, whole: script, style, pre."""
    return _paired(text, RAW, "html")


def environments(text: str) -> Iterator[Mark]:
    """LaTeX environments from `\\begin{x}` to the next `\\end{x}`."""
    return _paired(text, BEGIN, "latex")


def display_maths(text: str) -> Iterator[Mark]:
    return (Mark(found.start(), found.end(), "latex") for found in DISPLAY.finditer(text))


def _paired(text: str, pattern: re.Pattern[str], kind: str) -> Iterator[Mark]:
    """From each opening tag to the first tag that closes it; one that never closes is left alone."""
    tags = list(pattern.finditer(text))
    ends: defaultdict[str, list[int]] = defaultdict(list)
    for tag in tags:
        if tag[1] in CLOSING:
            ends[tag[2].lower()].append(tag.end())
    at = 0
    for tag in tags:
        known = ends[tag[2].lower()]
        position = bisect_left(known, tag.end())
        if tag[1] not in CLOSING and tag.start() >= at and position < len(known):
            at = known[position]
            yield Mark(tag.start(), at, kind)
