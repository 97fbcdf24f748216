"""
A glossary: the terms that a translation must use, found in a source and looked for in its target.

>>> glossary = Glossary((Term("neural network", "xarxa neuronal"), Term("Kubernetes", "")))
>>> [term.target for term in glossary.matches("A Neural Network runs on Kubernetes.")]
['xarxa neuronal', 'Kubernetes']
>>> glossary.honoured(Term("neural network", "xarxa neuronal"), "Les xarxes neuronals aprenen.")
True

Texts are compared in NFC and with single spaces; beside scripts that set no spaces, with none. A word ends where no
letter, mark or digit goes on. Words in Han, kana, Thai, Lao, Khmer, Burmese and Tibetan script have no such end, and
particles may be written on to those in Hangul.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import regex
import xxhash

from babelset.contracts.filter import shorten
from babelset.engines.llm import termfile
from babelset.engines.llm.termfile import TermRow, fault
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.text.segment import UNSAFE

NO_SPACES = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
LETTER = rf"[[\p{{L}}\p{{M}}]--{NO_SPACES}]"
BEFORE = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{NO_SPACES}]"  # such a character before a word is a part of it
AFTER = rf"[{BEFORE}--\p{{Hangul}}]"
UNSPACED, JOINED_BEFORE, JOINED_AFTER = (regex.compile(each, regex.V1) for each in (NO_SPACES, BEFORE, AFTER))
WORD = regex.compile(rf"{LETTER}+", regex.V1)
WORDS_AND_REST = regex.compile(rf"{LETTER}+|[^{LETTER}]+", regex.V1)
NEEDLESS_SPACE = regex.compile(rf" (?={NO_SPACES})|(?<={NO_SPACES}) ", regex.V1)
TOO_MANY_MARKS = regex.compile(r"\p{M}{30}\K\p{M}++")  # normalisation is quadratic in the number of marks
HELD = re.compile(r"<\s?/?\s?\d{1,4}\s?/?\s?>|[\ue000-\uf8ff]")  # placeholders

# What Arabic and Hebrew write on to the next word: and, so, in, as, for, from, that, the.
PROCLITICS = (
    (regex.compile(r"\p{Arabic}{3}"), r"[وف]?(?:[بكلس]?ال|لل|[بكل])?"),
    (regex.compile(r"\p{Hebrew}{3}"), r"[ושהבכלמ]{0,3}"),
)
ARTICLE = "ال"  # becomes a part of a preposition: الذكاء, للذكاء
HANGUL = regex.compile(r"\p{Hangul}")
INFLECTED = 5  # letters of a term from which on its words may be inflected
MOST_CUT = 3  # final letters that an inflected word may lose


@dataclass(frozen=True, slots=True)
class Term:
    """`Term("cloud", "núvol")`. No target says that the term is not translated: it is its own target."""

    source: str
    target: str
    case: bool = False  # whether capitals matter

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", self.target or self.source)


@dataclass(frozen=True)
class Glossary:
    """
    Terms of one language pair, each source once.

    >>> Glossary.read("terms.csv", pair).matches("Deep learning needs a neural network.")
    [Term(source='neural network', target='xarxa neuronal', case=False)]
    """

    terms: tuple[Term, ...]

    @classmethod
    def read(cls, path: str | Path, pair: Pair) -> Glossary:
        """
        The terms of a CSV, TSV or TBX file that hold for `pair`: see `babelset.engines.llm.termfile`.

        Raises ConfigError, with the line, for what cannot be read and for a source with two targets.
        """
        file = Path(path)
        return cls(tuple(_unique(file, termfile.read(file, pair))))

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def digest(self) -> str:
        """128-bit xxh3 of the terms, in whatever order: what a translation depends on."""
        canonical = sorted((term.source, term.target, term.case) for term in self.terms)
        return xxhash.xxh3_128_hexdigest(json.dumps(canonical).encode())

    def matches(self, text: str) -> list[Term]:
        """
        Each term that stands in `text` as whole words, once, in order of first occurrence.

        A term inside a longer one does not count; one whose capitals matter goes before one whose don't.
        Placeholders hold no terms. Linear in the length of `text`.
        """
        plain = _plain(text)
        folded = _folded(plain)
        origin = _origins(plain, folded)
        found: list[tuple[int, int, Term]] = []
        for last, (length, terms) in self._automaton.iter(folded) if self.terms else ():
            start = last + 1 - length
            if _stands_alone(folded, start, last + 1):
                said = plain[origin[start] : origin[last] + 1]
                found += [(start, last + 1, term) for source, term in terms if not term.case or source == said][:1]
        return list(dict.fromkeys(_outermost(found)))

    def honoured(self, term: Term, target_text: str) -> bool:
        """
        Whether the target of `term` stands in `target_text`, inflected or not.

        From five letters on, each word of the term may lose a third of its letters, three at most, and end in
        any others: "xarxes neuronals" honours "xarxa neuronal". Up to three marks or spaces may stand between its
        words. Arabic and Hebrew words may begin with articles, prepositions and conjunctions. Other changes
        at the beginning of a word or inside it (umlauts, class prefixes) are not seen.
        """
        plain = _plain(target_text)
        return _pattern(term.target, term.case).search(plain if term.case else _folded(plain)) is not None

    @cached_property
    def _automaton(self) -> Any:
        try:
            from ahocorasick import Automaton
        except ImportError:
            raise ConfigError("glossaries need an extra: pip install 'babelset[llm]'") from None
        words: dict[str, list[tuple[str, Term]]] = {}
        for term in sorted(self.terms, key=lambda term: not term.case):
            plain = _plain(term.source)
            words.setdefault(_folded(plain), []).append((plain, term))
        automaton = Automaton()
        for word, terms in words.items():
            automaton.add_word(word, (len(word), terms))
        automaton.make_automaton()
        return automaton


def _unique(file: Path, rows: Iterable[TermRow]) -> Iterator[Term]:
    """The rows as terms, each once; two rows that contradict each other are an error."""
    seen: dict[tuple[str, bool], tuple[int, Term]] = {}
    for row in rows:
        term = _term(file, row)
        plain = _plain(term.source)
        earlier, first = seen.setdefault((plain if term.case else _folded(plain), term.case), (row.line, term))
        if first.target != term.target:
            both = f"{shorten(term.target)} here and {shorten(first.target)} in line {earlier}"
            raise fault(file, row.line, f"{shorten(term.source)} is {both}; keep one, or mark both case-sensitive")
        if first is term:
            yield term


def _term(file: Path, row: TermRow) -> Term:
    source, target = (" ".join(_normal(text).split()) for text in (row.source, row.target))
    if not source:
        raise fault(file, row.line, "no source term; fill it in or delete the row")
    for text in (source, target):
        if UNSAFE.search(_plain(text)):
            raise fault(file, row.line, f"{shorten(text)} holds a control character or a placeholder; take it out")
    return Term(source, target, row.case)


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", TOO_MANY_MARKS.sub("", text))


def _plain(text: str) -> str:
    """The text as it is compared: normal, spaces single or none, and "\\0" for each placeholder."""
    text = " ".join(HELD.sub("\0", _normal(text)).split())
    return text if text.isascii() else str(NEEDLESS_SPACE.sub("", text))


def _folded(plain: str) -> str:
    """Without case. The dotted and the dotless i of Turkish are one letter: either may be the small one of I."""
    return plain.replace("İ", "i").replace("ı", "i").casefold()


def _origins(plain: str, folded: str) -> Sequence[int]:
    """For each character of `folded` the index of the one in `plain` that it comes from: ß folds into two."""
    if len(plain) == len(folded):
        return range(len(plain))
    return [index for index, char in enumerate(plain) for _ in _folded(char)]


def _stands_alone(text: str, start: int, end: int) -> bool:
    if start and JOINED_BEFORE.match(text, start - 1) and not UNSPACED.match(text, start):
        return False
    return not JOINED_AFTER.match(text, end) or UNSPACED.match(text, end - 1) is not None


def _outermost(found: Iterable[tuple[int, int, Term]]) -> Iterator[Term]:
    """The terms that lie in no other, by their place."""
    reached = 0
    for _, end, term in sorted(found, key=lambda place: (place[0], -place[1])):
        if end > reached:
            reached = end
            yield term


@cache
def _pattern(target: str, case: bool) -> regex.Pattern[str]:
    plain = _plain(target) if case else _folded(_plain(target))
    inflected = sum(map(len, WORD.findall(plain))) >= INFLECTED
    first = "" if UNSPACED.match(plain) else rf"(?<!{BEFORE})"
    last = "" if UNSPACED.match(plain[-1:]) else rf"(?!{AFTER})"
    words = "".join(_word(word, inflected) for word in WORDS_AND_REST.findall(plain))
    return regex.compile(f"{first}{words}{last}", regex.V1)


def _word(word: str, inflected: bool) -> str:
    """The pattern of one word of a term, or of what stands between two."""
    if word == " ":
        return r"[^\p{L}\p{M}\p{N}]{1,3}"
    if not WORD.match(word):
        return str(regex.escape(word))
    prefix = next((prefix for script, prefix in PROCLITICS if script.match(word)), "")
    if word.startswith(ARTICLE) and len(word) > INFLECTED:
        word = word.removeprefix(ARTICLE)
    if HANGUL.match(word):  # particles are written on to words of any length
        return f"{regex.escape(word)}{LETTER}*+"
    if not inflected:
        return f"{prefix}{regex.escape(word)}"
    kept = len(word) - min(MOST_CUT, len(word) // 3)
    return f"{prefix}{regex.escape(word[:kept])}{LETTER}*+"
