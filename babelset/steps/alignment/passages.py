"""
Texts of rows and their translations, sentence by sentence.

A row that babelset translated tells both in its evidence. Other texts are translated here, by the translator in hand,
through the translation memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from babelset.contracts.evidence import Evidence, SegmentEvidence, path_name, value_at
from babelset.contracts.translator import Translation, Translator
from babelset.languages import Pair
from babelset.steps.alignment.words import Span
from babelset.text.document import Keep, parse
from babelset.text.segment import Part, Segment, restore, split
from babelset.translation.ladder import Ladder
from babelset.work.memory import Memory

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its translation; `at` and `to` are where each begins in its text."""

    source: str
    target: str
    at: int = 0
    to: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, its translation where there is one, and its sentences that have one."""

    path: Where
    source: str
    target: str | None
    sentences: tuple[Sentence, ...] = ()

    @property
    def name(self) -> str:
        return path_name(self.path)


def kept(text: str) -> list[Span]:
    """Where code, formulas, links and the like stand in a text."""
    found, at = [], 0
    for span in parse(text):
        if isinstance(span, Keep):
            found.append((at, at + len(span.text)))
        at += len(span.text)
    return found


def translated(data: dict[str, Any], evidence: Evidence) -> Iterator[Passage]:
    """The passages of a row that babelset translated."""
    segments: defaultdict[int, list[SegmentEvidence]] = defaultdict(list)
    for segment in evidence["segments"]:
        segments[segment["field"]].append(segment)
    for number, field in enumerate(evidence["fields"]):
        target = value_at(data, field["path"])
        if isinstance(target, str):
            sentences = tuple(_found(field["source"], target, segments[number]))
            yield Passage(tuple(field["path"]), field["source"], target, sentences)


def _found(source: str, target: str, segments: Sequence[SegmentEvidence]) -> Iterator[Sentence]:
    at = to = 0
    for segment in segments:
        there = -1 if segment["target"] is None else target.find(segment["target"], to)
        here = source.find(segment["source"], at)
        if here >= 0 and there >= 0 and segment["target"]:  # otherwise somebody has changed the row since
            yield Sentence(segment["source"], segment["target"], here, there)
            at, to = here + len(segment["source"]), there + len(segment["target"])


@dataclass(frozen=True)
class Interpreter:
    """The translator in hand, for one pair of languages."""

    translator: Translator
    memory: Memory
    pair: Pair

    def translate(self, segments: Sequence[Segment]) -> list[Translation | None]:
        """One answer each; None where there is none."""
        answers = Ladder(self.translator, self.memory).translate(segments, self.pair)
        return [answer if isinstance(answer, Translation) else None for answer in answers]

    def passages(self, texts: Sequence[tuple[Where, str]]) -> list[Passage]:
        """The texts with their translations; without, where any of its sentences has none."""
        language, limit = self.pair.source.bcp47, self.translator.limit
        divided = [split(parse(text), language, limit) for _, text in texts]
        asked = [part for parts in divided for part in parts if isinstance(part, Segment)]
        answers = iter(self.translate(asked))
        return [_passage(path, text, parts, answers) for (path, text), parts in zip(texts, divided, strict=True)]

    def texts(self, texts: Sequence[str]) -> list[str | None]:
        """The translations of texts that stand alone."""
        return [passage.target for passage in self.passages([((), text) for text in texts])]


def _passage(path: Where, text: str, parts: Sequence[Part], answers: Iterator[Translation | None]) -> Passage:
    sentences, whole, at, to, complete = list[Sentence](), list[str](), 0, 0, True
    for part in parts:
        source = part if isinstance(part, str) else part.source
        target = source
        if isinstance(part, Segment):
            answer = next(answers)
            complete = complete and answer is not None
            if answer:
                target = restore(answer.text, part.keeps)
                sentences.append(Sentence(source, target, at, to))
        whole.append(target)
        at, to = at + len(source), to + len(target)
    return Passage(path, text, "".join(whole), tuple(sentences)) if complete else Passage(path, text, None)
