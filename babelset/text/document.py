"""
A document is one text field, parsed into prose to translate and spans to leave alone.

>>> parse("Run `ls -l`, please.")
[Prose(text='Run '), Keep(text='`ls -l`', kind='inline_code', inline=True), Prose(text=', please.')]

The joined spans are the text, for every text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from babelset.text.scan import (
    blocks,
    code,
    commands,
    foreign,
    hints,
    icu,
    inline,
    labels,
    lines,
    payload,
    records,
    transcript,
)
from babelset.text.scan.marks import Mark, Needed, Scanner, carve


@dataclass(frozen=True, slots=True)
class Prose:
    """Text to translate."""

    text: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Text that must come out byte for byte as it went in."""

    text: str
    kind: str  # "code", "inline_code", "latex", "url", "markup", ...
    inline: bool = False  # stands inside a sentence, so the sentence goes on around it


Span = Prose | Keep
SHORT = 4000  # characters of a text whose spans are known for a while

# No scanner finds anything in a text without one of these; for text behind a line break. It begins with a set of
# characters, and looks behind from there: so `re` passes over the others at once.
PLAIN = re.compile(
    r"[^a-z \t\r!?'\")’‘“”…–—](?:(?<=[^\w\s.,;:!?'\"()’‘“”…–—-])|(?<=[\x0b\x0c\x1c-\x1f\x85\u2028\u2029_\d])"
    r"|(?<=\w\()|(?<=\w\.)[a-z0-9]|(?<=www\.)|(?<=USER:)|(?<=[;:])[ \t]*$|(?<=,).*,|(?<=;).*;|(?<=-)[ \t]*-"
    r"|(?<=\n)(?:[ \t]*(?:[:@][a-z]|\.\. )|[ \t]*(?:[-–—]"
    r"|\w{1,4}[.):]|\([a-zA-Z]{1,4}\))[ \t]|[A-H]\)\w| {4}|\t|[A-Za-z][A-Za-z ]{1,20}:)"
    rf"|{labels.HINT})",
    re.MULTILINE,
)


def parse(text: str, *, reasoning: bool = False, comments: bool = False, numbers: bool = False) -> list[Span]:
    """
    Spans of `text`, in order, none empty.

    `reasoning` translates `<think>` blocks too, `comments` the comments and docstrings in code,
    `numbers` keeps numbers with their units out of the translator's hands.
    """
    if len(text) > SHORT:
        return list(_parsed(text, reasoning, comments, numbers))
    return list(_known(text, reasoning, comments, numbers))


def _parsed(text: str, reasoning: bool, comments: bool, numbers: bool) -> tuple[Span, ...]:
    if not text:
        return ()
    behind = "\n" + text
    if not (PLAIN.search(behind) or hints.STARTERS.search(behind) or commands.may_hold(text) or foreign.may_hold(text)):
        return (Prose(text),)
    return tuple(_spans(text, carve(text, _scanners(reasoning, comments, numbers))))


_known = lru_cache(maxsize=4096)(_parsed)  # what is translated now is parsed again soon, to be checked


@cache
def _scanners(reasoning: bool, comments: bool, numbers: bool) -> tuple[tuple[Needed, Scanner], ...]:
    return (
        (("<",), blocks.reasoning_tags if reasoning else blocks.reasoning),
        (("```", "~~~"), partial(blocks.fences, comments=comments)),
        (("<",), transcript.calls),
        ((":",), transcript.speakers),
        (("<",), blocks.elements),
        (("\\begin{",), blocks.environments),
        (("$$", "\\["), blocks.display_maths),
        (("{",), icu.messages),
        ((">>>",), code.sessions),
        (("{", "["), payload.json_documents),
        (("<",), payload.xml_documents),
        ((":", "---"), payload.yaml_blocks),
        ((": ", ":\t"), records.headers),
        (("\t",), records.rules),
        (("K:",), records.tunes),
        (("-->",), records.cues),
        (("#!",), partial(code.scripts, comments=comments)),
        ((), partial(code.unfenced, comments=comments)),
        ((">>>", "$ "), code.prompts),
        *(() if comments else ((("/*",), code.block_comments),)),
        (("\n",), payload.csv_tables),
        (("=", "≈"), lines.formulas),
        (("{", "["), payload.json_values),
        (("{", "[", "("), payload.python_literals),
        (("{", "["), payload.broken_literals),
        (("|",), lines.tables),
        ((":", "@"), lines.fields),
        ((), lines.markers),
        ((), partial(inline.paragraphs, numbers=numbers)),
    )


def _spans(text: str, marks: list[Mark]) -> Iterator[Span]:
    at = 0
    for mark in marks:
        if mark.start == mark.end:
            continue
        if at < mark.start:
            yield Prose(text[at : mark.start])
        yield Keep(text[mark.start : mark.end], mark.kind, mark.inline)
        at = mark.end
    if at < len(text):
        yield Prose(text[at:])
