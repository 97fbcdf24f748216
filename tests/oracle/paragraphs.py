"""
Prose that must be translated to the last word: NTREX-128 where it lies beside the repository, paragraphs of Debian's
documentation, and sentences of ours.

A paragraph of documentation is prose when it reads so without a parser: sentences of mostly common words that begin
with a capital and end with a full stop, no line indented, none of the signs that code is made of.
"""

from __future__ import annotations

import gzip
import random
import re
import textwrap
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.oracle import prose

NTREX = Path(__file__).resolve().parents[3] / "shared/data/ntrex128/newstest2019-src.eng.txt"
DOCUMENTATION = Path("/usr/share/doc")
SIGNS = re.compile(r"[<>{}\[\]\\|=`~^*_@#$%]|::|--|\t|\d\)|\(\w\)|://|^\s*[-+.o]\s", re.MULTILINE)
COMMON = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "it",
        "that",
        "a",
        "for",
        "as",
        "with",
        "was",
        "be",
        "are",
        "on",
        "by",
        "this",
        "not",
        "or",
        "from",
        "have",
        "at",
        "if",
        "but",
        "which",
        "they",
        "you",
        "we",
    ]
)


def paragraphs(number: int) -> list[str]:
    found = dict.fromkeys(islice(all_of_them(), number))
    return list(found)


def all_of_them() -> Iterator[str]:
    yield from prose.PARAGRAPHS + prose.AFTER
    if NTREX.exists():
        yield from NTREX.read_text(encoding="utf-8").splitlines()
    yield from documentation()
    yield from mixed(random.Random(20))


def documentation() -> Iterator[str]:
    seen: set[str] = set()
    for path in sorted(DOCUMENTATION.glob("*/[A-Zac-z]*")):
        if path.is_file() and path.stat().st_size < 300_000 and path.suffix in {".gz", ".txt", ".md", ".rst", ""}:
            for paragraph in cut(text_of(path)):
                if paragraph not in seen:
                    seen.add(paragraph)
                    yield paragraph


def text_of(path: Path) -> str:
    data = path.read_bytes()
    try:
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        return ""


def cut(text: str) -> Iterator[str]:
    for part in re.split(r"\n\s*\n", text.replace("\r", "")):
        lines = textwrap.dedent(part).strip("\n")
        words = re.findall(r"[a-z']+", lines.lower())
        common = sum(word in COMMON for word in words)
        whole = re.fullmatch(r"[A-Z][a-z]*\s.*\w[.?!]", lines, re.DOTALL) and not re.search(r"^\s", lines, re.MULTILINE)
        if whole and not SIGNS.search(lines) and 12 < len(words) < 150 and common > len(words) / 4:
            yield lines


def mixed(chance: random.Random) -> Iterator[str]:
    """Sentences of ours in other company each time, where there is nothing better."""
    every = [sentence for text in prose.PARAGRAPHS for sentence in re.split(r"(?<=[.?!]) ", text)] + prose.AFTER
    while True:
        yield " ".join(chance.sample(every, chance.randint(2, 4)))
