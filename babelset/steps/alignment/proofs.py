"""
What proves that a part of a translation is that of a span: asked in order, each about what those before did not prove.

lexicon       a target of the term stands in the translation exactly once
containment   the span's own translation stands there exactly once
markers       the translator carried marks around the span into a translation that says the same
eflomal       word links over all sentences of the run, that both directions agree on
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babelset.contracts.translator import Translation
from babelset.steps.alignment.links import Link, covered
from babelset.steps.alignment.passages import Interpreter, Sentence
from babelset.steps.alignment.terms import Terms
from babelset.steps.alignment.words import Span, only
from babelset.text.segment import PLACEHOLDER, Segment

PROOFS = ("lexicon", "containment", "markers", "eflomal")
TAGS = ("tags", "xml")  # placeholder schemes that look like marks around words
HELD = re.compile("[\ue000-\uf8ff]")
MOST_MARKED = 20  # spans of one sentence

Found = list[Span | None]
Linked = Callable[[Sentence], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Question:
    """Spans of a sentence that are looked for in its translation."""

    sentence: Sentence
    spans: tuple[Span, ...]

    def text(self, span: Span) -> str:
        return self.sentence.source[slice(*span)]


@dataclass
class Aligner:
    """Proofs for one pair of languages; those are asked that it has the means for."""

    language: str  # of the targets, a FLORES-200 code
    terms: Terms | None = None
    interpreter: Interpreter | None = None
    linked: Linked | None = None  # word links of a sentence

    def links(self, asked: Sequence[Question]) -> list[list[Link | None]]:
        """
        A link for each span of each question, or None where nothing proves one.

        A span that stands more than once in its sentence has none: nobody knows which of them is meant.
        """
        links: list[list[Link | None]] = [[None] * len(one.spans) for one in asked]
        for proof in PROOFS:
            left = [
                (row, Question(one.sentence, tuple(one.spans[place] for place in places)), places)
                for row, one in enumerate(asked)
                if (places := [place for place, link in enumerate(links[row]) if link is None])
            ]
            for (row, _, places), found in zip(left, self._prove(proof, [one for _, one, _ in left]), strict=True):
                for place, span in zip(places, found, strict=True):
                    links[row][place] = Link(*span, proof) if span else None
        return links

    def _prove(self, proof: str, asked: Sequence[Question]) -> list[Found]:
        able = {"lexicon": self.terms, "markers": self._carries, "eflomal": self.linked}
        if not able.get(proof, self.interpreter):
            return [[None] * len(one.spans) for one in asked]
        found: list[Found] = getattr(self, f"_{proof}")(asked)
        return found

    def _lexicon(self, asked: Sequence[Question]) -> list[Found]:
        assert self.terms
        of = self.terms.of
        return [[_one_of(of(one.text(span), self.language), one, span) for span in one.spans] for one in asked]

    def _containment(self, asked: Sequence[Question]) -> list[Found]:
        assert self.interpreter
        wanted = list(dict.fromkeys(one.text(span) for one in asked for span in one.spans))
        alone = dict(zip(wanted, self.interpreter.texts(wanted), strict=True))
        return [[_one_of([alone[one.text(span)] or ""], one, span) for span in one.spans] for one in asked]

    @property
    def _carries(self) -> bool:
        return bool(self.interpreter) and any(name in TAGS for name in self.interpreter.translator.schemes)  # type: ignore[union-attr]

    def _markers(self, asked: Sequence[Question]) -> list[Found]:
        assert self.interpreter
        answers = self.interpreter.translate([marked(one) for one in asked])
        return [_between(answer, one) for answer, one in zip(answers, asked, strict=True)]

    def _eflomal(self, asked: Sequence[Question]) -> list[Found]:
        assert self.linked
        return [
            [covered(span, one.sentence.source, one.sentence.target, self.linked(one.sentence)) for span in one.spans]
            for one in asked
        ]


def _one_of(targets: Sequence[str], one: Question, span: Span) -> Span | None:
    """Where one of the targets stands, if the span and all targets together stand once in their sentences."""
    if only(one.text(span), one.sentence.source) is None:
        return None
    found = [place for target in targets if (place := only(target, one.sentence.target))]
    return found[0] if len(found) == 1 else None


def marked(one: Question) -> Segment:
    """
    The sentence with a placeholder before and behind each span, as a translator is given it.

    >>> marked(Question(Sentence("The old house", ""), ((4, 7),)))
    Segment('The \\ue000old\\ue001 house', ('<m1>', '</m1>'), ('mark', 'mark'))
    """
    out, at, keeps = [], 0, list[str]()
    for number, (start, end) in enumerate(_apart(one.spans), 1):
        first, last = chr(PLACEHOLDER + len(keeps)), chr(PLACEHOLDER + len(keeps) + 1)
        keeps += [f"<m{number}>", f"</m{number}>"]
        out += [one.sentence.source[at:start], first, one.sentence.source[start:end], last]
        at = end
    return Segment("".join([*out, one.sentence.source[at:]]), tuple(keeps), ("mark",) * len(keeps))


def _apart(spans: Sequence[Span]) -> list[Span]:
    """The first spans that do not meet, in the order of the text."""
    found: list[Span] = []
    for span in sorted(set(spans)):
        if (not found or found[-1][1] <= span[0]) and len(found) < MOST_MARKED:
            found.append(span)
    return found


def _between(answer: Translation | None, one: Question) -> Found:
    """Where the text between two marks stands in the sentence's translation, exactly once."""
    if answer is None or {"pieces", "fallback"} & set(answer.flags):
        return [None] * len(one.spans)
    found: dict[Span, Span] = {}
    for number, span in enumerate(_apart(one.spans)):
        _, _, rest = answer.text.partition(chr(PLACEHOLDER + 2 * number))
        inside, closed, _ = rest.partition(chr(PLACEHOLDER + 2 * number + 1))
        if closed and inside.strip() and not HELD.search(inside):
            place = only(inside.strip(), one.sentence.target)
            if place:
                found[span] = place
    return [found.get(span) for span in one.spans]
