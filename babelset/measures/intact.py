"""
What is no word, in a text and in its translation: links, markup, code, LaTeX, control tokens, hidden characters.

It counts tokens of two strings, and knows nothing of the parser that decided what to translate: what that overlooks is
found here. Quotation marks, punctuation and numbers are what languages write differently; they are no tokens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

import regex

from babelset.contracts.filter import Scored
from babelset.languages import Language

# Alternatives are tried in this order, and a character belongs to one token. Names tell how a token is compared:
# by its text, or, where prose may stand in it, by its kind alone.
TOKENS = r"""
 (?P<link>
    (?:https?|ftp)://[\w\-.~:/?\#@!$&*+,;=%]*[\w/\#=&~-]
  | www\.[\w-]+\.[\w\-.~:/?\#@!$&*+,;=%]*[\w/\#=&~-]
 )
 | (?!(?<=\w)[A-Za-z])(?:  # nothing else begins inside a word, where most characters stand
 (?P<text>
    (?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w
  | <\|[^|>\s]{1,60}\|> | \[/?(?:INST|SYS|SYSTEM|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\] | <</?SYS>>
  | &(?:\#\d+|\#x[0-9a-f]+|[a-z]+\d*);
  | \$\{ | \$\( | \{\{ | \}\} | \{% | %\} | (?<![\d\w])%(?:[sdifr]\b|\(\w+\)[sdf]|[A-Z_]+%)
  | \$[A-Za-z_][A-Za-z_\d]*(?![\w$^\\+=])
  | \\[A-Za-z]+
  | \b[A-Za-z]:\\
  | (?<![\w/.<:])(?:\.{0,2}|~)/[A-Za-z_][\w.-]*(?:/[\w.-]*)*
  | (?<![\w.-])[A-Za-z][\w.-]{1,100}/[A-Za-z][\w.-]{1,100}[\d_][\w.-]*
  | (?<![\w.])\w+(?:_+[A-Za-z\d]+)+
  | (?<!\w)__[a-z]+__(?!\w)
  | (?<![\w.@])[A-Za-z_]\w+(?:\.[a-z_]\w+)+(?!\w|\.\w|@)
  | (?<![\w@])@[A-Za-z]\w+
  | ^[ \t]*\(?(?:[A-H]|I{1,3}|IV|VI{0,3}|IX)[).](?=[ \t]+\S) | (?<!\w)\([A-Z]\)
  | \A\s*[A-H][).:]?\s*\Z | \b[A-H](?=,\ [A-H],\ )
  | \{[A-Za-z_][\w.]*(?:[!:][^{}\s]{0,40})?\}
  | &&|\|\||=>|->|<-(?!\w)|::|===?|!=|<=|>=|\+=|-=|:=|\*\*|\+\+|~~
  | [{}|^`=\\*_]
  | \p{Extended_Pictographic}(?<![\d©®™\#*])
 )
 | (?P<camel>\b[a-z]+[A-Z][A-Za-z\d]*\b | \b[a-z]{2,}\d+[A-Za-z\d]*\b)
 | (?P<names>\b(?!(?:Ma?c|[DL][aei]|Di|Van|Fitz)[A-Z])[A-Z][a-z]+[A-Z][a-z]\w*\b | \b[A-Z][A-Za-z]{2,}\d+[A-Za-z\d]*\b)
 | (?P<tag></?[A-Za-z][\w:-]*(?:[\s/][^<>]{0,500})?>|<!--|-->|<!DOCTYPE|<\?\w+|</?\d+/?>)
 | (?P<call>\b[\p{L}_][\w.]{0,100}(?:\(\)|\([\w\s.,"'=:\[\]-]*[="'\[:,][^()\n]{0,80}\)))
 | (?P<flag>(?<=\s)(?:--[a-z][\w-]+|-[b-df-hj-np-tv-xz]{1,3}(?=\s|$)))
 | (?P<formula>\$(?![\d\s])[^$\n]{0,200}?[^$\n\s]\$(?!\d))
 | (?P<hashtag>\#(?=[\p{L}_])) | (?P<heading>\#{2,6}(?=\s)|^\#(?=\ ))
 | (?P<bracket>[\[\]])
 | (?P<angle>[<>])
 )
"""
"""`link`, `text` and `--flag` are compared by all of them, `camel` and `names` without a plural s, the others by their
kind."""

# A line in which none of these stands has no token; most lines of prose have none.
SPECIAL = regex.compile(
    r"[^\w\s.,;:!?'\"()\-–—“”’‘«»¿¡…€£।。，、？！：；（）]|[_A-Za-z]\d|_|[a-z][A-Z]|\w\.[a-z_]|\s-{1,2}[a-z]"
    r"|[\w](?:\(|\\)|www\.|^\s*\(?[A-HIVX]{1,4}[).]\s|\([A-Z]\)"
    r"|^\s*[A-H][).:]?\s*$|\b[A-H], [A-H], "
)
# The same and some more, 14 times as fast: it begins with a set of characters, and looks behind from there, so `re`
# passes over the others at once.
PERHAPS = re.compile(
    r"[^a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\s,;:!?'\"–—“”’‘«»¿¡…€£।。，、？！：；（）]"
    r"(?:(?<=[^\w\s.()\-])|(?<=[²³¹¼-¾\u2070-\u218b\u2460-\u249b])|(?<=[_A-Za-z]\d)|(?<=_)|(?<=[a-z][A-Z])"
    r"|(?<=\w\.)[a-z_]|(?<=\s-)-?[a-z]|(?<=\w\()|(?<=www\.)|(?<=\([A-Z])\)|(?<=[A-H]), [A-H], )"
)
ITEM = re.compile(r"\s*\(?[A-HIVX]{1,4}[).]\s|\s*[A-H][).:]?\s*$")

ROLE = regex.compile(
    r"(?:^[ \t>*#]*(?:Human|Assistant|User|System|AI)|(?<=[\s.!?])(?:Human|Assistant))[ \t]?:", regex.MULTILINE
)
TAG = regex.compile(r"</?[\w:-]+|\bon\w+\s*=|<\W+")
HIDDEN = regex.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffd\U0001d173-\U0001d17a\U000e0000-\U000e0fff\p{Co}\p{Cs}"
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"
    r"|\p{Mn}{4,}"
)
UNUSUAL = re.compile("[^\t\n\r -~\xa0-\xac\xae-\u02ff\u2010-\u2027]")  # what no hidden character is without
# Hidden characters that a script needs, at the places where it needs them.
JOINERS = r"(?<=[\p{L}\p{M}])[\u200c\u200d](?![\u200b-\u200f])"
BREAKS = r"(?<=[\p{L}\p{M}\p{N}\p{P}])\u200b(?![\u200b-\u200f])"
MARKS = r"(?<![\u200e\u200f\u061c])[\u200e\u200f\u061c](?![\u200e\u200f\u061c])(?:(?<=[^\p{L}].)|(?![\p{L}]))"
NEEDED = {
    **dict.fromkeys(("Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh", "Olck"), JOINERS),
    **dict.fromkeys(["Khmr", "Laoo", "Thai", "Mymr", "Tibt"], f"{BREAKS}|{JOINERS}"),
    "Arab": f"{JOINERS}|{MARKS}",
    "Hebr": MARKS,
}
EMOJI = regex.compile(r"(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?)[\ufe0f\u200d]|\ufe0f(?=\u20e3)")
CONTROL = regex.compile(
    r"<\|[^|>\s]{1,60}\|>|<｜[^｜>\s]{1,60}｜>|\[/?(?:INST|SYS|SYSTEM|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>"
    r"|</?s>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|</?think(?:ing)?>"
)
OTHER_QUOTES = regex.compile("[“”„«»‘’『』「」]")
QUOTES = re.compile('["“”]{3,}')
OPENING = regex.compile(r"(?<![\w\p{M}'’])'(?=[\w(¿¡])")
CLOSING = regex.compile(r"(?<=[\w\p{M}\p{P}])(?<!')'(?![\w'])")
CYRILLIC = regex.compile(r"\p{Cyrillic}[aceopxyABCEHKMOPTXi]+\p{Cyrillic}")
NO_LATIN = re.compile("[\u0370-\u1fff\u2126-\U0010ffff]")  # Greek and Cyrillic among others
LATIN = regex.compile(r"\p{Latin}[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}]\p{Latin}")


@cache
def _tokens() -> regex.Pattern[str]:
    return regex.compile(TOKENS, regex.VERBOSE | regex.MULTILINE)


def tokens(text: str) -> Counter[str]:
    """
    What is no word in a text, each with how often it stands there.

    >>> tokens("See <b>https://a.org</b>, `x` and my_name.")
    Counter({"`": 2, "<b": 1, "https://a.org": 1, "</b": 1, "my_name": 1})
    """
    return _counted(_special(text))


def _special(text: str) -> list[str]:
    """The lines that may hold a token."""
    return [line for line in text.splitlines() if (PERHAPS.search(line) or ITEM.match(line)) and SPECIAL.search(line)]


def _counted(lines: Iterable[str]) -> Counter[str]:
    return Counter(token for line in lines for found in _tokens().finditer(line) for token in _keys(found))


def _apart(source: str, target: str) -> tuple[Counter[str], Counter[str]]:
    """The tokens of both texts, without the lines that stand in both, as code does."""
    here, there = _special(source), _special(target)
    if here == there:  # as most, for they have none
        return Counter(), Counter()
    one, other = Counter(here), Counter(there)
    return _counted((one - other).elements()), _counted((other - one).elements())


def _keys(found: regex.Match[str]) -> list[str]:
    kind = found.lastgroup or ""
    if kind in ("link", "text") or found[0].startswith("--"):
        return [found[0].strip()]
    if kind in LATIN_ONLY:
        return [LATIN_ONLY[kind] + found[0].removesuffix("s")]
    if kind == "tag":
        return list(TAG.findall(found[0]))
    if kind == "call":
        return [found[0].partition("(")[0] + "()", *tokens(found[0].partition("(")[2]).elements()]
    return [SHOWN.get(kind, found[0])]


LATIN_ONLY = {"camel": "\0", "names": "\1"}  # begin a token that other scripts write as it is spoken
SHOWN = {"flag": "a --flag", "formula": "a formula $...$"}


def differences(unit: Scored) -> tuple[Counter[str], Counter[str]]:
    """
    The tokens that the target of a unit lacks, and those that its source does not hold.

    >>> differences(Scored("Run `ls`.", "Ejecuta ls en https://evil.example.", pair))
    (Counter({"`": 2}), Counter({"https://evil.example": 1}))
    """
    target = unit.target or ""
    before, after = _apart(unit.source, target)
    lost, added = before - after, after - before
    if unit.pair.source.script != unit.pair.target.script:
        lost = Counter({token: n for token, n in lost.items() if token[0] > "\1"})
    added = Counter({token.lstrip("\0"): n for token, n in added.items() if token[0] != "\1"})  # a name may come in
    lost = Counter({token.lstrip("\0\1"): n for token, n in lost.items()})
    if set(added) == {"[", "]"} and added["["] == added["]"] and not lost:
        added = Counter()  # a word put in by the translator [sic]
    if _unpaired(unit.source, target):
        lost["one of a pair of quotation marks"] += 1
    return lost, added + _unasked(unit, target)


def _unpaired(source: str, target: str) -> bool:
    """
    Whether single quotation marks are paired in the source and no longer in the target: 'size' -> ize'.

    A target with marks of another kind is not judged: people mix them, and lose double ones (0.9 % of human
    translations into Hindi).
    """
    if "'" not in source or OTHER_QUOTES.search(target):
        return False
    pairs = len(OPENING.findall(source))
    if not pairs or pairs != len(CLOSING.findall(source)):
        return False
    return len(CLOSING.findall(target)) > len(OPENING.findall(target))


def planted(text: str, language: Language) -> str:
    """
    What no writer of a language puts into a text: control tokens, hidden characters, letters of two scripts in a word.

    >>> planted("Hola<|im_end|>", find("ca")), planted("Hola 👨\u200d👩\u200d👧!", find("ca"))
    ('the control token <|im_end|>', '')
    """
    if token := CONTROL.search(text):
        return f"the control token {token[0]}"
    if HIDDEN.search(text):
        allowed = _needed(language.script)
        rest = EMOJI.sub("", allowed.sub("", text) if allowed else text)
        if hidden := HIDDEN.search(rest):
            return f"the {_name(hidden[0])}"
    return _mixed(text, language.script)


def _mixed(text: str, script: str) -> str:
    """Letters of two scripts inside a word; "" for none."""
    mixed = {"Cyrl": CYRILLIC, "Latn": LATIN}.get(script)
    found = mixed.search(text) if mixed and NO_LATIN.search(text) else None
    return f"letters of two scripts in {found[0]}" if found else ""


def _unasked(unit: Scored, target: str) -> Counter[str]:
    """Turns of another dialogue, hidden characters, runs of quotation marks, and words in letters of two scripts."""
    found = Counter({"a turn of a dialogue": len(ROLE.findall(target)) - len(ROLE.findall(unit.source))})
    if UNUSUAL.search(target) and (hidden := HIDDEN.findall(target)):
        allowed = _needed(unit.pair.target.script)
        hidden = HIDDEN.findall(allowed.sub("", target)) if allowed else hidden
        found += Counter(map(_name, hidden)) - Counter(map(_name, HIDDEN.findall(unit.source)))
    script = unit.pair.target.script
    if (quotes := QUOTES.search(target)) and quotes[0] not in unit.source:
        found[quotes[0]] = 1
    if (mixed := _mixed(target, script)) and not _mixed(unit.source, script):
        found[mixed] = 1
    return +found


@cache
def _needed(script: str) -> regex.Pattern[str] | None:
    return regex.compile(NEEDED[script]) if script in NEEDED else None


def _name(hidden: str) -> str:
    return f"hidden character U+{ord(hidden[0]):04X}"
