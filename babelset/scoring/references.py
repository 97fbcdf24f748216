"""
What people made of a source: files of references.

source,target,language         or two text files, line by line: the references, and their sources
Hello.,Hola.,cat_Latn
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest

from babelset.errors import ConfigError
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.languages import Language, find

References = Mapping[tuple[str, str], str]  # by source, white space made even, and language code, "" for any


def reference_of(source: str, language: Language, known: References) -> str | None:
    """The reference for `source` in that language, else in any; None where there is none."""
    key = _even(source)
    return known.get((key, language.code)) or known.get((key, ""))


@lru_cache(maxsize=8)
def references(file: str, sources: str = "") -> References:
    """
    The references in `file`, in any format of rows; of several for one source the first.

    >>> references("references.csv")                  # the columns source and target, and perhaps language
    >>> references("test.cat.txt", "test.eng.txt")    # a line each

    Raises ConfigError with the line of a row that is none, and for files that do not fit; DataError for no file.
    """
    found: dict[tuple[str, str], str] = {}
    for source, code, target in _aligned(file, sources) if sources else map(_reference, _rows(file)):
        if source and target.strip():
            found.setdefault((source, code), target)
    if not found:
        raise ConfigError(f"{file}: no references; each needs a source and a target")
    return found


def _aligned(file: str, sources: str) -> Iterator[tuple[str, str, str]]:
    for source, target in zip_longest(_rows(sources), _rows(file)):
        if source is None or target is None:
            short, long = (sources, file) if source is None else (file, sources)
            raise ConfigError(f"{short} has fewer lines than {long}; line by line they must belong together")
        yield _even(_text(source, "text")), "", _text(target, "text")


def _reference(row: Row) -> tuple[str, str, str]:
    if "source" not in row.data and "text" in row.data:
        raise ConfigError(f"{row.file}: has no sources; name the file that has them, line by line, with sources=FILE")
    language = _text(row, "language") if row.data.get("language") else ""
    try:
        code = find(language).code if language.strip() else ""
    except ConfigError as error:
        raise ConfigError(f"{row.file}:{row.line}: language: {error}") from None
    return _even(_text(row, "source")), code, _text(row, "target")


def _rows(path: str) -> Iterator[Row]:
    for row in read([path]):
        if isinstance(row, BadRow):
            raise ConfigError(f"{path}:{row.line}: {row.reason}")
        yield row


def _text(row: Row, name: str) -> str:
    text = row.data.get(name)
    if not isinstance(text, str):
        raise ConfigError(f"{row.file}:{row.line}: {name}: a reference needs this field, with a text in it")
    return text


def _even(text: str) -> str:
    return " ".join(text.split())
