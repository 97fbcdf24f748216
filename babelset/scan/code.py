"""Code without fences. Decided for groups of lines, and with doubt in favour of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.scan.marks import Mark

# A text without any of these holds no line of code, and most texts hold none.
HINT = re.compile(r"[;{}=]|\w\(|\):|^[ \t]*(?:import|from|SELECT|sudo|pip|def|class|\$|#include)\b|^(?: {4}|\t)", re.MULTILINE)
NAME = r"[A-Za-z_$][\w$]*"
STRONG = re.compile(
    r"^[ \t]*(?:"
    rf"(?:async +)?def +{NAME} *\(.*|class +{NAME} *(?:\([^()]*\))? *[:{{].*|@{NAME}[\w.]*(?:\(.*\))?"
    rf"|import +[\w.*{{}}, ]+(?: +from .*)?;?|from +[\w.]+ +import +.*|#include *[<\"].*|using +[\w:.]+(?: +[\w.]+)?;|package +[\w.]+;"
    r"|(?:if|elif|else if|while|for|switch|catch|with|except)\b(?=[^.?!(=<>\[]*+[(=<>\[]).*[:{]|(?:else|try|finally|do)\s*[:{]|for +\w+(?:, *\w+)* +in +[^:]*:"
    rf"|(?:return|yield|raise|throw|await|assert|del|break|continue|pass)\b(?:[ (][^.?!]*)?;|return +[\w.\[\]()+*/%'\" -]*[\w\])'\"]"
    rf"|(?:const|let|var|int|long|float|double|char|bool|boolean|string|String|auto|val)(?:\[\])? +[\w*,\[\] ]+(?:=.*|;|\{{)"
    r"|(?:public|private|protected|static|final|abstract|export|function|func|fn|void|struct|interface|enum|namespace)\b.*[{;(]\s*"
    rf"|(?:function|func|fn)\b.*\{{.*"
    rf"|{NAME}(?:\.{NAME}|\[[^\[\]]*\])*(?:, *{NAME})* *(?:[-+*/%|&:]|\*\*|//|<<|>>)?= *[^=\s].*"
    rf"|{NAME}(?:(?:\.|->|::){NAME})* *\(.*\) *(?:[;{{]|=>.*)|{NAME}(?:\.{NAME})*\((?:[^()]|\([^()]*\))*\)"
    r"|.*[;{]|[\])}]+[;,)]*|</?\w[^<>]*>;?|.*=> *[{(].*"
    r"|(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (?:TABLE|DATABASE|INDEX|VIEW|OR)|ALTER TABLE|DROP TABLE)\b.*"
    r"|(?:FROM|WHERE|(?:LEFT |RIGHT |INNER |OUTER |FULL )*JOIN|GROUP BY|ORDER BY|HAVING|LIMIT|VALUES|UNION|SET)\b[^a-z]*.*"
    r"|(?:sudo|pip3? install|npm|npx|apt(?:-get)?|git (?:clone|add|commit|push|pull|init)|docker|kubectl|cd|mkdir|chmod|curl|wget|export) +[-./~\w:\"'@${}=\[\]]+(?: +[-./~\w:\"'@${}=\[\]]+){0,8}"
    r"|\$ +[a-z]\S*(?: .*)?|>>> .*|\.\.\. .*|#!/.*|<\?php.*|print +\(?[\"'].*"
    r")[ \t]*(?:(?://|#).*)?\r?$"
)
WEAK = re.compile(r"^[ \t]*(?:#(?!#).*|//.*|/\*.*|\*.*|--.*|[\"']{3}.*|[^\w]*)\r?$|^(?: {2,}|\t).*")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"^[ \t]*[\"'(]?[A-Z][a-z']*,?(?: [A-Za-z][a-z',-]*){3,}[^;{}=()]*[.?!:;]?\s*$|^[ \t]*(?:[-*+•]|\d+[.)]) ")


def unfenced(text: str) -> Iterator[Mark]:
    """Runs of lines that are code: two strong lines or more, with what stands between them, or one that stands alone."""
    if not HINT.search(text):
        return
    lines = text.split("\n")
    classes = [_classify(line) for line in lines]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for first, last in _runs(lines, classes):
        yield Mark(starts[first], min(starts[last] + len(lines[last]), len(text)), "code")


def _classify(line: str) -> str:
    if not line or line.isspace():
        return "blank"
    if len(line) > 500 or SENTENCE.match(line):
        return "prose"
    if STRONG.match(line):
        return "strong"
    return "weak" if WEAK.match(line) else "prose"


def _runs(lines: list[str], classes: list[str]) -> Iterator[tuple[int, int]]:
    number = 0
    while number < len(lines):
        if classes[number] != "strong":
            number += 1
            continue
        first = last = number
        strong = 0
        while number < len(lines) and classes[number] != "prose":
            if classes[number] == "strong":
                strong, last = strong + 1, number
            elif classes[number] == "weak":
                last = number if not _ends(lines, classes, number) else last
            number += 1
        while classes[last] == "blank":
            last -= 1
        while first and classes[first - 1] == "weak" and lines[first - 1].strip():
            first -= 1
        if strong > 1 or _alone(lines, first, last):
            yield first, last


def _ends(lines: list[str], classes: list[str], number: int) -> bool:
    """A weak line after a blank one, with nothing strong behind it, is no part of the code."""
    return number > 0 and classes[number - 1] == "blank" and lines[number][:1] not in " \t"


def _alone(lines: list[str], first: int, last: int) -> bool:
    """One line of code is believed when it is a paragraph of its own and more symbols than words."""
    before = first == 0 or not lines[first - 1].strip() or lines[first - 1].rstrip().endswith(":")
    after = last + 1 >= len(lines) or not lines[last + 1].strip()
    line = lines[first]
    symbols = sum(line.count(char) for char in "(){}[];=<>*+/\"'._$#&|")
    return before and after and (symbols * 2 >= len(WORD.findall(line)) and symbols > 1)
