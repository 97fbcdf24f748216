"""
Code, configuration and output of programs in languages that no grammar here reads: Haskell, Dockerfiles, INI, logs.

Such a paragraph is known by its lines. Some hold a sign that no prose has, "mov eax, 4", "WORKDIR /app", and the others
hold nothing against it: a run of words with an article or a preposition in it is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from babelset.text.scan.commands import STOP
from babelset.text.scan.vocabulary import WORDS, joined

LONGEST_LINE = 500
HINT = re.compile(
    r"[;{}=|<>$@%\[\]├└│\n](?:(?<!\n)|[ \t]*(?:[a-z@(.:/?]|\*[./]|\*?[\d*/,-]+ [\d*]|[A-Z]{3}|In |Out|[A-Z][a-z]+-[A-Z]"
    r"|Traceback|Exception|Dim |Sub |End |If |For |Module |\w+(?:Error|Exception)\b))"
)
# Each pattern of `sure` and `signs` begins at the beginning of a line.
SURE = re.compile(joined(WORDS["foreign"]["sure"]))
SIGNS = re.compile(f"[ \t]*(?:{joined(WORDS['foreign']['signs'])})")
INSIDE = re.compile(joined(WORDS["foreign"]["inside"]))
SOFT = re.compile(joined(WORDS["foreign"]["soft"]))
SECTION = re.compile(r"[ \t]*\[[A-Za-z][\w .:/@-]*\][ \t]*\r?$")
SETTING = re.compile(r"[ \t]*(?:[#;].*|[\w.-]+[ \t]*=.*|)\r?$")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\\w]|\\.)*'|(?<!\w)'[^'\n]*'(?!\w)|(?:--|//|#|;;|%)[ ].*")
RUN = re.compile(r"(?<![^\s(])(?:[A-Za-z][a-z']*,? ){3,}[A-Za-z][a-z']*")
LINE_ENDS = ":.!?"


def may_hold(text: str) -> bool:
    """Whether a text may hold a line with a sign; cheap, and most texts hold none."""
    return ("\n" in text or text.startswith("=")) and HINT.search("\n" + text) is not None


class Paragraph(NamedTuple):
    """Lines `first` to `last`: how many hold a sign, how many else may be code, and how many are sentences."""

    first: int
    last: int
    sure: bool
    signs: int
    soft: int
    sentences: int

    @property
    def is_code(self) -> bool:
        """Lines with signs among what may be code; few sentences."""
        size = self.last - self.first + 1
        return self.signs > 0 and 5 * (self.signs + self.soft) >= 3 * size and 5 * self.sentences <= size

    @property
    def may_be_code(self) -> bool:
        """Whether it belongs to code next to it."""
        return not self.sentences and bool(self.signs) and 2 * (self.signs + self.soft) > self.last - self.first


def blocks(lines: Sequence[str], code: Collection[int]) -> Iterator[tuple[int, int]]:
    """
    First and last line of each block; `code` are the numbers of lines that a grammar has read.

    >>> list(blocks(["Like this:", "section .text", "    mov eax, 4", "    int 0x80"], ()))
    [(1, 3)]
    """
    found = [_looked_at(lines, code, *each) for each in _paragraphs(lines)]
    kept = [each.is_code for each in found]
    if sum(each.signs for each, is_kept in zip(found, kept, strict=True) if is_kept) < 2:
        kept = [each.sure and is_kept for each, is_kept in zip(found, kept, strict=True)]
    for step in (1, -1):
        for at in range(len(found))[::step]:
            near = at - step
            joined = 0 <= near < len(found) and kept[near] and found[at].may_be_code
            kept[at] |= joined and _adjacent(lines, *sorted((found[near], found[at])))
    at = 0
    while at < len(found):
        start = at
        while at < len(found) and kept[at] and (at == start or _adjacent(lines, found[at - 1], found[at])):
            at += 1
        if at > start:
            yield found[start].first, found[at - 1].last
        at += at == start


def _adjacent(lines: Sequence[str], one: Paragraph, other: Paragraph) -> bool:
    return not any(map(str.strip, lines[one.last + 1 : other.first]))


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of lines between blank ones and sentences at the margin."""
    start = 0
    for at, line in enumerate([*lines, ""]):
        if not line or line.isspace() or _introduces(line):
            if start < at:
                yield start, at - 1
            start = at + 1


def _introduces(line: str) -> bool:
    """Whether a line is prose between what may be code: "Here is the code:"."""
    if len(line) > LONGEST_LINE:
        return True
    if not line[0].isupper() or SURE.match(line):
        return False
    return _is_sentence(line) or (line.rstrip()[-1:] in LINE_ENDS and _is_phrase(line))


def _is_phrase(line: str) -> bool:
    words = line.rstrip(" \t\r:.!?").split()
    return not line.isupper() and len(words) > 1 and all(map(str.isalpha, words))


def _looked_at(lines: Sequence[str], code: Collection[int], first: int, last: int) -> Paragraph:
    own = lines[first : last + 1]
    size = len(own)
    if size > 1 and SECTION.match(own[0]) and sum("=" in line for line in own[1:]) and all(map(_is_setting, own)):
        return Paragraph(first, last, True, size, 0, 0)
    whole = any(map(SURE.match, own))
    signs = soft = sentences = 0
    for number, line in enumerate(own, first):
        if number in code or SURE.match(line):
            signs += 1
        elif _is_sentence(line):
            sentences += 1
        elif SIGNS.match(line) or INSIDE.search(line):
            signs += 1
        else:
            soft += whole or line[:1] in " \t" or bool(SOFT.match(line))
    return Paragraph(first, last, whole, signs, soft, sentences)


def _is_setting(line: str) -> bool:
    return bool(SETTING.match(line) or SECTION.match(line))


def _is_sentence(line: str) -> bool:
    """`_is_sentence("Use the -r flag to copy it.")`; not "for each item IN list", nor what is quoted."""
    if len(line) > LONGEST_LINE:
        return True
    runs = RUN.findall(QUOTED.sub(" ", line))
    return any(STOP.fullmatch(word.strip(",")) for run in runs for word in run.split())
