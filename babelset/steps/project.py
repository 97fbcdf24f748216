"""The step `project`: labels of a text, carried onto its translation."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from babelset.contracts.evidence import carried
from babelset.contracts.step import Failed, Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow
from babelset.errors import DataError
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.steps.alignment.aligning import Aligning
from babelset.steps.alignment.labels import Shape, shape_of
from babelset.steps.alignment.links import Labelled, Link, settled
from babelset.steps.alignment.means import Means, Texts
from babelset.steps.alignment.passages import Passage, Sentence, Where
from babelset.steps.alignment.proofs import Question
from babelset.steps.alignment.words import Span

UNPROVED, UNTRANSLATED = "a labelled span is not proved", "a text has no translation"


class Project(Aligning, frozen=True):
    """
    Translate labelled texts, and find each label's place in the translation: tokens and tags, text and spans, SQuAD.

    >>> Project(to="es", missing="drop")

    Of rows that babelset translated, only the places are looked for. Where each span is, and what proves it, is told
    under `_babelset.projected`. A row with a span that nothing proves is rejected, or loses the span.
    """

    always_translates: ClassVar[bool] = True

    missing: Literal["reject", "drop"] = "reject"  # of spans that nothing proves: reject the row, or drop the span

    def language(self, stage: Stage) -> str:
        return stage.target or stage.source

    def sources(self, row: StepRow) -> Iterator[tuple[Where, str]]:
        yield from shape_of(row.data).texts(row.data)

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.means(running) as means:
            yield self.signed(means, partial(self._rows, means))

    def _rows(self, means: Means, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        outcomes: list[StepOutcome] = []
        asked: dict[Pair, list[tuple[int, _Asked]]] = {}
        for place, (row, texts) in enumerate(zip(batch, means.texts(batch), strict=True)):
            outcome = texts if isinstance(texts, Failed) else _asked(row, texts)
            outcomes.append(Rejected(UNPROVED) if isinstance(outcome, _Asked) else outcome)
            if isinstance(outcome, _Asked) and isinstance(texts, Texts):
                asked.setdefault(texts.pair, []).append((place, outcome))
        for pair, rows in asked.items():
            links = iter(means.aligner(pair).links([question for _, one in rows for question in one.questions]))
            for place, one in rows:
                outcomes[place] = self._outcome(batch[place], pair, one, [next(links) for _ in one.questions])
        return outcomes

    def _outcome(self, row: StepRow, pair: Pair, one: _Asked, links: Sequence[Sequence[Link | None]]) -> StepOutcome:
        found = [
            _moved(span, *place, links) for span, place in zip(one.spans, one.places, strict=True) if span and place
        ]
        proved = [span for span in found if span]
        lost = len(one.spans) - len(proved)
        if lost and (self.missing == "reject" or (one.shape.all_or_nothing and not proved)):
            return Rejected(UNPROVED)
        spans = settled(proved) if one.shape.apart else proved
        text = one.targets[one.shape.path]
        told = [
            {"label": span.label, "start": span.start, "end": span.end, "source": one.source(span),
             "target": text[slice(*span.span)], "proof": span.proof}
            for span in spans
        ]  # fmt: skip
        counts = {"spans": len(one.spans), "dropped": lost, **Counter(span.proof for span in proved)}
        known = {**carried(row.data), "language": pair.target.code, "projected": told, "project": counts}
        return Made([{**one.shape.written(row.data, one.targets, spans), KEY: known}], counts=counts)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row with its labelled spans, and where they are asked for: question, its sentence, and number in it."""

    shape: Shape
    targets: Mapping[Where, str]
    spans: Sequence[Labelled | None]
    places: Sequence[tuple[int, Sentence, int] | None]
    questions: Sequence[Question]

    def source(self, span: Labelled) -> str:
        first, place = self.spans[span.number], self.places[span.number]
        assert first and place
        return place[1].source[first.start - place[1].at : first.end - place[1].at]


def _asked(row: StepRow, texts: Texts) -> _Asked | Failed | Rejected:
    targets = {passage.path: passage.target for passage in texts.passages if passage.target is not None}
    try:
        shape = shape_of(row.data)
        sources = {passage.path: passage.source for passage in texts.passages}
        if shape.path not in sources:
            return Failed("was not translated", str(shape.path[0]))
        spans = shape.spans(row.data, sources)
    except DataError as error:
        return Failed(error.reason, error.field)
    if len(targets) < len(texts.passages):
        return Rejected(UNTRANSLATED)
    passage = next(passage for passage in texts.passages if passage.path == shape.path)
    return _Asked(shape, targets, spans, *_places(passage, spans))


def _places(
    passage: Passage, spans: Sequence[Labelled | None]
) -> tuple[list[tuple[int, Sentence, int] | None], list[Question]]:
    """In which sentence each span is; None for one that is in none, as one that two sentences share."""
    starts = [sentence.at for sentence in passage.sentences]
    homes: dict[int, list[Span]] = {}
    found: list[tuple[int, int] | None] = []
    for span in spans:
        home = bisect_right(starts, span.start) - 1 if span else -1
        if span is None or home < 0 or span.end > starts[home] + len(passage.sentences[home].source):
            found.append(None)
            continue
        inner = homes.setdefault(home, [])
        found.append((home, len(inner)))
        inner.append((span.start - starts[home], span.end - starts[home]))
    order = {home: number for number, home in enumerate(homes)}
    places = [each and (order[each[0]], passage.sentences[each[0]], each[1]) for each in found]
    return places, [Question(passage.sentences[home], tuple(inner)) for home, inner in homes.items()]


def _moved(
    span: Labelled, question: int, sentence: Sentence, place: int, links: Sequence[Sequence[Link | None]]
) -> Labelled | None:
    """The span in the translation."""
    link = links[question][place]
    return (
        None
        if link is None
        else Labelled(sentence.to + link.start, sentence.to + link.end, span.label, span.number, link.proof)
    )
