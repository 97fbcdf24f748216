"""
Code without fences: hints propose blocks of lines, grammars decide.

A block is kept where a grammar parses it without errors and sees structure. Where errors are left, the block is cut
at them and its pieces are asked again; a line with an error stays with its neighbours only when it looks like code.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from babelset.text.scan import foreign, grammars, hints, sql
from babelset.text.scan.comments import free_words
from babelset.text.scan.hints import Line
from babelset.text.scan.marks import Mark

SHEBANG = re.compile(r"^#!/\S.*$", re.MULTILINE)
SENTENCE = re.compile(r"\n[ \t]*\n(?=[A-Z][a-z']* (?:[A-Za-z',]+ ){2})")
PROMPT = re.compile(r"[ \t]*(?P<prompt>>>>|\$(?= [a-z./~]))(?: (?P<command>.*))?")
SESSION = re.compile(r"^>>>", re.MULTILINE)
# A sentence, which is no result of a session: "Traceback (most recent call last):" is one.
REMARK = re.compile(r"(?!Traceback|\w*(?:Error|Exception|Warning)\b)[A-Z][a-z']* (?:[A-Za-z',]+ ){2}.*[.!?:]\s*$")
COMMENT = re.compile(r"^[ \t]*(/\*)", re.MULTILINE)
MOST_BLANK = 3  # blank lines inside one block
LONGEST_BLOCK = 20_000  # characters that a grammar is given at once; error recovery is slow
# Characters that grammars are given, of one text: what keeps hostile text linear. Recovering from errors takes about
# ten times as long as parsing what has none.
ALLOWANCE = 200_000
ERRORS_COST = 4


def prompts(text: str) -> Iterator[Mark]:
    """`>>>` lines with what follows them up to a blank line or a sentence, and `$` lines with a command."""
    at, start, previous = 0, -1, ""
    for line in [*text.split("\n"), ""]:
        found = PROMPT.match(line)
        kind = found["prompt"] if found else ""
        if not kind and previous and line.strip() and not line.lstrip().startswith(('"""', "'''")):
            kind = "..." if previous[0] in ">." and (previous == ">>>" or not REMARK.match(line)) else ""
        if start < 0 and kind:
            start = at
        elif start >= 0 and not kind:
            yield Mark(start, at - 1, "code")
            start = -1
        previous = kind
        at += len(line) + 1


def sessions(text: str) -> Iterator[Mark]:
    """Those of `prompts` that begin at the margin: not the examples of a docstring, which is code as a whole."""
    if SESSION.search(text):
        yield from (mark for mark in prompts(text) if text.startswith(">>>", mark.start))


def block_comments(text: str) -> Iterator[Mark]:
    """Comments between /* and */ on lines of their own, whatever stands around them: prose has none."""
    at = 0
    while (found := COMMENT.search(text, at)) and (end := text.find("*/", found.end())) >= 0:
        at = end + 2
        if text[at : at + 1] in ("", "\n", "\r"):
            yield Mark(found.start(1), at, "code")


Stretch = tuple[int, int, str]  # beginning, end and language of code


class Block(NamedTuple):
    """Lines `first` to `last`, which are code in `language`; "" where no grammar reads them whole."""

    first: int
    last: int
    language: str


def scripts(text: str, comments: bool = False) -> Iterator[Mark]:
    """From a `#!` line to the end, or to the paragraph that begins like an English sentence."""
    at = 0
    while found := SHEBANG.search(text, at):
        after = SENTENCE.search(text, found.end())
        at = after.start() if after else len(text)
        language = "python" if "python" in found[0] else "bash"
        yield from _marks(text, found.start(), at, language if comments else "")


def unfenced(text: str, comments: bool = False) -> Iterator[Mark]:
    """Lines of code; with `comments`, the words of comments and docstrings stay free."""
    found = list(_read_by_grammars(text)) if hints.may_hold(text) else []
    for start, end, language in _with_foreign(text, found) if foreign.may_hold(text) else found:
        yield from _marks(text, start, end, language if comments else "")


