"""
A file of terms: `source`, `target` and, where there are several languages, `language`; labels of Wikidata, too.

coral reef      Korallenriff    de
coral reef      arrecife de coral       es
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError, DataError
from babelset.files.formats.table import Csv
from babelset.files.reading import format_of, read
from babelset.files.row import BadRow
from babelset.languages import find
from babelset.steps.alignment.words import Span, folded, words

COLUMNS = ("source", "target", "language")
LINE = "a line is: source, target and perhaps language"
LONGEST = 12  # words of a term that is looked for in texts


@dataclass(frozen=True)
class Terms:
    """Targets by folded source and language, a FLORES-200 code, the best first; "" where no language is told."""

    file: str
    targets: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def read(cls, file: str) -> Terms:
        """
        Raises ConfigError, with the line, for anything but two or three columns, and for a third that is no language.

        A first line with the names `source` and `target` may put them in any order, among other columns.
        """
        found: dict[str, dict[str, dict[str, None]]] = {}
        for where, values in _lines(file):
            source, target, code = _term(where, values)
            found.setdefault(source, {}).setdefault(code, {})[target] = None
        if not found:
            raise ConfigError(f"{file}: no terms in it; {LINE}")
        return cls(file, {key: {code: (*each,) for code, each in by.items()} for key, by in found.items()})

    def of(self, source: str, language: str) -> tuple[str, ...]:
        """The targets of a term in a language; () for none."""
        known = self.targets.get(folded_term(source), {})
        return known.get(language, ()) or known.get("", ())

    def languages(self, source: str) -> frozenset[str]:
        """The languages that a term has targets in; "" stands for any."""
        return frozenset(self.targets.get(folded_term(source), {}))

    def spans(self, text: str) -> Iterator[Span]:
        """Where terms stand in a text, the longest first where several begin at one place; none overlap."""
        found, at = words(text), 0
        while at < len(found):
            for last in range(min(at + LONGEST, len(found)), at, -1):
                span = found[at][0], found[last - 1][1]
                if folded_term(text[slice(*span)]) in self.targets:
                    yield span
                    at = last - 1
                    break
            at += 1


def _term(where: str, values: Sequence[Any]) -> tuple[str, str, str]:
    if len(values) not in (2, 3) or not all(isinstance(value, str) for value in values):
        raise ConfigError(f"{where}: {len(values)} columns of text; {LINE}")
    source, target, said = folded_term(values[0]), values[1].strip(), "".join(values[2:]).strip()
    if not source or not target:
        raise ConfigError(f"{where}: an empty term; {LINE}")
    try:
        return source, target, find(said).code if said else ""
    except ConfigError as error:
        raise ConfigError(f"{where}: the third column is no language: {error}") from None


def folded_term(term: str) -> str:
    """The term without what stands around its words: `folded_term(" St.  Louis.")` -> "st. louis"."""
    found = words(term)
    return " ".join(folded(term[found[0][0] : found[-1][1]]).split()) if found else ""


def _lines(file: str) -> Iterator[tuple[str, Sequence[Any]]]:
    """Source, target and perhaps language of each line, with its place."""
    try:
        table = format_of(Path(file))
        if isinstance(table, Csv) and not set(COLUMNS[:2]) <= set(next(lines_of(file, table.delimiter), (0, []))[1]):
            yield from ((f"{file}:{line}", values) for line, values in lines_of(file, table.delimiter))
            return
        for row in read([file]):
            if isinstance(row, BadRow):
                raise ConfigError(f"{file}:{row.line}: {row.reason}")
            yield f"{file}:{row.line}", [row.data[name] for name in COLUMNS if name in row.data]
    except DataError as error:
        raise ConfigError(str(error)) from None


def lines_of(file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table without a header, with their numbers; ConfigError for a file that cannot be read."""
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield from ((reader.line_num, values) for values in reader if values)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file}: no table in UTF-8: {error}") from None
