"""
What a model's vocabulary can read, and how a text is written for it.

What it lacks it does not copy but invents over: "Hello 世界" comes back as "Olá -", "x²" as "x2". Such words are found
here, so that they never reach it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError

WORD = re.compile("[^\\s\ue000-\uf8ff]+")  # between white space and placeholders
EDGES = "\"'.,;:!?()[]*_-/"  # stay in the sentence where the word between them is kept
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # Thai to Chinese
# Marks of typography that mean the same as one on a keyboard.
MARKS: dict[str, str] = dict(zip("“”„‟«»‘’‚‛‹›–—―‒‐‑−…", [*'"' * 6, *"'" * 6, *"-" * 7, "..."], strict=True))
DASH = re.compile("(?<=[^\\W\\d])[—―](?=[^\\W\\d])")  # without spaces around it, which a hyphen has not either
AROUND = EDGES + "".join(MARKS)
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

Span = tuple[int, int]


class Vocabulary:
    """A SentencePiece vocabulary; raises ConfigError for a file that is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reads, self._plain = cache(self._look_up), cache(self._write)

    def encode(self, text: str) -> list[str]:
        pieces: list[str] = self._pieces.encode(text, out_type=str)
        return pieces

    def unreadable(self, text: str) -> list[Span]:
        """Where words stand that hold a character which the vocabulary lacks, or takes for another one."""
        if all(map(self._reads, set(text))):
            return []
        found: list[Span] = []
        for span in self._lacking(text):
            neighbours = bool(found) and text[found[-1][1] : span[0]].isspace()
            found.append((found.pop()[0], span[1]) if neighbours else span)
        return found

    def written(self, text: str) -> str:
        """The text in characters that the vocabulary has, where it has one that means the same."""
        if text.isascii():
            return text
        return "".join(map(self._plain, DASH.sub(" - ", INVISIBLE.sub("", text))))

    def _lacking(self, text: str) -> Iterator[Span]:
        """Words, without the marks around them; of text without spaces, only what is lacking."""
        for word in WORD.finditer(text):
            core = word[0].strip(AROUND)
            start = word.start() + len(word[0]) - len(word[0].lstrip(AROUND))
            common = core[:1].islower()  # such a word is understood without its accents; a name would lose them
            lacks = [not self._reads(char) and not (common and self._plain(char) != char) for char in core]
            if not any(lacks):
                continue
            if UNSPACED.search("".join(char for char, lacking in zip(core, lacks, strict=True) if not lacking)):
                yield from _runs(lacks, start)
            else:
                yield start, start + len(core)

    def _look_up(self, char: str) -> bool:
        if WORD.match(char) is None or char in MARKS or INVISIBLE.match(char):
            return True
        if not char.isalpha() and unicodedata.normalize("NFKC", char) != char:
            return False  # ², ½, ™ and the like are read as other characters
        return self._has(char)

    def _write(self, char: str) -> str:
        """The mark on a keyboard, or the small letter without its accents, where only that can be read."""
        if char.isascii() or self._has(char):
            return char
        base = unicodedata.normalize("NFD", char)[0]
        if char.islower() and self._has(base):
            return base
        return MARKS.get(char, char)

    def _has(self, char: str) -> bool:
        if "\ud800" <= char <= "\udfff":  # for others to refuse; SentencePiece raises
            return True
        return bool(self._pieces.unk_id() not in self._pieces.encode(f"a{char}"))

    @cached_property
    def _pieces(self) -> Any:
        from sentencepiece import SentencePieceProcessor

        try:
            return SentencePieceProcessor(model_proto=self._path.read_bytes())
        except (OSError, RuntimeError) as error:
            raise ConfigError(f"{self._path} is not a whole SentencePiece model ({error}). Fetch it again") from None


def _runs(lacking: Sequence[bool], offset: int) -> Iterator[Span]:
    at = offset
    for lacks, group in groupby(lacking):
        end = at + len(list(group))
        if lacks:
            yield at, end
        at = end
