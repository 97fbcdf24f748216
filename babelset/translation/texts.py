"""Texts that stand in no row: names, labels, passages. Each comes back whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babelset.contracts.translator import Translation
from babelset.files.halves import HALF
from babelset.languages import Pair
from babelset.text.segment import HELD, Part, Segment, rebuild, restore, sentences
from babelset.translation.ladder import Answer, Ladder


def segment_of(text: str) -> Segment:
    """The text as one segment, without the characters that stand for kept texts, and valid Unicode."""
    return Segment(HALF.sub("?", HELD.sub("", text)))


def passages(ladder: Ladder, segments: Sequence[Segment], pair: Pair) -> list[str | None]:
    """Each of the segments, sentence by sentence, its kept texts restored; None where the engine could not."""
    split = [sentences(segment, pair.source.bcp47, ladder.translator.limit) for segment in segments]
    asked = [part for parts in split for part in parts if isinstance(part, Segment)]
    answers = iter(ladder.translate(asked, pair))
    return [_whole(parts, answers) for parts in split]


def _whole(parts: Sequence[Part], answers: Iterator[Answer]) -> str | None:
    segments = [part for part in parts if isinstance(part, Segment)]
    got = [(segment, next(answers)) for segment in segments]
    texts = [restore(answer.text, segment.keeps) for segment, answer in got if isinstance(answer, Translation)]
    return rebuild(parts, texts) if len(texts) == len(segments) else None