def _read_by_grammars(text: str) -> Iterator[Stretch]:
    lines = hints.lines(text)
    purse = Purse(ALLOWANCE + len(text) // 2)
    for first, last in _candidates(lines):
        for block in _decided(text, lines, first, last, purse):
            yield lines[block.first].start, lines[block.last].end, block.language


def _with_foreign(text: str, found: list[Stretch]) -> Iterator[Stretch]:
    """Those stretches, and the paragraphs around them and elsewhere that are code without a grammar."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    code = {number for start, end, _ in found for number in _numbers(starts, start, end)}
    blocks = [(starts[first], starts[last] + len(lines[last])) for first, last in foreign.blocks(lines, code)]
    for start, end in blocks:
        inside = [stretch for stretch in found if start < stretch[1] and stretch[0] < end]
        found = [stretch for stretch in found if stretch not in inside]
        start, end = min([start, *(one[0] for one in inside)]), max([end, *(one[1] for one in inside)])
        found.append((start, end, inside[0][2] if len(inside) == 1 and inside[0][:2] == (start, end) else ""))
    yield from sorted(found)


def _numbers(starts: list[int], start: int, end: int) -> range:
    """The numbers of the lines that begin between `start` and `end`."""
    return range(bisect_left(starts, start), bisect_left(starts, end))


def is_program(text: str) -> bool:
    """
    Whether a grammar reads the whole text as code, so that its words are those of comments and strings.

    >>> is_program("def f(x):  # the first one"), is_program("import os"), is_program("Import it first.")
    (False, True, False)
    """
    if len(text) > LONGEST_BLOCK or not any(line.sure for line in hints.lines(text)):
        return False
    return any(grammars.read(language, text).is_code for language in hints.languages(text))


def _marks(text: str, start: int, end: int, language: str) -> Iterator[Mark]:
    at = start
    for begin, after in free_words(text[start:end], language) if language else ():
        yield Mark(at, start + begin, "code")
        at = start + after
    yield Mark(at, end, "code")


class Purse:
    """How many characters may still be parsed."""

    def __init__(self, left: int) -> None:
        self.left = left


def _candidates(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """Runs of lines without prose that hold a hint, none longer than a grammar is given."""
    first = 0
    while first < len(lines):
        last, size, blank, hinted = first, 0, 0, False
        while last < len(lines) and lines[last].kind != "prose" and size < LONGEST_BLOCK and blank <= MOST_BLANK:
            blank = blank + 1 if lines[last].kind == "blank" else 0
            size += lines[last].end - lines[last].start + 1
            hinted = hinted or lines[last].kind in ("code", "hinted")
            last += 1
        if hinted:
            yield first, last - 1
        first = max(last, first + 1)


def _decided(text: str, lines: list[Line], first: int, last: int, purse: Purse) -> Iterator[Block]:
    found: list[Block] = []
    work = [(first, last)]
    while work:
        begin, end = _stripped(lines, *work.pop())
        if begin > end or not any(line.kind in ("code", "hinted") for line in lines[begin : end + 1]):
            continue
        reading = _read(text, lines, begin, end, purse)
        if reading is None:
            continue
        if not reading.errors:
            found.append(_trimmed(lines, begin, end, reading))
            continue
        cuts = [begin - 1, *(begin + row for row in reading.errors if begin + row <= end), end + 1]
        work += [(one + 1, two - 1) for one, two in pairwise(cuts) if one + 1 < two]
    found += _statements(text, lines, first, last, found)
    yield from _together(lines, first, last, sorted(found))


def _statements(text: str, lines: list[Line], first: int, last: int, found: list[Block]) -> Iterator[Block]:
    """Statements of SQL that its grammar does not know, and functions of a shell that call what nobody knows."""
    read = {number for block in found for number in range(block.first, block.last + 1)}
    for number in range(first, last + 1):
        line = text[lines[number].start : lines[number].end]
        is_statement = sql.begins(line)
        if number in read or not (is_statement or hints.of_a_shell(line)) or lines[number].kind == "prose":
            continue
        following = [text[each.start : each.end] for each in lines[number + 1 : number + 1 + hints.LONGEST_STRING]]
        more = sql.more_lines(line, following) if is_statement else hints.to_the_line(line, following) or -1
        if more >= 0:
            yield Block(number, min(number + more, last), "sql" if is_statement else "bash")


def _stripped(lines: list[Line], first: int, last: int) -> tuple[int, int]:
    while first <= last and lines[first].kind == "blank":
        first += 1
    while first <= last and lines[last].kind == "blank":
        last -= 1
    return first, last


def _read(text: str, lines: list[Line], first: int, last: int, purse: Purse) -> grammars.Reading | None:
    """The first reading without errors and with structure, else the one with the fewest lines in error."""
    code = _dedented([text[line.start : line.end] for line in lines[first : last + 1]])
    best = None
    for language in hints.languages(code):
        if purse.left < 0:
            return None
        reading = grammars.read(language, code)
        purse.left -= len(code) * (ERRORS_COST if reading.errors else 1)
        if reading.is_code:
            return reading
        if reading.structure and (best is None or len(reading.errors) < len(best.errors)):
            best = reading
    return best if best and best.errors else None


def _dedented(lines: list[str]) -> str:
    """Without the indent that all lines share; a first line that was cut from its prose has none."""
    margin = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] if line.strip() else "" for line in lines)


def _trimmed(lines: list[Line], first: int, last: int, reading: grammars.Reading) -> Block:
    """Without lines at its ends that neither the grammar nor a hint sees anything in: "Output", "Total"."""
    inside = {row for one, two in reading.structure for row in range(first + one, first + two + 1)}
    begin, end = first, last
    while begin < last and begin not in inside and lines[begin].kind in ("maybe", "blank"):
        begin += 1
    while end > begin and end not in inside and lines[end].kind in ("maybe", "blank"):
        end -= 1
    return Block(begin, end, reading.language)


def _together(lines: list[Line], first: int, last: int, found: list[Block]) -> Iterator[Block]:
    """Neighbouring blocks as one, with the lines in error that look like code or are deep inside it."""
    if not found:
        sure = [number for number in range(first, last + 1) if lines[number].kind == "code" and lines[number].sure]
        if len(sure) > 1 and 2 * len(sure) >= sum(line.kind != "blank" for line in lines[sure[0] : sure[-1] + 1]):
            yield Block(sure[0], sure[-1], "")
        return
    kept = [False] * (last - first + 1)
    for block in found:
        kept[block.first - first : block.last - first + 1] = [True] * (block.last - block.first + 1)
    _spread(lines, first, kept)
    _spread(lines[::-1], len(lines) - 1 - last, kept := kept[::-1])
    kept = kept[::-1]
    for number in range(len(kept) - 2, -1, -1):  # a comment belongs to the code right below it
        kept[number] |= kept[number + 1] and lines[first + number].kind == "comment"
    languages = {block.first: block.language for block in found}
    number = 0
    while number < len(kept):
        start = number
        while number < len(kept) and kept[number]:
            number += 1
        if number > start:
            whole = [name for at, name in languages.items() if start <= at - first < number]
            yield Block(first + start, first + number - 1, whole[0])
        number += 1


def _spread(lines: list[Line], first: int, kept: list[bool]) -> None:
    """From each kept line downwards over lines that look like code, and over what only stands between kept lines."""
    waiting: list[int] = []
    reached = False
    for number, is_kept in enumerate(kept):
        line = lines[first + number]
        if is_kept or (reached and line.kind == "code"):
            for skipped in waiting:
                kept[skipped] = True
            kept[number] = reached = True
            waiting = []
        elif reached and (line.kind in ("blank", "comment", "inside") or line.indented):
            waiting.append(number)
        else:
            reached, waiting = False, []
