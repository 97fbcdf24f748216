"""
Placeholder schemes: how the kept spans inside a segment are written for an engine, and read back.

>>> segment = Segment("Run \\ue000 now.", keeps=("`ls`",), kinds=("inline_code",))
>>> masked = mask(segment, "letters")
>>> masked.text
'Run xqzvq now.'
>>> masked.unmask("Executa xqzvq ara.")
'Executa \\ue000 ara.'

Every placeholder must come back exactly once, and markup (emphasis, tags, link brackets) in its old order:
anything else raises `Lost`, and the ladder tries the next rung.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from babelset.errors import ConfigError, did_you_mean
from babelset.text.segment import BLOCKS, HELD, LETTER, PLACEHOLDER, Segment

FILLED = re.compile("([\ue000-\uf8ff])[^\ue000-\uf8ff]*?[^\\W\\d_][^\ue000-\uf8ff]*(?=([\ue000-\uf8ff]))")
BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")  # control characters and plain white space; not NBSP
WITHIN_LINES = re.compile("[\x00-\x09\x0b-\x20\x7f-\x9f\u2028\u2029]+")
ORDERED_KINDS = frozenset({"markup", "html"}) | BLOCKS  # come in pairs, or shape a document: their order has meaning
LETTERS = "abcdefghijklmnoprstuvwxyz"  # no q: it ends the token, so no token is the beginning of another


class Lost(Exception):
    """The placeholders did not come back as they were sent; the message says which."""


@dataclass(frozen=True)
class Scheme:
    """A family of tokens. `token(i)` stands for the i-th kept span; `pattern` finds any of them again."""

    name: str
    token: Callable[[int], str]
    pattern: str
    padded: bool = True  # a word beside it needs a space between, or the engine sees one word

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


def _letters(prefix: str, end: str) -> Callable[[int], str]:
    def token(index: int) -> str:
        digits = ""
        while index:
            index, digit = divmod(index, len(LETTERS))
            digits = LETTERS[digit] + digits
        return prefix + digits + end

    return token


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        # Unknown lower-case words: rule-based engines carry them through as nouns.
        Scheme("letters", _letters("xqzv", "q"), r"(?<!\w)xqzv[a-pr-z]*q(?!\w)"),
        Scheme("letters2", _letters("qxjk", "q"), r"(?<!\w)qxjk[a-pr-z]*q(?!\w)"),
        Scheme("tags", lambda i: f"<{i + 1}>", r"<\s?\d{1,4}\s?>"),
        Scheme("brackets", lambda i: f"[{i + 1}]", r"\[\s?\d{1,4}\s?\]"),
        # The private-use characters themselves: for engines that copy what they do not know.
        Scheme("raw", lambda i: chr(PLACEHOLDER + i), r"[\ue000-\uf8ff]", padded=False),
        # What language models copy best.
        Scheme("xml", lambda i: f"<{i + 1}/>", r"<\s?\d{1,4}\s?/\s?>", padded=False),
    )
}


def scheme(name: str) -> Scheme:
    if name not in SCHEMES:
        raise ConfigError(f"unknown placeholder scheme {name!r}.{did_you_mean(name, list(SCHEMES))}")
    return SCHEMES[name]


@dataclass(frozen=True, slots=True)
class Masked:
    """One segment as an engine sees it, and the way back."""

    text: str
    tokens: tuple[str, ...]
    padded: tuple[tuple[bool, bool], ...]  # whether a space was added before and after each token
    ordered: frozenset[int]
    filled: frozenset[int]  # markup with words between it and the next markup: "[the guide](...)"
    scheme: Scheme | None
    breaks: re.Pattern[str] = BREAKS

    def unmask(self, hypothesis: str) -> str:
        """The hypothesis on one line, its placeholder characters back in place; raises Lost."""
        hypothesis = self.breaks.sub(" ", hypothesis).strip()
        if self.scheme is None or self.scheme.name != "raw":
            hypothesis = HELD.sub("", hypothesis)  # invented by the engine: never ours
        if self.scheme is None:
            return hypothesis
        found: list[int] = []
        indices = {token: index for index, token in enumerate(self.tokens)}
        out, end = [], 0
        for match in self.scheme.regex.finditer(hypothesis):
            index = indices.get("".join(match[0].lower().split()))
            if index is None:
                raise Lost(f"the engine invented the placeholder {match[0]!r}")
            found.append(index)
            before, after = self.padded[index]
            gap = hypothesis[end : match.start()]
            if len(found) > 1 and found[-2] in self.filled and index == found[-2] + 1 and not LETTER.search(gap):
                raise Lost("words left the markup around them")
            out.append(gap.removesuffix(" ") if before else gap)
            out.append(chr(PLACEHOLDER + index))
            end = match.end()
            if after and hypothesis[end : end + 1] == " ":
                end += 1
        self._check(found)
        return "".join([*out, hypothesis[end:]])

    def _check(self, found: list[int]) -> None:
        if len(set(found)) != len(found):
            raise Lost("a placeholder came back more than once")
        if len(found) != len(self.tokens):
            raise Lost(f"{len(found)} of {len(self.tokens)} placeholders came back")
        markup = [index for index in found if index in self.ordered]
        if markup != sorted(markup):
            raise Lost("markup came back in another order")


def mask(segment: Segment, name: str) -> Masked | None:
    """
    Write the segment's placeholders in the scheme `name`; None when its prose holds such a token already.

    White space becomes single spaces: engines read a newline as the end of their input. Documents keep theirs.
    """
    breaks = WITHIN_LINES if segment.lines else BREAKS
    if not segment.keeps:
        return Masked(breaks.sub(" ", segment.text), (), (), frozenset(), frozenset(), None, breaks)
    chosen = scheme(name)
    if chosen.name != "raw" and chosen.regex.search(HELD.sub(" ", segment.text)):
        return None
    tokens = tuple(chosen.token(index) for index in range(len(segment.keeps)))
    padded = [(False, False)] * len(tokens)
    text = segment.text

    def token(held: re.Match[str]) -> str:
        index = ord(held[0]) - PLACEHOLDER
        if index >= len(tokens):
            return held[0]
        before = chosen.padded and held.start() > 0 and _sticks(text[held.start() - 1])
        after = chosen.padded and text[held.end() : held.end() + 1].isalnum()
        padded[index] = (before, after)
        return " " * before + tokens[index] + " " * after

    ordered = frozenset(index for index, kind in enumerate(segment.kinds) if kind in ORDERED_KINDS)
    pairs = ([ord(held) - PLACEHOLDER for held in between.groups()] for between in FILLED.finditer(text))
    filled = frozenset(first for first, second in pairs if {first, second} <= ordered)
    return Masked(breaks.sub(" ", HELD.sub(token, text)), tokens, tuple(padded), ordered, filled, chosen, breaks)


def _sticks(char: str) -> bool:
    return char.isalnum() or HELD.match(char) is not None
