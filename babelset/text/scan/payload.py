"""Structured data inside chat text: JSON, XML, YAML and CSV. JSON and XML are really parsed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from babelset.text.scan.marks import Mark
from babelset.text.scan.tags import is_html

VALUE = r"(?:\{(?=\s*[\"}])|\[(?=\s*[\"\[{\d\-tfn]))"
OPEN = re.compile(rf"(?<![^\s=:(>,'`-]){VALUE}")
PARAGRAPH = re.compile(rf"(?:\A\s*|\n[ \t]*\r?\n[ \t]*|:[ \t]*\r?\n[ \t]*)({VALUE})")
MEMBER = re.compile(r'[{\[]\s*(\{\s*)?"[^"\n]*"\s*:')
CHAINED = re.compile(r"\.[a-z_]+|\[")  # code goes on: "[1, 2].map(f)"
DECODER = json.JSONDecoder(strict=False)


def json_documents(text: str) -> Iterator[Mark]:
    """JSON that begins a paragraph, or follows a line that ends with a colon."""
    return _json(text, PARAGRAPH, 1)


def json_values(text: str) -> Iterator[Mark]:
    """JSON anywhere else: "Input: {...}", "the list [1, 2, 3] has"."""
    return _json(text, OPEN, 0)


def _json(text: str, pattern: re.Pattern[str], group: int) -> Iterator[Mark]:
    """Objects and arrays that the JSON parser accepts; also one that breaks off at the end of the text."""
    at = 0
    while found := pattern.search(text, at):
        start = found.start(group)
        try:
            value, at = DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            open_string = error.msg.startswith("Unterminated string")
            if (open_string or not text[error.pos :].strip()) and MEMBER.match(text, start):
                yield Mark(start, len(text), "json")
            if open_string:
                return
            # Whatever lies before the error has been read once; reading it again would be quadratic.
            at = max(error.pos, start + 1)
            continue
        except (RecursionError, ValueError):  # deeper nesting or longer numbers than any data has
            return
        if _is_data(value) and not CHAINED.match(text, at) and not _in_code_span(text, start):
            yield Mark(start, at, "json", inline=_shares_line(text, start, at))


def _in_code_span(text: str, start: int) -> bool:
    return text.count("`", max(text.rfind("\n", 0, start), start - 500, 0), start) % 2 == 1


def _is_data(value: object) -> bool:
    if isinstance(value, list):  # "[1]" is a citation
        return len(value) > 1 or any(isinstance(item, dict | list) for item in value)
    return True


def _shares_line(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 200) : start].rsplit("\n", 1)[-1]
    after = text[end : end + 200].split("\n", 1)[0]
    return any(char.isalnum() for char in after) or before.rstrip()[-1:] not in ("", ":", "=")


LITERAL = re.compile(r"[\[{(](?<![\w)\].].)(?=\s*(?:[rbuf]?['\"]|[{\[(]\s*['\"\d{\[(]|-?\d|None|True|False))")
TOKEN = re.compile(
    r"\s*(?:(?P<string>[rbuf]?'(?:[^'\\\n]|\\.)*+'|[rbuf]?\"(?:[^\"\\\n]|\\.)*+\")|(?P<plain>-?\d[\w.+-]*|None|True|False|null|true|false)"
    r"|(?P<open>[\[{(])|(?P<close>[\]})])|(?P<mark>[,:]))"
)
CLOSES = {"[": "]", "{": "}", "(": ")"}
# A dictionary whose quotation marks are broken: from its first key to the brace that ends the line.
BROKEN = re.compile(r"^[ \t]*[\[{]\s*(?:\{\s*)?'[^'\n]{1,100}'[ \t]*:[^\n]*[\]}][ \t]*\r?$", re.MULTILINE)


def python_literals(text: str) -> Iterator[Mark]:
    """Lists, dictionaries, sets and tuples of Python: "the scores are {'math': 90}", "['red', 'green']"."""
    at = 0
    while found := LITERAL.search(text, at):
        end, is_data = _literal(text, found.start())
        if is_data and not _in_code_span(text, found.start()):
            yield Mark(found.start(), end, "literal", inline=_shares_line(text, found.start(), end))
        at = max(end, found.start() + 1)


def broken_literals(text: str) -> Iterator[Mark]:
    return (Mark(found.start(), found.end(), "literal") for found in BROKEN.finditer(text))


def _literal(text: str, start: int) -> tuple[int, bool]:
    """Where reading ended, and whether it read one whole literal that is data, not prose in brackets."""
    stack: list[str] = []
    counts = {"string": 0, "plain": 0, "mark": 0, "open": 0, "close": 0}
    at, value_before = start, False
    while token := TOKEN.match(text, at):
        kind = token.lastgroup or ""
        is_value = kind in ("string", "plain", "open")
        if is_value and value_before:
            break
        counts[kind] += 1
        at = token.end()
        value_before = kind in ("string", "plain", "close")
        if kind == "open":
            stack.append(token["open"])
        elif kind == "close":
            if CLOSES[stack.pop()] != token["close"]:
                break
            if not stack:
                plain = counts["plain"] or counts["open"] > 1
                return at, bool(counts["string"] and (plain or (counts["mark"] and text[start] != "(")))
    return at, False


XML = re.compile(r"^[ \t]*(?:<\?xml[^<>]*\?>\s*)?<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>", re.MULTILINE)


def xml_documents(text: str) -> Iterator[Mark]:
    """Elements at the beginning of a line that the XML parser accepts and that hold other elements."""
    at = 0
    budget = 2 * len(text)
    while budget > 0 and (found := XML.search(text, at)):
        name = found[1]
        close = f"</{name}>"
        end = text.find(close, found.end())
        budget -= (end if end >= 0 else len(text)) - found.end()
        at = found.end()
        if end < 0 or is_html(name):
            continue
        end += len(close)
        if _is_xml(text[found.start() : end].strip()):
            yield Mark(found.start(), end, "xml")
            at = end


def _is_xml(text: str) -> bool:
    from xml.parsers import expat

    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return len(names) > 2


KEY = re.compile(
    r"^(?P<indent> *)(?:- +)?(?:(?P<key>[A-Za-z_][\w.-]*):(?:[ ]+(?P<value>[^\n]*))?|(?P<item>- +[^\n]*))\s*$"
)
NESTED = re.compile(r":[^\S\n]*\n |\n[a-z][\w.-]*: \S[^\n]*\n[a-z][\w.-]*: ")
SCALAR = re.compile(r"\S+|\"[^\"]*\"|'[^']*'|\[.*\]|\{.*\}|\S+ +#.*")
TECHNICAL = re.compile(r"true|false|null|yes|no|on|off|~|[\d.]+|[\"'\[{].*|\S*\w[/._:@=-]\w\S*|\S*/\S*")


def yaml_blocks(text: str) -> Iterator[Mark]:
    """
    Front matter, and mappings whose keys are identifiers: `metadata:` over an indented `name: web`, or flat ones.

    "Time: 5 minutes" on lines of its own is prose: flat keys are YAML where they begin with small letters, differ, and
    nearly all have one value each, of which one is no word: "port: 80".
    """
    if "---" not in text and not NESTED.search("\n" + text):
        return
    for block in re.finditer(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", text, re.MULTILINE):
        lines = block[0].split("\n")
        lines = lines[:-1] if not lines[-1] else lines
        if len(lines) >= 3 and _is_yaml(lines):
            yield Mark(block.start(), block.end(), "yaml")


def _is_yaml(lines: list[str]) -> bool:
    body = [line for line in lines if line.strip() != "---"]
    matches = [match for line in body if (match := KEY.match(line))]
    if len(matches) != len(body) or len(body) < 2:
        return False
    if lines[0].strip() == "---" == lines[-1].strip():
        return True
    keys = [match for match in matches if match["key"]]
    nested = any(
        first["key"] and not first["value"] and len(second["indent"]) > len(first["indent"])
        for first, second in pairwise(matches)
    )
    long = any(match["value"] and len(match["value"].split()) > 6 for match in keys)
    return not long and all(match["key"][0].islower() for match in keys) and (nested or _is_flat(matches))


def _is_flat(matches: list[re.Match[str]]) -> bool:
    keys, values = {match["key"] for match in matches}, [(match["value"] or "").rstrip() for match in matches]
    if None in keys or len(keys) < len(matches) or any(len(value.split()) > 4 for value in values):
        return False
    technical = sum(bool(TECHNICAL.fullmatch(value)) for value in values)
    return technical > 0 and sum(bool(SCALAR.fullmatch(value)) for value in values) * 3 >= 2 * len(values)


def csv_tables(text: str) -> Iterator[Mark]:
    """Three lines or more with the same number of commas, semicolons or tabs, and cells that are no prose."""
    if text.count("\n") < 2:
        return
    lines = text.split("\n")
    at = start = 0
    run: list[str] = []
    shape = None
    for line in [*lines, ""]:
        now = _shape(line)
        if now != shape or now is None:
            if shape and len(run) > 2 and _is_csv(run, shape[0]):
                yield Mark(start, at - 1, "csv")
            run, start, shape = [], at, now
        run.append(line)
        at += len(line) + 1


def _shape(line: str) -> tuple[str, int] | None:
    for mark in "\t;,":
        count = line.count(mark)
        if count >= (1 if mark == "\t" else 2):
            return mark, count
    return None


def _is_csv(lines: list[str], mark: str) -> bool:
    cells = [cell.strip() for line in lines for cell in line.split(mark)]
    if any(len(cell.split()) > 5 for cell in cells):
        return False
    tight = mark != "\t" and not any(f"{mark} " in line for line in lines[1:])
    numeric = sum(any(char.isdigit() for char in cell) for cell in cells)
    return tight or numeric * 10 >= len(cells) * (5 if mark == "\t" else 7)
