"""What stands inside a sentence: inline code, maths, addresses, paths, placeholders, tags, emoji, numbers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from babelset.text.scan import commands, labels
from babelset.text.scan.marks import Mark
from babelset.text.scan.markup import markup
from babelset.text.scan.tags import tag

# A search for this costs a tenth of the scanners, and most paragraphs do not hold it.
SIGNS = (
    r"`$<{}\[\\*_~@&%|/#=\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\u20e3"
    r"\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\ufeff\ud800-\uf8ff\U0001f000-\U0010ffff"
)
# It begins with a set of characters, and looks behind from there: so `re` passes over the others at once.
SPECIAL = re.compile(
    rf"[{SIGNS}.(\dA-Z-](?:(?<=[{SIGNS}])|(?<=\s-)-?[A-Za-z]|(?<=\w\.)[a-z0-9]|(?<=\w\()"
    r"|(?<=www\.)|(?<=\d) ?[AaPp][Mm]\b"
    rf"|{labels.HINT})"
)
SYMBOL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\uf8ff\U000f0000-\U0010ffff]+"
    r"|(?P<emoji>(?:[\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff\u20e3]|[#*0-9]\ufe0f?\u20e3"
    r"|\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])|\ufe0f|[\U000e0020-\U000e007f])+)"
)
BLANK = "\x1a"  # stands for text that is already kept: no scanner knows it
URL_CHAR = r"[^\s<>\"'`|\\^{}()\[\]\x1a]"
URL_BODY = rf"(?:{URL_CHAR}|\({URL_CHAR}*+\))*(?<![.,;:!?*_~])"
EXTENSION = (
    r"(?:py|ipynb|js|jsx|ts|tsx|json|jsonl|csv|tsv|txt|md|html?|css|scss|php|rb|rs|go|java|class|jar|cpp|hpp|cc|cs|sql|sh|bat|ps1|ya?ml"
    r"|toml|ini|cfg|conf|log|xml|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|mp[34]|wav|zip|tar|gz|exe|dll|db|env|lock|parquet)"
)
IN_BRACKETS = r"(?:[^()\n]|\((?:[^()\n]|\([^()\n]{0,100}\)){0,100}+\)){0,200}+"
CHAIN = rf"(?:\.[A-Za-z_]\w*+(?:\({IN_BRACKETS}\))?)*+"
# "torch.load(f, key=1)", "print('a b')", "len(my_list)"; not "item(s)", not "word (aside)"
CALL = re.compile(
    rf"(?<![\w/.])(?:(?:[A-Za-z_]\w*+\.)+[A-Za-z_]\w*+\({IN_BRACKETS}\)"
    rf"|[A-Za-z_]\w*+\((?:(?=[\"'\d\[{{\x1a]|\w+ ?=|[\w.]*[_.(]\w|[a-fi-rt-z][,)]){IN_BRACKETS})?\)){CHAIN}"
)
SETTING = re.compile(r"(?<![\w=<>!&?/.\x1a-])[A-Za-z_][\w-]*+=(?![=>])[^\s,;()<>]*[^\s,;()<>.!?:\"'*]")  # NAME=value
IDENTIFIER = re.compile(r"(?<![\w/.@:<-])[A-Za-z0-9][\w.-]*+/[A-Za-z][\w.-]*\w(?![\w/])")  # org/name
# Options of a command, also "[-name text]" of its synopsis, and formulas of a spreadsheet.
OPTION = re.compile(
    r"(?<![^\s(\[|'\"/])--[a-z][\w-]*(?:=[\w./:@,-]*\w)?(?![\w ,']{0,60}-- )"
    r"|(?<=\S[ (\[|])-(?:i?name|type(?: [fdlbcps]\b)?|exec|print0?|delete|[acm](?:time|min)|size|perm|m(?:ax|in)depth"
    r"|jar|classpath|cp|std|Wall|Wextra|X[ms][sxn]\w*|[av]codec|crf|preset)(?![\w-])"
    r"|(?:(?<=option )|(?<=options )|(?<=flag )|(?<=flags ))-[a-z][\w-]+"
    r"|(?<=\S[ (\[|])-[B-HJ-Za-z](?=[\s,.;:)\]|'\"]|$)|\[-{1,2}[a-z][^\[\]\n]{0,80}\]"
)
# What no word has: a class of characters, an escaped one before a count, a group that is not captured.
REGEX = re.compile(
    r"(?<![^\s(\"'])(?=\S{0,80}?(?:\[\^?[^\]\s]{0,40}(?:a-z|A-Z|0-9|\\[dws])[^\]\s]{0,40}\]"
    r"|\\[dwsbDWB](?=[+*?{}()\[\\^$|]|\s|$)|\(\?(?:[:=!<]|[imsx]+\))))[^\s`$][^\s`]{2,300}(?<![.,;:!?\"'])"
)
LINKED = re.compile(r"`(?=[^`<>\n]*[^\W\d_])[^`<>\n]+?(?P<target>[ ]<[^`<>\s]+>`_{0,2})")  # of reStructuredText
SHEET = re.compile(r"(?<![^\s(])=[A-Z]{2,}\([^\n]{0,200}?\)(?![\w)])")
IN_BRACES = r"(?:[^{}\n]|\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,100}\}){0,100}+\}){0,200}+\}){0,400}+"
COMMAND_OF_LATEX = (
    rf"\\[nrt](?![a-z])|\\[A-Za-z]++\*?(?:\[[^\[\]\n]{{0,80}}\])?(?:[_^]?\{{{IN_BRACES}\}}){{0,6}}+(?:[_^]\w)?"
)
# Where a token begins: at a sign, or at a word with a sign in it. Most places are left before a token is tried.
BEGINNING = r"(?=[<$\\{\[%#&@~/_.+|:=-]|(?<![^\W_])(?:[\d_]|[^\W_]++(?:[_:@/(+-]|\.\S)))"
TOKENS = re.compile(
    BEGINNING
    + "(?:"
    + "|".join(
        (
            rf"(?P<url><(?:https?|mailto|ftp):[^\s<>]*>|\b(?:https?|ftps?|file|ssh|git)://{URL_BODY}"
            rf"|\bwww\.[\w-]{{1,63}}\.{URL_BODY}"
            rf"|(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:com|org|net|edu|gov|io|dev|info|co\.uk)\b(?:/{URL_BODY})?)",
            r"(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})",
            r"(?P<latex>\$\$[^$]++\$\$|\$(?![\s$])(?:[^$\\\n]|\\[^\n])++\$(?!\d)|\\\((?:[^\\]|\\(?![()]))*+\\\)|\\\[(?:[^\\]|\\(?![\[\]]))*+\\\]|"
            rf"{COMMAND_OF_LATEX})",
            r"(?P<turn>(?:<\|(?:im_start|start_header_id|header_start|start|role)\|>|<start_of_turn>) ?"
            r"(?:user|assistant|system|model|tool|developer|ipython)\b"
            r"|<\|[^|<>\s]{1,64}\|>|\[\|[A-Za-z ]{1,30}\|\]|<</?SYS>>|</?s>(?![^<]{0,200}</s>)"
            r"|\[/?(?:INST|SYS|MASK|CLS|SEP|PAD|UNK|BOS|EOS|RESULT|USER|ASSISTANT|SYSTEM|BOT)\])",
            r"(?P<placeholder>_{2,}+(?![a-z][a-z0-9_]*__)|< ?noinput ?>|\{\{[^{}\n]{1,200}\}\}"
            r"|\$?\{[A-Za-z_][\w.:!-]*\}"
            r"|\$?\{[A-Za-z_][\w.\[\]]*(?:![rsa])?(?::[^\s{}][^{}\n]{0,40})?\}|%[A-Z][A-Z0-9_]+%"
            r"|\{[A-Za-z_]\w*, ?(?:number|date|time|spellout|ordinal|duration)(?:, ?[^{}\n]{1,40})?\}"
            r"|\{%[^{}%]*%\}|\{\d*\}"
            r"|(?<![\w%])%(?:\(\w{1,64}\))?[#0+-]?\d{0,3}(?:\.\d{1,3})?[sdifrxge](?!\w)"
            r"|(?<![\w$])\$[A-Z][A-Z0-9_]{2,}\b|\[/?[A-Z][A-Z0-9_]{2,30}\](?!\())",
            r"(?P<formula><<[\d.,+*/()=%$ -]{3,60}>>"
            r"|\b[A-Z][\w@+()\[\]#/\\-]*\(=[A-Z][\w@+()\[\]=#/\\-]*|\b[OΘΩ]\((?:[^()\n]|\([^()\n]{0,30}\)){1,40}\))",
            r"(?P<inline_code>:(?:[a-z]+:)?[a-z]+:(?=\x1a)|(?<![\w|])\|[A-Za-z]\w*-[\w-]*\|(?![\w|])|__[a-z][a-z0-9_]*?__(?!\w)"
            rf"|(?<![\w/.])(?:[A-Za-z]\w*+\.){{0,6}}[A-Za-z][A-Za-z0-9]*+_\w*(?:\({IN_BRACKETS}\){CHAIN})?)",
            r"(?P<hashtag>(?<![\w&#/])#[A-Za-z]\w+)",
            r"(?P<number>(?<![\w.:,])\d{1,2}(?:[:.]\d{2})? ?[AaPp][Mm]\b(?!\.\w))",
            r"(?P<handle>(?<![\w@.])@[A-Za-z]\w{1,40}\b(?!\.\w))",
            r"(?P<html><!--(?:[^<-]|-(?!->)|<(?!!--))*+-->|<![A-Za-z][^<>]*>|</?[A-Za-z][\w-]*+(?:[\s/][^<>]*+)?>"
            r"|<[A-Za-z][\w .:/-]{0,60}>|&(?:[A-Za-z]{2,10}|\#\d{1,7}|\#x[\da-fA-F]{1,6});)",
            r"(?P<path>(?<![\w/.~:-])(?:~|\.{1,2})(?:/[\w@+-]+(?:\.[\w@+-]+)*+)++/?|(?<![\w/.~:)-])(?:/[\w@+-]+(?:\.[\w@+-]+)*+){2,}+/?"
            r"|(?<![\w/.~:)-])/(?:etc|usr|home|var|tmp|bin|dev|opt|api|root|mnt)\b/?|\b[A-Za-z]:\\[^\s<>\"|?*]+"
            rf"|(?<![\w./\\-])(?:[\w-]{{1,64}}/){{0,8}}[\w-]{{1,64}}\.{EXTENSION}\b(?![\w(]))",
        )
    )
    + ")"
)
TECHNICAL = re.compile(r"[a-z][A-Z]|_|[A-Za-z]\w*-\w*\d|[a-z]-[a-z]+-[a-z]|\w\.\d")
HOSTED = re.compile(
    r"\b(?:models?|datasets?|data sets?|repo(?:sitor(?:y|ies))?|checkpoints?|tokeni[sz]er|hub|git ?hub|docker"
    r"|container image|package|clone|hugging ?face)\b", re.IGNORECASE
)  # fmt: skip
ENGLISH = frozenset(
    (
        "and",
        "or",
        "he",
        "she",
        "his",
        "her",
        "him",
        "it",
        "they",
        "input",
        "output",
        "client",
        "server",
        "read",
        "write",
        "on",
    )
)
NUMBER = re.compile(
    r"(?<![\w.,])(?:v(?=\d))?[+-]?\d+(?:[.,:/]\d+)*(?:\s?(?:%|°[CF]?|(?:k|c|m|µ|n)?m[²³]?|(?:k|m|µ)?g|m?l|[kMGT]i?B|[kMG]?Hz|k?W|k?V|km/h|mph|lbs?|ms|fps|px|kcal))?(?!\w)"
)
TICKS = re.compile("`+")
MATHS = re.compile(r"\\[A-Za-z]|[\^_=+<>{}|*/\\]|^-?[\d.,]*[A-Za-z]?'?\)?$|^[A-Za-z] ?[(,-]")
LONG_WORDS = re.compile(r"[A-Za-z]{3,}[,.]? +[A-Za-z]{2,}")
COMMAND = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})?")


def inline(text: str, numbers: bool = False) -> list[Mark]:
    """Marks inside one paragraph, in order, not overlapping."""
    marks = _symbols(text) + _code_spans(text)
    shadow = _blank(text, sorted(marks))
    tokens = list(_tokens(shadow))
    if regexes := list(_regexes(text)):
        tokens = _join(sorted(tokens + regexes, key=lambda mark: (mark.start, -mark.end)))
    shadow = _blank(shadow, tokens)
    if rest := list(_rest(shadow)):
        tokens = _join(sorted(tokens + rest))
        shadow = _blank(shadow, tokens)
    links = markup(shadow)
    covered = _outside(sorted(marks + tokens), links) + links
    if numbers:
        shadow = _blank(shadow, links)
        covered += [Mark(found.start(), found.end(), "number", True) for found in NUMBER.finditer(shadow)]
    return _join(sorted(covered))


def _symbols(text: str) -> list[Mark]:
    return [
        Mark(found.start(), found.end(), "emoji" if found["emoji"] else "symbol", True)
        for found in SYMBOL.finditer(text)
    ]


def _code_spans(text: str) -> list[Mark]:
    """A run of backticks up to the next run of the same length."""
    runs = list(TICKS.finditer(text))
    places: defaultdict[int, list[int]] = defaultdict(list)
    for run in runs:
        places[len(run[0])].append(run.start())
    marks, at = [], 0
    for run in runs:
        same = places[len(run[0])]
        following = bisect_right(same, run.start())
        if run.start() >= at and following < len(same):
            at = same[following] + len(run[0])
            marks += _code_span(text, run.start(), at)
    return marks


def _code_span(text: str, start: int, end: int) -> list[Mark]:
    """Code, whole; of a link of reStructuredText, "`the guide <url>`_", what is around its text."""
    link = LINKED.match(text, start) if text[end - 2 : end] == ">`" else None
    if not link or not (text[end : end + 1] == "_" or text[start - 1 : start] == ":"):
        return [Mark(start, end, "inline_code", True)]
    begin, after = link.span("target")[0], link.end()
    return [Mark(start, start + 1, "markup", True), Mark(begin, after, "markup", True)]


def _regexes(text: str) -> Iterator[Mark]:
    """Regular expressions: "^[a-z]+$", "\\d{3}-\\d{4}"."""
    if "\\" in text or "-z" in text or "-Z" in text or "0-9" in text or "(?" in text:
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in REGEX.finditer(text))


def _tokens(text: str) -> Iterator[Mark]:
    at = 0
    while found := TOKENS.search(text, at):
        mark = _token(text, found)
        if mark:
            yield mark
        at = found.end() if mark else found.start() + 1


def _token(text: str, found: re.Match[str]) -> Mark | None:
    kind, start, end = found.lastgroup or "", found.start(), found.end()
    if kind == "latex":
        return _maths(text, start, end)
    if kind == "turn":
        return Mark(start, end, "placeholder")
    if kind == "html":
        return tag(text, start, end)
    return Mark(start, end, kind, True)


def _rest(text: str) -> Iterator[Mark]:
    """What may hold tokens of other kinds: calls, settings, shell commands; and names and labels."""
    if "(" in text:
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in CALL.finditer(text))
    if "=" in text:
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in SETTING.finditer(text))
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in SHEET.finditer(text))
    if "-" in text:
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in OPTION.finditer(text))
    if "/" in text:
        names = (found.span() for found in IDENTIFIER.finditer(text))
        yield from (Mark(start, end, "identifier", True) for start, end in names if _names_something(text, start, end))
    yield from commands.commands(text)
    yield from labels.labels(text)


def _names_something(text: str, start: int, end: int) -> bool:
    """Whether "a/b" names a model, data set or repository, and is not two words: its form and what is before say."""
    one, other = text[start:end].split("/", 1)
    if one.lower() in ENGLISH or other.lower() in ENGLISH:
        return False
    if TECHNICAL.search(text, start, end) and (one.islower() or other.islower() or "-" in other):
        return True
    return bool(HOSTED.search(text, max(0, start - 60), start)) and one.islower()


def _maths(text: str, start: int, end: int) -> Mark | None:
    """Dollars are maths when what they enclose looks like it: "$5 and $10" does not."""
    body = text[start:end]
    if body.startswith(("\\", "$$")):
        return Mark(start, end, "latex", True)
    body = body[1:-1]
    bare = COMMAND.sub("", body)
    if body[-1].isspace() or not MATHS.search(body) or LONG_WORDS.search(bare):
        return None
    return Mark(start, end, "latex", True)


def _blank(text: str, marks: list[Mark]) -> str:
    if not marks:
        return text
    out: list[str] = []
    at = 0
    for mark in marks:
        if mark.start >= at:
            out += (text[at : mark.start], BLANK * (mark.end - mark.start))
            at = mark.end
    return "".join([*out, text[at:]])


def _outside(marks: list[Mark], links: list[Mark]) -> list[Mark]:
    """Marks that no link destination swallows; both lists are in order."""
    if not links:
        return marks
    kept, number = [], 0
    for mark in marks:
        while number < len(links) and links[number].end <= mark.start:
            number += 1
        if number == len(links) or mark.end <= links[number].start:
            kept.append(mark)
    return kept


def _join(marks: list[Mark]) -> list[Mark]:
    """In order; what overlaps its neighbour is swallowed by it."""
    out: list[Mark] = []
    for mark in marks:
        if out and mark.start < out[-1].end:
            if mark.end > out[-1].end:
                out[-1] = out[-1]._replace(end=mark.end)
        else:
            out.append(mark)
    return out


PARAGRAPH = re.compile(r"(?:^[^\S\n]*\S[^\n]*(?:\n|\Z))+", re.MULTILINE)


def paragraphs(text: str, numbers: bool) -> Iterator[Mark]:
    """Inline marks of each paragraph; nothing inline reaches over a blank line."""
    for paragraph in PARAGRAPH.finditer(text):
        if _is_special(paragraph[0], numbers):
            yield from (mark.moved(paragraph.start()) for mark in inline(paragraph[0], numbers))


def _is_special(text: str, numbers: bool) -> bool:
    return bool(SPECIAL.search(text) or commands.may_hold(text) or (numbers and NUMBER.search(text)))
