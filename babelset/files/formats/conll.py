"""
CoNLL: a token a line, its tag in the last column, a blank line after each sentence.

EU B-ORG
rejects O
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import IO, Any

from babelset.errors import OutputError
from babelset.files.formats.format import LONGEST, TOO_LONG, Bad, Reading, Writer, encoded
from babelset.files.formats.lines import Lines
from babelset.files.formats.start import Start
from babelset.files.row import KEY, excerpt

DOCUMENT = b"-DOCSTART-"
COLUMNS = ("tokens", "tags")


class Conll:
    """A row is a sentence: its tokens and their tags. Columns between them are not read; blanks or tabs part them."""

    names = ("conll", "iob2", "bio")

    def note(self, file: Start) -> str:
        return "columns between token and tag are left out" if len(_columns(file.first_line)) > 2 else ""

    def like(self, file: Start) -> Conll:
        return self

    def read(self, file: Start) -> Iterator[Reading]:
        lines = Lines(file)
        numbered = ((lines.number, line) for line in lines)
        for blank, block in groupby(numbered, key=lambda line: not line[1].strip() or line[1].startswith(DOCUMENT)):
            if not blank:
                yield _sentence(block)

    def writer(self, file: IO[bytes]) -> Writer:
        return _ConllWriter(file)


def _sentence(block: Iterator[tuple[int, bytes]]) -> Reading:
    """A row, or what is wrong with it; its lines are all taken."""
    tokens, tags, first, size = list[str](), list[str](), 0, 0
    bad: Bad | None = None
    for number, line in block:
        first, size = first or number, size + len(line)
        columns = _columns(line)
        if size > LONGEST:
            bad, tokens, tags = bad or Bad(TOO_LONG, excerpt(line)), [], []
        elif len(columns) < 2:
            bad = bad or Bad(f"line {number}: a line is a token and its tag, parted by a blank or a tab", excerpt(line))
        else:
            tokens.append(columns[0].decode("utf-8", "surrogateescape"))
            tags.append(columns[-1].decode("utf-8", "surrogateescape"))
    if bad is None and _is_broken([*tokens, *tags]):
        bad = Bad("not valid UTF-8", excerpt(" ".join(tokens).encode("utf-8", "surrogateescape")))
    return first, bad or {"tokens": tokens, "tags": tags}


def _columns(line: bytes) -> list[bytes]:
    bare = line.rstrip(b"\r\n")
    return bare.split(b"\t") if b"\t" in bare else bare.split()


def _is_broken(texts: list[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return True
    return False


class _ConllWriter:
    """The evidence of a run has no place here."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, row: dict[str, Any]) -> None:
        tokens, tags = _words(row.get("tokens")), _words(row.get("tags"))
        if row.keys() - {KEY} != set(COLUMNS) or tokens is None or tags is None or len(tokens) != len(tags):
            raise OutputError("a CoNLL file holds tokens, each with a tag, and this row is more; write .jsonl instead")
        pairs = zip(tokens, tags, strict=True)
        self.file.write(encoded("".join(f"{token}\t{tag}\n" for token, tag in pairs) + "\n"))

    def close(self) -> None:
        pass


def _words(values: Any) -> list[str] | None:
    """The values, where they are texts without white space."""
    if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
        return None
    return None if set("".join(values)) & set(" \t\r\n") else values
