"""
What of a row may be switched: words, fragments of a few words, or sentences, and which of them is proved.

Texts that no translator may touch (code, formulas, links) are no units, and so are never switched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from babelset.steps.alignment.changes import Change
from babelset.steps.alignment.links import Link, unambiguous
from babelset.steps.alignment.passages import Passage, Sentence, kept
from babelset.steps.alignment.proofs import Aligner, Question
from babelset.steps.alignment.terms import Terms
from babelset.steps.alignment.words import Span, folded, letters, overlap, words

Matrix = Literal["source", "target"]


@dataclass
class Units:
    """How many units a text has, and the changes that are proved."""

    passage: Passage
    text: str
    count: int = 0
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Words:
    """Words of at least `shortest` letters, or runs of `run` such and other words; terms of a lexicon before them."""

    matrix: Matrix = "source"
    shortest: int = 4
    run: int = 1

    def text(self, passage: Passage) -> str:
        """The text in which something is switched."""
        return _text(passage, self.matrix)

    def units(self, passages: Sequence[Passage], aligner: Aligner) -> list[Units]:
        """The units of each passage, all of them proved in one go."""
        made = [self._begun(passage, aligner.terms, aligner.language) for passage in passages]
        asked = [(units, question) for units in made for question in self._questions(units, aligner)]
        links = aligner.links([question for _, question in asked])
        for (units, question), found in zip(asked, links, strict=True):
            units.changes += self._changes(question, unambiguous(found))
        for units in made:
            units.changes = _apart(units.changes, kept(units.text))
        return made

    def _begun(self, passage: Passage, terms: Terms | None, language: str) -> Units:
        text = self.text(passage)
        units = Units(passage, text, len(free(self._spans(text), kept(text))))
        if terms and self.matrix == "source":
            units.changes = list(_terms(terms, text, language, free(terms.spans(text), kept(text))))
        return units

    def _questions(self, units: Units, aligner: Aligner) -> Iterator[Question]:
        closed = sorted([*kept(units.passage.source), *(change.span for change in units.changes)])
        for sentence in units.passage.sentences:
            spans = self._spans(sentence.source)
            if aligner.terms and self.matrix == "target":
                named = list(aligner.terms.spans(sentence.source))
                spans = [*named, *free(spans, named)]
            shifted = [(sentence.at + start, sentence.at + end) for start, end in spans]
            inner = [(start - sentence.at, end - sentence.at) for start, end in free(shifted, closed)]
            if inner:
                yield Question(sentence, tuple(inner))

    def _spans(self, text: str) -> list[Span]:
        found = words(text)
        if self.run > 1:
            found = list(_runs(text, found, self.run))
        return [span for span in found if letters(text[slice(*span)]) >= self.shortest]

    def _changes(self, question: Question, links: Sequence[Link | None]) -> Iterator[Change]:
        sentence = question.sentence
        for (start, end), link in zip(question.spans, links, strict=True):
            if link is None:
                continue
            source, target = sentence.source[start:end], sentence.target[slice(*link.span)]
            if folded(source) == folded(target):
                continue
            if self.matrix == "source":
                yield Change(sentence.at + start, sentence.at + end, target, link.proof)
            else:
                yield Change(sentence.to + link.start, sentence.to + link.end, source, link.proof)


@dataclass(frozen=True)
class Sentences:
    """Whole sentences, each proved by its own translation."""

    matrix: Matrix = "source"

    def text(self, passage: Passage) -> str:
        return _text(passage, self.matrix)

    def units(self, passages: Sequence[Passage], aligner: Aligner) -> list[Units]:
        """The units of each passage."""
        return [self._of(passage) for passage in passages]

    def _of(self, passage: Passage) -> Units:
        text = self.text(passage)
        changes = [change for sentence in passage.sentences if (change := self._change(text, sentence))]
        return Units(passage, text, len(passage.sentences), changes)

    def _change(self, text: str, sentence: Sentence) -> Change | None:
        here, there, at = sentence.source, sentence.target, sentence.at
        if self.matrix == "target":
            here, there, at = there, here, sentence.to
        held = (here[start:end] for start, end in kept(here))
        whole = text[at : at + len(here)] == here and all(each in there for each in held)
        return Change(at, at + len(here), there, "sentence") if whole and here != there else None


def _text(passage: Passage, matrix: Matrix) -> str:
    return passage.source if matrix == "source" else passage.target or ""


def free(spans: Iterable[Span], closed: Sequence[Span]) -> list[Span]:
    """Those of the spans that meet none of the closed ones, which are in order."""
    found, at = [], 0
    for span in sorted(spans):
        while at < len(closed) and closed[at][1] <= span[0]:
            at += 1
        if at == len(closed) or not overlap(span, closed[at]):
            found.append(span)
    return found


def _terms(terms: Terms, text: str, language: str, spans: Sequence[Span]) -> Iterator[Change]:
    for start, end in spans:
        targets = terms.of(text[start:end], language)
        if targets and folded(targets[0]) != folded(text[start:end]):
            yield Change(start, end, targets[0], "lexicon")


def _runs(text: str, found: Sequence[Span], most: int) -> Iterator[Span]:
    """Neighbouring words, `most` at a time, with nothing but a blank between them."""
    run: list[Span] = []
    for span in found:
        if run and (len(run) == most or text[run[-1][1] : span[0]] != " "):
            yield run[0][0], run[-1][1]
            run = []
        run.append(span)
    if run:
        yield run[0][0], run[-1][1]


def _apart(changes: Sequence[Change], closed: Sequence[Span]) -> list[Change]:
    """The changes in order that meet nothing closed and no change before them."""
    found: list[Change] = []
    open_spans = set(free([change.span for change in changes], closed))
    for change in sorted(changes, key=lambda change: change.span):
        if change.span in open_spans and (not found or found[-1].end <= change.start):
            found.append(change)
    return found
