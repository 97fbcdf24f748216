"""Lines: markers of lists, headings and quotes, rules, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from babelset.text.scan.marks import Mark

MARKER = re.compile(
    r"^[ \t]*(?:"
    r"(?:[-*+•◦▪‣·–—][ \t]+"
    r"|\d{1,4}[.)](?=[ \t])[ \t]*|[A-Za-z][.)](?=[ \t])[ \t]*(?=\S)|[A-H]\)(?=[\w$(\\])"
    r"|\((?:\d{1,2}|[ivxIVX]{1,4}|[A-Za-z])\)[.:]?[ \t]+"
    r"|[IVX]{1,5}[.)](?=[ \t])[ \t]*|[A-Z]:(?=[ \t]|\r?$)[ \t]*"
    r"|\#{1,6}[ \t]+|\#{2,6}(?=[A-Za-z])|>[ \t]?|\[[ xX]\][ \t]+)++"
    r"|(?:[=\-*_~+#][ \t]*){3,}+(?=\r?$))",
    re.MULTILINE,
)
# Of reStructuredText and docstrings: ".. image:: ", ".. _name: link", ":param size: "; "size : int", "size (int): ".
FIELD = re.compile(
    r"^[ \t]*(?:\.\.[ ](?:\|[^|\n]+\|[ ])?[a-z][\w:-]*::[ \t]*|\.\.[ ]_[^\n]*"
    r"|:[a-z]+(?:[ ][*\w., \[\]-]{1,60})?:(?=[ \t]|\r?$)[ \t]*"
    r"|@(?:param[ ]\w+|returns?|throws[ ]\w+|type[ ]\w+)\b[ \t]*)",
    re.MULTILINE,
)
HEAD = re.compile(
    r"^[ \t]*(?:(?:Args|Arguments|Parameters|Attributes|Raises|Keyword Arg(?:ument)?s|Returns|Yields):[ \t]*\r?$"
    r"|(?:(?:Other )?Parameters|Attributes|Raises|Returns|Yields)[ \t]*\r?\n[ \t]*-{5,}[ \t]*\r?$)",
    re.MULTILINE,
)
NAMED = re.compile(
    r"^(?:[ \t]*[*\w]+(?:, [*\w]+)*[ ]:[ ][^\n]*$"
    r"|[ \t]{2,}[*\w.]+(?:[ ]\((?:[^\n()]|\([^()\n]*\))*\))?:(?=[ \t]|\r?$))",
    re.MULTILINE,
)
INITIAL = re.compile(r"[ \t]*(?:[J-Z]\.[ \t]+)+\Z")  # of a name, "M. Dupont", unless several lines begin so
LETTERED = re.compile(r"^[ \t]*[A-Z]\.[ \t]", re.MULTILINE)
RULE = re.compile(r"^[ \t]*(?=[^\r\n]*\|)(?=[^\r\n]*-)[ \t|:+=-]++\r?$", re.MULTILINE)
BAR = re.compile(r"[ \t]*(?<!\\)\|(?:[ \t]*\|)*[ \t]*")
ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*\r?$")


def markers(text: str) -> Iterator[Mark]:
    """What stands before the text of a line: "- ", "2. ", "## ", "> ", "[x] "; and rules such as "---"."""
    options = len(list(islice(LETTERED.finditer(text), 2)))
    for found in MARKER.finditer(text):
        if options > 1 or not INITIAL.match(found[0]):
            yield Mark(found.start(), found.end(), "marker")


def fields(text: str) -> Iterator[Mark]:
    """What docstrings and reStructuredText name things by, up to the prose about them."""
    found = [match.span() for match in FIELD.finditer(text)]
    heads = [match.end() for match in HEAD.finditer(text)]
    for head, end in zip(heads, [*heads, len(text)][1:], strict=True):
        found += [match.span() for match in NAMED.finditer(text, head, end) if not HEAD.match(text, match.start())]
    at = 0
    for start, end in sorted(found):
        if start >= at:
            yield Mark(start, end, "marker")
            at = end


def tables(text: str) -> Iterator[Mark]:
    """The bars and rules of pipe tables; the text of a cell stays free."""
    if "|" not in text:
        return
    lines, starts = _lines(text)
    inside = _table_lines(lines)
    for number, line in enumerate(lines):
        if not inside[number]:
            continue
        if RULE.match(line):
            yield Mark(starts[number], starts[number] + len(line.rstrip("\r\n")), "table")
        else:
            for bar in BAR.finditer(line.rstrip("\r\n")):
                yield Mark(starts[number] + bar.start(), starts[number] + bar.end(), "table")


def _lines(text: str) -> tuple[list[str], list[int]]:
    lines, starts, at = text.split("\n"), [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return lines, starts


def _table_lines(lines: list[str]) -> list[bool]:
    """A run of lines with bars is a table when it has a rule, or lines of one shape."""
    inside = [False] * len(lines)
    first = 0
    while first < len(lines):
        if "|" not in lines[first]:
            first += 1
            continue
        last = first
        while last < len(lines) and "|" in lines[last]:
            last += 1
        run = lines[first:last]
        if _is_table(run):
            inside[first:last] = [True] * len(run)
        first = last
    return inside


def _is_table(run: list[str]) -> bool:
    if any(RULE.match(line) for line in run) or sum(bool(ROW.match(line)) for line in run) > 1:
        return True
    bars = {line.count(" | ") for line in run}
    return len(bars) == 1 and len(run) > 1 and max(bars) + len(run) > 3 and "||" not in "".join(run)


SHORT_WORD = r"(?:[Ss]o|[Ii][sfnt]|[Oo][fnr]|[Tt]o|[Ww]e|[Bb][ey]|[Aa][stn]|[Nn]o|[Dd]o|[Mm]y)(?![^\W\d_])"
FORMULA = re.compile(
    r"^[ \t]*(?=[^\n]*[=≈≤≥⇒→])(?=[^\n]*[\d+*/^√×÷-])(?:"
    r"(?:sin|cos|tan|log|exp|sqrt|arcsin|arccos|arctan|lim|max|min|mod)(?![^\W\d_])"
    rf"|(?!{SHORT_WORD})[A-Za-zα-ωΑ-Ωℏħ]{{1,2}}(?![^\W\d_])|[^\n\w]|[\d_¹²³⁰-ₜ])++$",
    re.MULTILINE,
)


def formulas(text: str) -> Iterator[Mark]:
    """Lines that are an equation and hold no words: "3b = 10", "cos(C) = (a² + b² - c²) / 2ab"."""
    if "=" in text or "≈" in text:
        yield from (Mark(found.start(), found.end(), "formula") for found in FORMULA.finditer(text))
