"""What a line of text may be, judged by its looks alone: cheap, and never the last word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from babelset.text.scan import commands, sql
from babelset.text.scan.vocabulary import WORDS as TABLES
from babelset.text.scan.vocabulary import joined

# What a line of code may begin with that holds no symbol, also behind a stop or a colon; for text behind a line break.
# It begins with a set of characters, and looks behind from there: so `re` passes over the others at once.
STARTERS = re.compile(
    r"[\n.!:-](?:(?<=\n)(?:[ \t]*(?:"
    r"import|from|select|SELECT|CREATE|INSERT|UPDATE|DELETE|ALTER|DROP|sudo|pip3?|npm|npx|yarn|conda|docker|kubectl|git|cd|ls|ln|chmod|mkdir|grep"
    r"|tar|curl|wget|cp|mv|rm|ps|python3?|node|def|class|return|raise|assert|throw|use|let|var|const"
    r"|package|require|puts|echo|print|set|eval|\. /"
    r"|async|await|yield|del|global|export|with|#(?:include|define))\b|\$ )"
    r"|(?<=[.!:]) +(?:import|from|del|return|assert|raise|yield|def|class|try:|puts|pip|npm|git|python"
    r"|#define|CREATE|INSERT|ALTER)\b"
    r"|(?<= -)-?\w|(?<=:)(?:[ \t]*\n[ \t]+\S| (?:int|str|float|bool)$))",
    re.MULTILINE,
)
# Either of these is in every text that holds a line of code, and most texts hold neither.
SYMBOLS = re.compile(r"[;{}=(\[:>|](?:(?<=[;{}=])|(?<=\w[(\[])|(?<=\):)|(?<=>)>>|(?<= \|) )")
NAME = r"[A-Za-z_$][\w$]*"
PATH = rf"{NAME}(?:(?:\.|->|::){NAME}|\[[^\[\]]*\])*"
TAIL = r"[ \t]*(?:(?://|\#|--[ ]).*)?\r?$"
# Lines that no prose looks like.
SURE = re.compile(
    rf"""^[ \t]*(?:
    (?:async[ ]+)?def[ ]+{NAME}.*[({{:=].* | class[ ]+{NAME}[ ]*(?:\([^()]*\))?[ ]*[:{{].* | @{NAME}[\w.]*(?:\(.*\))?
    | import[ ]+(?:static[ ]+)?[\w.*]+(?:[ ]+as[ ]+\w+)?(?:,[ ]*[\w.]+(?:[ ]+as[ ]+\w+)?)*;?
    | import[ ].*[ ]from[ ]+["'].* | import[ ]*(?:\(|["'].*) | from[ ]+[\w.]+[ ]+import[ ]+.*
    | \#[ ]*(?:include|define|ifdef|ifndef|endif|pragma|undef)\b.*
    | using[ ]+[\w:.]+(?:[ ]+[\w.]+)?; | package[ ]+[\w.]+;?
    | (?:SELECT|INSERT[ ]INTO|UPDATE|DELETE[ ]FROM|CREATE[ ](?:TABLE|DATABASE|INDEX|VIEW|OR)|(?:ALTER|DROP)[ ]TABLE)\b.*
    | (?:FROM|WHERE|(?:(?:LEFT|RIGHT|INNER|OUTER|FULL)[ ])?JOIN
      |GROUP[ ]BY|ORDER[ ]BY|HAVING|LIMIT|VALUES|UNION|SET|AND|OR|ON)\b.*[=(;,\d<>].*
    | (?:FROM|GROUP[ ]BY|ORDER[ ]BY)[ ]+[\w.]+(?:[ ](?:AS[ ]\w+|\w|ASC|DESC))?
    | (?:public|private|protected|static|export|void)[ ].*[{{;(][ \t]* | (?:function|func|fn)[ ]+[\w.]*[ ]*[(<].*
    | \$[ ]+[a-z]\S*(?:[ ].*)? | >>>[ ].* | \#!/.* | <\?php.*
    | \#!?\[[\w(), ="]+\]
    | [a-z_]\w*:[ ](?:int|str|float|bool|bytes|(?:Optional|List|Dict|Tuple|Set|Union|list|dict|set)\[.*\])(?:[ ]=.*)?
    | [a-z_]\w*(?:,[ ]*[a-z_*]\w*)+[ ]*=[ ]*[^=\s].* | [}}\])]+[;,)]* | else[ ]*[:{{] | try[ ]*[:{{] | finally[ ]*[:{{]
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
# Lines that only a grammar can tell from prose, and that are worth its time.
HINTED = re.compile(
    r"^[ \t]*(?:return|yield|raise|assert|await|del|global|nonlocal|throw|with|async|import|from|use|let|var|const|val"
    r"|mut|package|require|include|typedef|puts|echo|print|select|insert|update|delete|create|alter|drop|export|goto|end|def|class|elif"
    r"|if|while|for|except|struct|enum|type|interface|module|match|case|namespace|abstract|trait|impl|static|public|private|final|mod|pub|fn|func|function)\b"
    r"|\w\(|\w\[|[=<>]|\{.*[;:].*\}|[\w)\]]\.[a-z_]\w*|;\s*$|\b[A-Za-z]+_\w|^[ \t]*[\w.-]+:[ ]*\S+;|^\$"
)
COMMENT = re.compile(r"^[ \t]*(?:#(?!#)|//|/\*|\*/|\*(?= )|--|[\"']{3})")
PROSE = re.compile(r"^[ \t]*(?:[-*+•]|\d+[.)])[ \t]|^[ \t]*</?[A-Za-z!]")
PLAIN = re.compile(r"(?![^\n]*[.!:] +[a-z@])[A-Z][a-z ][A-Za-z0-9'’ ,.!?:-]*\r?$")  # a sentence without symbols
TITLE = re.compile(r"^[A-Z][\w'’()/ -]*:?[ \t]*\r?$")  # "Output", "Example 2:"
SYMBOLIC = re.compile(r"(?:[ \t]|\((?=[^()]*,$)).*[=(){}\[\];]")  # prose is seldom indented, and has few symbols then
QUOTED = re.compile(r"(?:\"{3}|'{3}).*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?://|#(?![\da-fA-F]{3})).*")
STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:^|(?<=[;{}),]))[ \t]*//.*|(?<![\w\"'])#.*")
ARGUMENTS = re.compile(r"(?:(?<=[\w\])(\[{])|(?<== ))\([^()]*\)")
KEYWORDS = re.compile(
    r"\b(?:for|in|if|or|and|not|is|else|while|do|then|let|mut|as|with|return|of|range|from|import|select|where|join|on|by|order"
    r"|group|limit|insert|into|values|update|set|delete|create|table|public|static|class|extends|implements|new|raise|assert|yield|del"
    r"|global|nonlocal|elif|except|try|lambda|async|await|from|when|case|end|unless|until|const|func|fn|void|int)\b"
)
WORDS = re.compile(r"(?<![^\s(])(?:[A-Za-z][a-z']*,? ){3}[A-Za-z]")
AMOUNT = re.compile(
    r"=\s*[$€£]?\d(?:[\d.,]*\d)? [A-Za-z]{3,}(?![\w.]*[(\[])"
    r"|=\s*(?!(?:new|await|async|not|lambda|function)\b)[A-Za-z]{3,} [A-Za-z]{3}"
)
CODEISH = re.compile(r"^\s|[(){}\[\];=<>_]|\w\.\w|^\w+[:,]?$")
# Where code may begin behind prose in one line: "Use this: import os", "Sure! def f(x):".
LEAD = re.compile(r"(?<=[.!:])[ \t]+(?=\S)")
PHRASE = re.compile(r"[A-Z][\w'’-]*(?:,? [\w'’\"-]+)+:$")
CODE = re.compile(r"[={}\[\]]")
STARTS = re.compile(
    r"[^\n]*[(){}\[\];=<>$|#]|(?:class|for|while|if|with|try|puts|require|select|[A-Z]{4}|import|from|return|raise|assert|yield|del|package|using|use|int|private|public|sudo)\b|@\w"
    r"|[a-z][\w-]+ (?:-|[a-z.])[^\n]*$"
)
LONGEST_LINE = 500  # of code; bounds what the patterns above can cost
LONGEST_STRING = 200  # lines inside one string, comment or bracket
MOST_MISSES = 20  # brackets that never close, in one text; looking for their ends would be slow
LITERAL = re.compile(r"(?:[=(\[:,]|\breturn)[ \t]*\{[ \t]*(?:(?:#|//).*)?\r?$")  # not the brace of a body
OPEN_END = re.compile(r"(?:[(\[{,|&+*/=%\"'-]|\b(?:and|or|not|in|if|else))[ \t]*(?:(?:#|//).*)?\r?$")
# What goes on up to a line that a shell knows: the body of a here-document, or of a function.
HERE = re.compile(r"<<[-~]?[ \t]*[\\'\"]?([A-Z_]\w*)['\"]?")
COMPOUND = re.compile(r"([ \t]*)(if|while|until|for|case)\b(?:.*;[ \t]*(?:then|do)|.*[ \t]in|.*)[ \t]*(?:#.*)?$")
CLOSERS = {"if": "fi", "case": "esac"}  # others end with "done"
QUOTED_VALUE = re.compile(r"[ \t]*(?:export )?[A-Za-z_]\w*=\"(?:[^\"\\]|\\.)*\\?$")
FUNCTION = re.compile(r"(?:function[ ]+)?[A-Za-z_][\w-]*[ ]?\(\)[ \t]*(?:\{[ \t]*)?$")
OPENERS = (('"""', '"""'), ("'''", "'''"), ("/*", "*/"))


def may_hold(text: str) -> bool:
    """Whether a text may hold a line of code; most texts do not."""
    return bool(SYMBOLS.search(text) or STARTERS.search("\n" + text))


class Line(NamedTuple):
    """One line, or the code after the colon of one that begins as prose."""

    start: int
    end: int
    kind: str  # "code", "hinted", "maybe", "comment", "inside", "blank", "prose"
    sure: bool = False
    indented: bool = False


def lines(text: str) -> list[Line]:
    out: list[Line] = []
    at = inside = missed = 0
    raw = text.split("\n")
    for number, line in enumerate(raw):
        if inside > 0:
            out.append(Line(at, at + len(line), "inside", indented=line[:1] in (" ", "\t")))
            inside -= 1
        else:
            out += _pieces(line, at, out[-1].kind if out else "blank")
        if inside <= 0 and out[-1].kind != "prose" and missed < MOST_MISSES:
            inside = _goes_on(line, out[-1].kind == "code", raw[number + 1 : number + 1 + LONGEST_STRING])
            missed += inside < 0
            if inside > 0 and out[-1].kind == "maybe" and FUNCTION.match(line):
                out[-1] = out[-1]._replace(kind="hinted")
        at += len(line) + 1
    return out


def _goes_on(line: str, likely: bool, following: list[str]) -> int:
    """How many lines a string, comment, bracket or statement that this line leaves open goes on; -1: for ever."""
    if (statement := sql.more_lines(line, following)) >= 0:
        return statement
    if (shell := to_the_line(line, following)) > 0:
        return shell
    for opener, closing in OPENERS:
        if opener not in line:
            continue
        opened = line.count(opener) % 2 if opener == closing else line.rfind(opener) > line.rfind(closing)
        if opened:
            return next((at for at, later in enumerate(following, 1) if closing in later), -1)
    if line.endswith("\\"):
        return 1
    return _to_the_bracket(line, following) if likely or OPEN_END.search(line) else 0


def of_a_shell(line: str) -> bool:
    """Whether a line may open a function, a compound command or a quoted value of a shell; `to_the_line` knows."""
    return bool(FUNCTION.match(line) or COMPOUND.match(line) or QUOTED_VALUE.match(line))


def to_the_line(line: str, following: list[str]) -> int:
    """How many lines a here-document, a quoted value, a function or a compound command of a shell goes on; else 0."""
    if compound := COMPOUND.match(line):
        closing = compound[1] + CLOSERS.get(compound[2], "done")
        return next((at for at, later in enumerate(following, 1) if closing in later and _bare(later) == closing), 0)
    if QUOTED_VALUE.match(line):
        return next((at for at, later in enumerate(following, 1) if '"' in later and later.rstrip().endswith('"')), 0)
    here = HERE.search(line) if "<<" in line else None
    opened = line.endswith("{") or (line.endswith(")") and following[:1] == ["{"])
    if here is None and not (opened and FUNCTION.match(line)):
        return 0
    ending = here[1] if here else "}"
    closings = (ending, f"\t{ending}")
    return next((at for at, later in enumerate(following, 1) if ending in later and later.rstrip("\r") in closings), 0)


def _bare(line: str) -> str:
    return line.split("#")[0].rstrip(" \r;")


def _to_the_bracket(line: str, following: list[str]) -> int:
    brackets = ("([{", ")]}") if LITERAL.search(line) else ("([", ")]")
    depth = _depth(line, *brackets)
    if depth <= 0:
        return 0
    for at, later in enumerate(following, 1):
        depth += _depth(later, *brackets)
        if depth <= 0:
            return at
    return -1


def _depth(line: str, opening: str, closing: str) -> int:
    bare = STRING.sub("", line)
    return sum(map(bare.count, opening)) - sum(map(bare.count, closing))


def _behind(line: str, lead: re.Match[str], kind: str, previous: str) -> tuple[str, bool]:
    """The kind of what follows a colon or a stop; a word before a colon is a key where code came before it."""
    is_key = line[lead.start() - 1] == ":" and kind != "prose" and not PHRASE.match(line[: lead.start()])
    if (
        CODE.search(line, 0, lead.start())
        or (is_key and previous not in ("prose", "blank"))
        or not STARTS.match(line, lead.end())
    ):
        return "prose", False
    return classify(line[lead.end() :])


def _pieces(line: str, at: int, previous: str) -> Iterator[Line]:
    if PLAIN.match(line):
        yield Line(at, at + len(line), "prose")
        return
    kind, sure = classify(line)
    if not sure and line[:1].isupper():
        for lead in islice(LEAD.finditer(line), 4):
            after, is_sure = _behind(line, lead, kind, previous)
            if after in ("code", "hinted"):
                yield Line(at, at + lead.end(), "prose")
                yield Line(at + lead.end(), at + len(line), after, is_sure)
                return
    yield Line(at, at + len(line), kind, sure, line[:1] in (" ", "\t"))


def classify(line: str) -> tuple[str, bool]:
    """The kind of a line, and whether no prose looks like it."""
    if not line or line.isspace():
        return "blank", False
    bare = QUOTED.sub('""', line)
    line = line if len(line) <= LONGEST_LINE else bare
    if len(line) > LONGEST_LINE or PROSE.match(line):
        return "prose", False
    if SURE.match(line) or sql.begins(line):
        return "code", True
    if COMMENT.match(line):
        return "comment", False
    for _ in range(3 * ("(" in bare)):
        bare = ARGUMENTS.sub("[]", bare)
    words = bare
    if "=" in bare or not bare.lstrip()[:1].isupper():  # no sentence begins so
        words = KEYWORDS.sub("_", bare)
    if commands.FIRST.match(line) and commands.is_command(line):
        return "hinted", False
    if WORDS.search(words) or AMOUNT.search(words) or TITLE.match(line):
        return ("hinted" if SYMBOLIC.match(line) else "prose"), False
    if LIKELY.match(line):
        return "code", False
    if HINTED.search(bare):
        return "hinted", False
    return ("maybe" if CODEISH.search(bare) else "prose"), False


# What a language is known by; a grammar is asked in the order of what is found.
SIGNS: dict[str, list[str]] = TABLES["signs"]
PATTERNS = {
    name: re.compile(joined(signs), re.MULTILINE | (re.IGNORECASE if name == "sql" else 0))
    for name, signs in SIGNS.items()
}
SHELL = re.compile(rf"^{commands.FIRST.pattern}", re.MULTILINE)
GENERAL = ("python", "javascript")  # asked also where nothing speaks for them
BRACED = ("java", "cpp")  # slow on prose; asked where there is a brace, or a semicolon at the end of a statement
BRACE = re.compile(r"\{|;[ \t]*(?:/[/*].*)?\r?$", re.MULTILINE)
SAMPLE = 4000  # characters that languages are guessed from


def languages(code: str) -> list[str]:
    """Languages that a text may be written in, the likeliest first."""
    sample = code[:SAMPLE]
    counts = {name: len(pattern.findall(sample)) for name, pattern in PATTERNS.items()}
    counts["bash"] += len(SHELL.findall(sample))
    ranked = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    others = GENERAL + BRACED if BRACE.search(sample) else GENERAL
    return [*ranked, *(name for name in others if name not in ranked)]
