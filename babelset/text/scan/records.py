"""Lines that programs read by their names: headers of mail and HTTP, rules of make, subtitles, tunes of ABC."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from babelset.text.scan import commands
from babelset.text.scan.marks import Mark

HEADERS = re.compile(r"(?:^[A-Z]\w*(?:-\w+)*:[ \t]+\S[^\n]*(?:\n|\Z)(?:[ \t]+\S[^\n]*(?:\n|\Z))*){2,}", re.MULTILINE)
HEADER = re.compile(r"^([A-Z]\w*(?:-\w+)*):[ \t]+[^\n]*(?:\n[ \t]+\S[^\n]*)*", re.MULTILINE)
# Names that only programs write.
TECHNICAL = re.compile(
    r"(?:Content|X|List|DKIM|ARC|Access|Sec|If|Accept|Cache|Transfer|WWW|ETag|Set|Message|MIME|Return|Received|User"
    r"|In|Delivered|Strict|Proxy)(?:-[A-Z]\w*)+|Reply-To|Host|Authorization|Received"
)
MAIL = re.compile(
    r"From|To|Cc|Bcc|Sender|Date|Server|Connection|Location|Cookie|Accept|Allow|Origin|Referer|Via|Age|Vary"
)
SENDER = re.compile(r"^From:[^\n]*@", re.MULTILINE)
DATED = re.compile(r"^Date:[^\n]*\d\d:\d\d", re.MULTILINE)
TARGET = re.compile(
    r"^[a-z.$%(][\w.%/$()-]*(?: [\w.%/$()-]+)*::?(?: [\w.%/$()*-]+)*[ \t]*\n(?:\t[^\n]*(?:\n|\Z))+", re.MULTILINE
)
RECIPE = re.compile(r"\t[@-]?(?:\S+[ ])*?\S*[$/*=|>@]\S|\t\S+(?: \S+)* -\w")
BESIDE = re.compile(
    r"[A-Za-z_]\w*[ ]?[:?+!]?=.*|\#.*|\.[A-Z]+:.*|[a-z][\w./-]*:(?: [\w./-]+)+|-?include .*"
    r"|ifn?(?:eq|def)\b.*|endif|else"
)
CUE = re.compile(r"^(?:\d+\r?\n)?(?:\d+:)?\d\d:\d\d[.,]\d{3} --> (?:\d+:)?\d\d:\d\d[.,]\d{3}[^\n]*$", re.MULTILINE)
TUNE = re.compile(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", re.MULTILINE)
KEY = re.compile(r"^K:[ ]?[A-Ga-g]", re.MULTILINE)
METER = re.compile(r"^(?:X:[ ]?\d|[ML]:[ ]?[\dC])", re.MULTILINE)


def headers(text: str) -> Iterator[Mark]:
    """
    Headers whole, but for the subject, of which the name stays.

    Two lines "From:" and "To:" are the head of any letter: a name that only programs write must be among them, or a
    sender's address and a time.
    """
    for block in HEADERS.finditer(text):
        if "HTTP/" in text[text.rfind("\n", 0, max(block.start() - 1, 0)) + 1 : block.start()]:
            continue  # of a request, which is code as a whole
        found = list(HEADER.finditer(text, block.start(), block.end()))
        if not any(TECHNICAL.fullmatch(each[1]) for each in found) and not (
            SENDER.search(block[0]) and DATED.search(block[0])
        ):
            continue
        for each in found:
            if each[1] == "Subject":
                yield Mark(each.start(), each.start() + len("Subject: "), "header")
            elif TECHNICAL.fullmatch(each[1]) or MAIL.fullmatch(each[1]):
                yield Mark(each.start(), each.end(), "header")


def rules(text: str) -> Iterator[Mark]:
    """Rules of make, a target and commands behind a tab, with the variables and rules without commands around them."""
    inside = deque(rule.span() for rule in TARGET.finditer(text) if _is_rule(rule[0]))
    at, start, end, holds = 0, -1, -1, False
    for line in [*text.split("\n"), "The end."] if inside else ():
        while inside and inside[0][1] <= at:
            inside.popleft()
        ruled = bool(inside) and inside[0][0] <= at
        if ruled or BESIDE.fullmatch(line):
            start, end, holds = at if start < 0 else start, at + len(line), holds or ruled
        elif line.strip():
            if holds:
                yield Mark(start, end, "code")
            start, holds = -1, False
        at += len(line) + 1


def _is_rule(rule: str) -> bool:
    recipe = [line for line in rule.splitlines() if line.startswith("\t")]
    return any(RECIPE.match(line) or commands.is_command(line.strip("\t@-")) for line in recipe)


def cues(text: str) -> Iterator[Mark]:
    """The numbers and times of subtitles, SRT or WebVTT."""
    return (Mark(found.start(), found.end(), "header") for found in CUE.finditer(text))


def tunes(text: str) -> Iterator[Mark]:
    """Music in ABC: paragraphs that tell a key and a metre."""
    for block in TUNE.finditer(text):
        if (key := KEY.search(block[0])) and (metre := METER.search(block[0])):
            start = block.start() + min(key.start(), metre.start())
            yield Mark(start, block.end() - block[0].endswith("\n"), "code")
