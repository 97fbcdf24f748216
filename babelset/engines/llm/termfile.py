"""
The files that glossaries come in: CSV, TSV and TBX, read into rows for one language pair.

A table has the columns source and target, and may have language (rows of other target languages are skipped) and
case ("sensitive" or "insensitive"); without a header its first two columns are source and target. Of TBX, version 2
(martif, termEntry) and version 3 (conceptEntry) are read; each source term of an entry gets its first target term.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, did_you_mean
from babelset.languages import Language, Pair, find

COLUMNS = ("source", "target", "language", "case")
CASES = {"": False, "insensitive": False, "false": False, "sensitive": True, "true": True}
ENTRIES, LANGUAGES = ("{*}termEntry", "{*}conceptEntry"), ("{*}langSet", "{*}langSec")  # TBX version 2 and version 3
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class TermRow(NamedTuple):
    """One term as the file has it, and its line."""

    line: int
    source: str
    target: str
    case: bool = False


Heard = tuple[str, int, str]  # a term in TBX: its language, line and text


def read(file: Path, pair: Pair) -> Iterator[TermRow]:
    """The rows of `file` that hold for `pair`. Raises ConfigError with the line, what is wrong there and its cure."""
    reader = READERS.get(file.suffix.casefold())
    if reader is None:
        raise ConfigError(f"{file}: not a glossary that can be read; use a file ending in {', '.join(READERS)}")
    return reader(file, _text(file), pair)


def fault(file: Path, line: int, what: str) -> ConfigError:
    return ConfigError(f"{file}:{line}: {what}")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; check the path of the glossary") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise fault(file, line, "not UTF-8; save the glossary as UTF-8") from None


def _table(file: Path, text: str, pair: Pair, delimiter: str) -> Iterator[TermRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise fault(file, reader.line_num, f"{error}; check the quotation marks") from None
    names = [cell.strip().casefold() for cell in rows[0][1]] if rows else []
    headed = "source" in names or "target" in names
    columns = _columns(file, rows[0][0], names) if headed else {"source": 0, "target": 1}
    if len(rows) == headed:
        raise ConfigError(f"{file}: no terms; write one in each line")
    for line, row in rows[headed:]:
        if len(row) <= max(columns["source"], columns["target"]) or (headed and len(row) > len(names)):
            cure = f"separate source and target by {delimiter!r}, and quote a text that holds it"
            raise fault(file, line, f"{len(row)} columns; {cure}")
        cells = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
        if _holds(file, line, cells.get("language", ""), pair.target):
            yield TermRow(line, cells["source"], cells["target"], _case(file, line, cells.get("case", "")))


def _columns(file: Path, line: int, names: Sequence[str]) -> dict[str, int]:
    for name in ("source", "target"):
        if name not in names:
            raise fault(file, line, f"no column {name!r} in the header; the columns are {', '.join(COLUMNS)}")
    for name in names:
        if name not in COLUMNS and (meant := did_you_mean(name, COLUMNS)):
            raise fault(file, line, f"unknown column {shorten(name)}.{meant}")
    return {name: names.index(name) for name in COLUMNS if name in names}


def _case(file: Path, line: int, word: str) -> bool:
    if word.casefold() not in CASES:
        raise fault(file, line, f"case is {shorten(word)}; write 'sensitive', 'insensitive' or nothing")
    return CASES[word.casefold()]


def _holds(file: Path, line: int, language: str, target: Language) -> bool:
    try:
        return not language or (find(language).code == target.code and _fit(language, target) > 0)
    except ConfigError as error:
        raise fault(file, line, str(error)) from None


@cache
def _fit(tag: str, wanted: Language) -> int:
    """2 for the same language and region, 1 where one of them names no region, 0 for another."""
    try:
        spoken = find(tag)
    except ConfigError:  # a tag that leaves its script open, as "zh" does, or a language that is not covered
        return int(_likely(tag) == (wanted.bcp47.partition("-")[0], wanted.script))
    if spoken.bcp47 == wanted.bcp47:
        return 2
    return int(spoken.code == wanted.code and find(wanted.code).bcp47 in (spoken.bcp47, wanted.bcp47))


def _likely(tag: str) -> tuple[str | None, str | None]:
    """Language and script that a tag stands for by itself: "zh" is ("zh", "Hans")."""
    import langcodes

    try:
        likely = langcodes.Language.get(tag).maximize()
    except ValueError:
        return None, None
    return likely.language, likely.script


def _tbx(file: Path, text: str, pair: Pair) -> Iterator[TermRow]:
    entries = _entries(file, text)
    if not any(_fit(tag, pair.source) for entry in entries for tag, _, _ in entry):
        raise ConfigError(f"{file}: no term in {pair.source.name}; check that it is TBX, and its xml:lang")
    for entry in entries:
        targets = [(_fit(tag, pair.target), target) for tag, _, target in entry if _fit(tag, pair.target)]
        for tag, line, source in entry if targets else ():
            if _fit(tag, pair.source):
                yield TermRow(line, source, max(targets, key=lambda target: target[0])[1])


def _entries(file: Path, text: str) -> list[list[Heard]]:
    """The terms of each entry, by whatever version of TBX; entities are neither loaded nor expanded."""
    try:
        from lxml import etree
    except ImportError:
        raise ConfigError("TBX glossaries need an extra: pip install 'babelset[llm]'") from None
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise fault(file, error.lineno or 1, f"broken XML: {error.msg.partition(', line ')[0]}; repair it") from None
    if root.getroottree().docinfo.doctype:
        line = text.count("\n", 0, text.find("<!DOCTYPE")) + 1
        raise fault(file, line, "a DOCTYPE is not read; delete the <!DOCTYPE ...> declaration")
    return [[*_heard(entry)] for entry in root.iter(*ENTRIES)]


def _heard(entry: Any) -> Iterator[Heard]:
    for section in entry.iter(*LANGUAGES):
        for term in section.iter("{*}term"):
            yield section.get(LANG, section.get("lang", "")), term.sourceline, "".join(term.itertext("{*}*"))


Reader = Callable[[Path, str, Pair], Iterator[TermRow]]
READERS: dict[str, Reader] = {
    ".csv": partial(_table, delimiter=","),
    ".tsv": partial(_table, delimiter="\t"),
    ".tbx": _tbx,
    ".xml": _tbx,
}
