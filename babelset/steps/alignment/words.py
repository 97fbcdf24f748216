"""Words of a text and where a part of it stands, in any script."""

from __future__ import annotations

from functools import lru_cache

import regex

Span = tuple[int, int]

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"  # no blanks between words
# One character of a script without blanks; "well-known", "don't", but "l'" and "aigua".
WORD = regex.compile(
    rf"[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{N}}]--[{UNSPACED}]]"
    rf"(?:[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]|['’](?=\p{{L}}{{1,2}}(?![\p{{L}}\p{{M}}]))|-(?=\p{{L}}))*",
    regex.V1,
)
TOKEN = regex.compile(rf"{WORD.pattern}|[^\s\x1c-\x1f]", regex.V1)
EDGE = regex.compile(rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{UNSPACED}]]", regex.V1)
LETTERS = regex.compile(r"\p{L}")


def words(text: str) -> list[Span]:
    """`words("It rains.")` -> [(0, 2), (3, 8)]."""
    return [found.span() for found in WORD.finditer(text)]


def tokens(text: str) -> list[Span]:
    """Words, and every other character that is no white space: `tokens("It rains.")` -> [(0, 2), (3, 8), (8, 9)]."""
    return [found.span() for found in TOKEN.finditer(text)]


def letters(text: str) -> int:
    return len(LETTERS.findall(text))


def folded(text: str) -> str:
    """Lower case where no place in the text changes by it, and single blanks where white space was one character."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


@lru_cache(64)
def _folded(text: str) -> str:
    return folded(text)


def places(part: str, text: str, most: int = 2) -> list[Span]:
    """
    Where `part` stands in `text` in whole words, whatever its case; the first `most` of them.

    >>> places("rain", "Rain, rainy, rain")
    [(0, 4), (13, 17)]
    """
    wanted, within = folded(part), _folded(text)
    found: list[Span] = []
    at = within.find(wanted) if wanted.strip() else -1
    while at >= 0 and len(found) < most:
        end = at + len(wanted)
        if not (_joined(text, at) or _joined(text, end)):
            found.append((at, end))
        at = within.find(wanted, at + 1)
    return found


def only(part: str, text: str) -> Span | None:
    """Where `part` stands in `text`, where that is one place."""
    found = places(part, text)
    return found[0] if len(found) == 1 else None


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on over this place."""
    return 0 < at < len(text) and bool(EDGE.match(text[at - 1]) and EDGE.match(text[at]))


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
