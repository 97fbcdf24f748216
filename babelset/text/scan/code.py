"""Code without fences. Decided for runs of lines, and with doubt in favour of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.text.scan.marks import Mark

# A text without any of these holds no line of code, and most texts hold none.
HINT = re.compile(
    r"[;{}=]|\w\(|\):|>>>|^[ \t]*(?:import|from|SELECT|sudo|pip3?|npm|git|cd|ls|ln|def|class|#include)\b|^\$ ",
    re.MULTILINE,
)
NAME = r"[A-Za-z_$][\w$]*"
PATH = rf"{NAME}(?:(?:\.|->|::){NAME}|\[[^\[\]]*\])*"
TAIL = r"[ \t]*(?:(?://|\#).*)?\r?$"
# Lines that no prose looks like.
SURE = re.compile(
    rf"""^[ \t]*(?:
    (?:async[ ]+)?def[ ]+{NAME}.*[({{:=].* | class[ ]+{NAME}[ ]*(?:\([^()]*\))?[ ]*[:{{].* | @{NAME}[\w.]*(?:\(.*\))?
    | import[ ]+(?:static[ ]+)?[\w.*]+(?:[ ]+as[ ]+\w+)?(?:,[ ]*[\w.]+(?:[ ]+as[ ]+\w+)?)*;?
    | import[ ].*[ ]from[ ]+["'].* | import[ ]*(?:\(|["'].*) | from[ ]+[\w.]+[ ]+import[ ]+.*
    | \#(?:include|define|ifdef|ifndef|endif|pragma)\b.* | using[ ]+[\w:.]+(?:[ ]+[\w.]+)?; | package[ ]+[\w.]+;?
    | (?:SELECT|INSERT[ ]INTO|UPDATE|DELETE[ ]FROM|CREATE[ ](?:TABLE|DATABASE|INDEX|VIEW|OR)|(?:ALTER|DROP)[ ]TABLE)\b.*
    | (?:FROM|WHERE|(?:(?:LEFT|RIGHT|INNER|OUTER|FULL)[ ])?JOIN
      |GROUP[ ]BY|ORDER[ ]BY|HAVING|LIMIT|VALUES|UNION|SET)\b.*[=(;,\d].*
    | (?:FROM|GROUP[ ]BY|ORDER[ ]BY)[ ]+[\w.]+(?:[ ](?:AS[ ]\w+|\w|ASC|DESC))?
    | (?:public|private|protected|static|export|void)[ ].*[{{;(][ \t]* | (?:function|func|fn)[ ]+[\w.]*[ ]*[(<].*
    | \$[ ]+[a-z]\S*(?:[ ].*)? | >>>[ ].* | \#!/.* | <\?php.*
    | [}}\])]+[;,)]* | else[ ]*[:{{] | try[ ]*[:{{] | finally[ ]*[:{{]
    | for[ ]+\w+(?:,[ ]*\w+)*[ ]+in[ ]+[^:?!]*: | (?:return|yield|raise|await|assert)\b[ (]?.*[\w\])'"]\(.*\)
    ){TAIL}""",
    re.VERBOSE,
)
# Lines that are code unless they hold a run of words outside quotation marks.
LIKELY = re.compile(
    rf"""^[ \t]*(?:
    (?:if|elif|else[ ]if|while|for|switch|catch|with|except)\b(?=[^.?!(=<>\[]*+[(=<>\[]).*[:{{]
    | (?:break|continue);? | throw[ ]new\b.*; | return(?:[ ]+[\w.]+)?;? | return\b.*[\[(+*/<>='"{{].*
    | (?:const|let|var|val|int|long|float|double|char|bool|boolean|string|String|auto)(?:\[\])?
      [ ]+(?:mut[ ]+)?[\w*\[\]]+(?:[ ]*,[ ]*\w+)*[ ]*(?::?=.*|;|\{{)
    | {PATH}(?:,[ ]*{PATH})*[ ]*(?:[-+*/%|&:]|\*\*|//|<<|>>)?=[ ]*
      (?=[^=]*["'(\[{{\d_$]|[a-z]+\.[a-z]|(?:None|True|False|null|new)\b)[^=\s].*
    | {PATH}[ ]*\(.*\)[ ]*(?:\{{|=>.*) | {PATH}\((?!s\))(?:[^()]|\([^()]*\))*\)
    | (?=.*(?:[\w>][(\[]|[=<>{{}}$_]|\+\+|--|\b(?:if|while|for|switch)[ ]\()).*;
    | .*\{{ | [a-z-]+:[ ]*[\w\#%(),.-]+(?:[ ][\w\#%(),.-]+)?;
    | (?:[A-Z]\w*(?:<[\w, <>]*>)?(?:\[\])?|int|bool)[ ][a-z]\w*;(?=[ \t]*\r?$)
    | .*=>[ ]*[{{(]? | ["'][\w -]+["'][ ]*:[ ]*(?:["'\[{{\d-]|true|false|null).*
    | (?:sudo|pip3?[ ]install|npm|npx|apt(?:-get)?|git[ ](?:clone|add|commit|push|pull|init)|docker|kubectl|cd|mkdir
      |chmod|curl|wget|ln|export)
      (?=[ ].*[-/.~$"':=])(?:[ ]+[-./~\w:"'@$<>{{}}=\[\]]+){{1,12}}
    | print[ ]*\(?["'].*
    ){TAIL}""",
    re.VERBOSE,
)
COMMENT = re.compile(r"^[ \t]*(?:#(?!#)|//|/\*|\*/|\*(?= )|--|[\"']{3})")
PROSE = re.compile(r"^[ \t]*(?:[-*+•]|\d+[.)])[ \t]|^[ \t]*</?[A-Za-z!]")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|(?://|#).*")
KEYWORDS = re.compile(r"\b(?:for|in|if|or|and|not|is|else|while|do|then|let|mut|as|with|return|of|range)\b")
WORDS = re.compile(r"(?<![^\s(])(?:[A-Za-z][a-z']*,? ){3}[A-Za-z]")
AMOUNT = re.compile(
    r"=\s*[$€£]?[\d.,]+ [A-Za-z]{3}|=\s*(?!(?:new|await|async|not|lambda|function)\b)[A-Za-z]{3,} [A-Za-z]{3}"
)
CODEISH = re.compile(r"^\s|[(){}\[\];=<>_]|\w\.\w|^\w+[:,]?$")
WORD = re.compile(r"[A-Za-z]{2,}")
SHEBANG = re.compile(r"^#!/\S.*$", re.MULTILINE)
SENTENCE = re.compile(r"\n[ \t]*\n(?=[A-Z][a-z']* (?:[A-Za-z',]+ ){2})")
LONGEST_LINE = 500  # of code; bounds what the patterns above can cost
LONGEST_GAP = 3  # lines inside code that are not recognised as such


def scripts(text: str) -> Iterator[Mark]:
    """From a `#!` line to the end, or to the paragraph that begins like an English sentence."""
    at = 0
    while found := SHEBANG.search(text, at):
        after = SENTENCE.search(text, found.end())
        at = after.start() if after else len(text)
        yield Mark(found.start(), at, "code")


def unfenced(text: str) -> Iterator[Mark]:
    """Two lines of code or more, with what stands between them, or one that is a paragraph of its own."""
    if not HINT.search(text):
        return
    lines = text.split("\n")
    classes = [_classify(line) for line in lines]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for first, last in _runs(classes):
        sure = sum(kind == "code" for kind in classes[first : last + 1])
        if sure > 1 or _alone(lines, first, last):
            yield Mark(starts[first], starts[last] + len(lines[last]), "code")


def _classify(line: str) -> str:
    """ "code", "blank", "comment" and "maybe", which count between lines of code, or "prose"."""
    if not line or line.isspace():
        return "blank"
    if len(line) > LONGEST_LINE or PROSE.match(line):
        return "prose"
    if SURE.match(line):
        return "code" if "`" not in line else "prose"
    if COMMENT.match(line):
        return "comment"
    bare = QUOTED.sub("", line)
    if bare.lstrip()[:1].islower():  # no sentence begins so
        bare = KEYWORDS.sub("=", bare)
    if WORDS.search(bare) or AMOUNT.search(bare) or "`" in line:
        return "prose"
    if LIKELY.match(line):
        return "code"
    return "maybe" if CODEISH.search(bare) else "prose"


def _runs(classes: list[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each run: it begins and ends with code or its comments."""
    number = 0
    while number < len(classes):
        if classes[number] != "code":
            number += 1
            continue
        first = last = number
        while first and classes[first - 1] == "comment":
            first -= 1
        while number < len(classes) and classes[number] != "prose" and number - last <= LONGEST_GAP + 1:
            if classes[number] == "code" or (classes[number] == "comment" and classes[number - 1] != "blank"):
                last = number
            number += 1
        number = last + 1
        yield first, last


def _alone(lines: list[str], first: int, last: int) -> bool:
    """One line is believed when it is a paragraph of its own, or follows a colon, and has more symbols than words."""
    before = first == 0 or not lines[first - 1].strip() or lines[first - 1].rstrip().endswith(":")
    after = last + 1 >= len(lines) or not lines[last + 1].strip()
    line = lines[last]
    symbols = sum(line.count(char) for char in "(){}[];=<>*+/\"'._$#&|-")
    dense = symbols > 1 and symbols * 2 >= len(WORD.findall(line))
    return before and after and (dense or (symbols > 0 and bool(SURE.match(line))))
