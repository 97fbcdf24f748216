"""
ICU messages: the braces are kept, the texts of the branches are translated.

"{n, plural, one {# file} other {# files}} left" holds the prose " file", " files" and " left".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.text.scan.marks import Mark

OPEN = re.compile(r"\{\s*\w+\s*,\s*(?:plural|select|selectordinal)\s*,")
BRANCH = re.compile(r"\s*(?:offset:\d+\s*)?=?[\w-]+\s*\{")
END = re.compile(r"\s*\}")
STEP = re.compile(r"[{}#]")
ARGUMENT = re.compile(r"\{[^{}]{0,100}\}")


def messages(text: str) -> Iterator[Mark]:
    at = 0
    while found := OPEN.search(text, at):
        marks, at = _message(text, found)
        yield from marks


def _message(text: str, opened: re.Match[str]) -> tuple[list[Mark], int]:
    """The marks of one message, none where its braces do not close or hold anything else; and where reading ended."""
    marks: list[Mark] = []
    start, at, depth, in_branch = opened.start(), opened.end(), 1, False
    while depth:
        if not in_branch:  # between two branches, or at the end of the message
            found = BRANCH.match(text, at) or END.match(text, at)
            if not found:
                return [], at
            at = found.end()
            depth -= not found[0].endswith("{")
            in_branch = True  # of this message, or of the one around it
            marks.append(Mark(start, at, "placeholder"))
            continue
        step = STEP.search(text, at)
        if not step:
            return [], len(text)
        start, at = step.start(), step.end()
        if step[0] == "#":
            marks.append(Mark(start, at, "placeholder", True))
        elif step[0] == "}":
            in_branch = False
        elif inner := OPEN.match(text, start):
            at, depth, in_branch = inner.end(), depth + 1, False
        elif argument := ARGUMENT.match(text, start):
            at = argument.end()
        else:
            return [], at
    return marks, at
