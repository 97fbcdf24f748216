"""Structured data inside chat text: JSON, XML, YAML and CSV. JSON and XML are really parsed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from babelset.scan.marks import Mark

OPEN = re.compile(r"(?<![^\s=:(>,'`-])(?:\{(?=\s*[\"}])|\[(?=\s*[\"\[{\d\-tfn]))")
DECODER = json.JSONDecoder(strict=False)


def json_values(text: str) -> Iterator[Mark]:
    """Objects and arrays that the JSON parser accepts; also one that breaks off at the end of the text."""
    at = 0
    while found := OPEN.search(text, at):
        start = found.start()
        try:
            value, end = DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            cut_off = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
            if cut_off and re.compile(r'[{\[]\s*(\{\s*)?"[^"\n]*"\s*:').match(text, start):
                yield Mark(start, len(text), "json")
                return
            # Whatever lies before the error has been read once; reading it again would be quadratic.
            at = max(error.pos if error.pos < len(text) else start + 1, start + 1)
            if error.msg.startswith("Unterminated string"):
                return
            continue
        except (RecursionError, ValueError):  # deeper nesting or longer numbers than any data has
            return
        at = end
        if _is_data(value):
            yield Mark(start, end, "json", inline=_shares_line(text, start, end))


def _is_data(value: object) -> bool:
    if isinstance(value, list):  # "[1]" is a citation
        return len(value) > 1 or any(isinstance(item, dict | list) for item in value)
    return True


def _shares_line(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", max(0, start - 200), start) + 1 : start] if start else ""
    after = text[end : end + 200].split("\n", 1)[0]
    return any(char.isalnum() for char in after) or (bool(before.strip()) and bool(after.strip(" .,;")))


XML = re.compile(r"^[ \t]*(?:<\?xml[^<>]*\?>\s*)?<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>", re.MULTILINE)


def xml_documents(text: str) -> Iterator[Mark]:
    """Elements at the beginning of a line that the XML parser accepts and that hold other elements."""
    from babelset.scan.inline import HTML_BLOCK, HTML_INLINE

    at = 0
    budget = 2 * len(text)
    while budget > 0 and (found := XML.search(text, at)):
        name = found[1]
        close = f"</{name}>"
        end = text.find(close, found.end())
        budget -= (end if end >= 0 else len(text)) - found.end()
        at = found.end()
        if end < 0 or name.lower() in HTML_BLOCK | HTML_INLINE:
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


KEY = re.compile(r"^(?P<indent> *)(?:- +)?(?:(?P<key>[A-Za-z_][\w.-]*):(?:[ ]+(?P<value>[^\n]*))?|(?P<item>- +[^\n]*))\s*$")


def yaml_blocks(text: str) -> Iterator[Mark]:
    """
    Front matter, and nested mappings whose keys are identifiers: `metadata:` over an indented `name: web`.

    "Time: 5 minutes" on lines of its own is prose: flat keys do not make YAML.
    """
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
        for first, second in zip(matches, matches[1:], strict=False)
    )
    long = any(match["value"] and len(match["value"].split()) > 6 for match in keys)
    return nested and not long and all(match["key"][0].islower() for match in keys)


def csv_tables(text: str) -> Iterator[Mark]:
    """Three lines or more with the same number of commas, semicolons or tabs, and cells that are no prose."""
    lines = text.split("\n")
    at, run, start, shape = 0, [], 0, None
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
    return (tight and len(lines) > 2) or numeric * 2 >= len(cells)
