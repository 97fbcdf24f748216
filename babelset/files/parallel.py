"""Folders of parallel texts: a file for each language, a sentence on each line, the same one on the same line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from babelset.errors import ConfigError, DataError
from babelset.languages import Language


def lines_of(folder: Path, languages: Sequence[Language], most: int) -> dict[Language, list[str]]:
    """
    The first `most` lines in each of the languages, without those that are blank in one of them.

    >>> lines_of(Path("ntrex128"), [find("en"), find("ca")], 100)

    A file is a language's where a part of its name is the language's code: newstest2019-ref.cat.txt, cat_Latn.devtest,
    ca.txt. Raises ConfigError where there is none or several, or where files differ in length, DataError where one
    cannot be read.
    """
    read = {language: _lines(_file(folder, language)) for language in languages}
    counts = {len(lines) for lines in read.values()}
    if len(counts) > 1:
        told = ", ".join(f"{language.bcp47} {len(lines)}" for language, lines in read.items())
        raise ConfigError(f"{folder}: the files are not parallel, their lines are: {told}")
    rows = (row for row in zip(*read.values(), strict=True) if all(map(str.strip, row)))
    columns = list(zip(*islice(rows, most), strict=True)) or [()] * len(read)
    return {language: list(column) for language, column in zip(read, columns, strict=True)}


def _file(folder: Path, language: Language) -> Path:
    codes = {language.code, language.bcp47, language.code[:3]}
    try:
        found = [path for path in sorted(folder.iterdir()) if path.is_file() and codes & _parts(path.name)]
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; name a folder of parallel texts") from None
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ConfigError(
            f"{folder}: one file named after {language.name} is wanted, as {language.code}.txt; there: {names}"
        )
    return found[0]


def _parts(name: str) -> set[str]:
    """`_parts("newstest2019-ref.pt-BR.txt")` holds "pt-BR" and "pt"."""
    return {*name.split("."), *name.replace("-", ".").split(".")}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error}", file=str(path)) from None
