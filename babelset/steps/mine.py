"""The step `mine`: pairs of texts that say the same, from two files that nobody has aligned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import Field

from babelset.contracts.default import choose
from babelset.contracts.engine import Engine
from babelset.contracts.step import Made, Rejected, Rows, RowStep, Running, Stage, StepOutcome
from babelset.engines.encoders import USE, Encoder, encoder
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.measures.neighbours import Match, Side, mutual
from babelset.measures.ngrams import NGrams
from babelset.steps.comparable import Group, Text, grouped
from babelset.steps.engines import engine_of, ladders, listed, pair_of
from babelset.translation.ladder import Ladder
from babelset.translation.texts import passages, segment_of
from babelset.work.chunks import chunked

TRANSLATE, EMBEDDING = "translate", "embedding"
LEAST = {TRANSLATE: 0.1, EMBEDDING: 0.8, USE: 0.8}  # WebFAQ's 0.8 for encoders
MARGIN = 1.04  # WikiMatrix's limit (arXiv 1907.05791), for encoders
Matched = tuple[Group, tuple[Side, Side]]
TOGETHER = 4096  # texts that are translated, or encoded, at a time


class Mine(RowStep, frozen=True):
    """
    Find pairs of texts in two files, the first in the source language, the second in the target language.

    >>> Mine(with_="embedding:labse-onnx", group="host", least=0.8)

    A pair is two texts of the same group of which each is the other's nearest: every text is in one pair at most. Near
    is the cosine of `embedding:DIR`, `use`, or, without an encoder, `translate` or `translate:ENGINE`: the texts of
    the first file are translated and compared by their character n-grams. Texts that are the same in both files, and
    texts that come again, are rejected. Rows become {source, target, similarity, group, details}. Source: WebFAQ.

    With `margin` near is the cosine over its mean with so many nearest texts of either side: 4 in the paper of Artetxe
    and Schwenk (2019, arXiv 1811.01136). Texts that are near to everything lose by it; groups of a few texts do too,
    for a text alone has the margin 1. Rows then have `margin` too, and `least` is a limit of it.

    A pair is scored, filtered and exported as a translated row is, and `similarity` and `margin` are scores of it.
    """

    with_: str = Field(TRANSLATE, alias="with")  # embedding:DIR, use, translate or translate:ENGINE
    options: dict[str, dict[str, Any]] = Field({})  # of the engine that translates: { nllb = { beam = 4 } }
    to: str = ""  # language of the second file
    fields: str | list[str] = "text"  # columns that hold the text; several are put together
    group: str = ""  # a column: only rows with the same value are paired
    margin: int | None = Field(None, ge=1, le=100)  # nearest texts that the cosine is compared with, as 4
    least: float | None = Field(None, ge=0)  # similarity, 0.8 for encoders, 0.1 for translate; of a margin, 1.04

    @property
    def looks_ahead(self) -> bool:
        return True

    def needs(self) -> frozenset[str]:
        return frozenset([*listed(self.fields), *filter(None, [self.group])])

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        more = {"margin"} if self.margin else set[str]()
        return frozenset({"source", "target", "similarity", "group", "details"} | more)

    def language(self, stage: Stage) -> str:
        return stage.target

    def told(self, counts: Mapping[str, int]) -> list[str]:
        return [f"{counts['pairs']} pairs"] if counts.get("pairs") else ["no pairs"]

    def check(self, stage: Stage) -> None:
        if len(stage.inputs) != 2 or stage.inputs[0] == stage.inputs[1]:
            raise ConfigError(f"two files are read, one in each language, and not {len(set(stage.inputs))}")
        kind, _, named = self.with_.partition(":")
        if kind not in LEAST or (kind == EMBEDDING) != bool(named and kind != TRANSLATE):
            raise ConfigError(f"with: {self.with_}: write embedding:DIR, use, translate or translate:ENGINE")
        if self._least > 1 and not self.margin:
            raise ConfigError(f"least: no similarity is above 1: {self.least:g}; a margin may be, with margin=4")
        if kind == TRANSLATE:
            self._engine(stage).build(pair_of(stage)).close()
        else:
            encoder(named or USE)

    def _engine(self, stage: Stage) -> Engine:
        named = self.with_.partition(":")[2]
        return engine_of(named, self.options) if named else choose(pair_of(stage)).engine

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        outcomes: dict[int, StepOutcome] = {}
        groups = grouped(running.read(), running.stage.inputs[1], listed(self.fields), self.group, outcomes)
        kind, _, named = self.with_.partition(":")
        if kind == TRANSLATE:
            engine, pair = self._engine(running.stage), pair_of(running.stage)
            with ladders({engine.name: engine}, pair, running) as made:
                sides: Iterable[Matched] = list(_translated(groups, made[engine.name], running, outcomes))
        else:
            running.models[running.stage.name] = self.with_
            sides = _encoded(groups, encoder(named or USE))
        for group, near in sides:
            self._pair(group, near, outcomes, pair_of(running.stage))
        yield lambda batch: [outcomes.get(row.row.number, Rejected("no mutual nearest text")) for row in batch]

    @property
    def _least(self) -> float:
        usual = MARGIN if self.margin else LEAST[self.with_.partition(":")[0]]
        return usual if self.least is None else self.least

    def _pair(self, group: Group, near: tuple[Side, Side], outcomes: dict[int, StepOutcome], pair: Pair) -> None:
        for match in mutual(*near, neighbours=self.margin or 0):
            source, target = group.source[match.source], group.target[match.target]
            if (match.margin if self.margin else match.similarity) < self._least:
                told = f"{'margin' if self.margin else 'similarity'} below {self._least:g}"
                outcomes[source.number] = outcomes[target.number] = Rejected(told)
                continue
            made = self._made(source, target, match, pair)
            outcomes[source.number] = Made([made], parents=(target.row.id,), counts={"pairs": 1})
            outcomes[target.number] = Made([])

    def _made(self, source: Text, target: Text, match: Match, pair: Pair) -> dict[str, Any]:
        columns = listed(self.fields)
        apart = {KEY, self.group, *(columns if len(columns) == 1 else ())}
        details = {
            side: {key: value for key, value in text.row.data.items() if key not in apart}
            for side, text in (("source", source), ("target", target))
        }
        scores = {"similarity": round(match.similarity, 4)} | (
            {"margin": round(match.margin, 4)} if self.margin else {}
        )
        found = {"source": source.text, "target": target.text, **scores, "group": source.group, "details": details}
        return {**found, KEY: _evidence(source.text, target.text, scores, pair)}


def _evidence(source: str, target: str, scores: Mapping[str, float], pair: Pair) -> dict[str, Any]:
    """A pair as a translation, of one segment: what scorers, filters and exports read."""
    field = {"path": ["target"], "role": "target", "source": source, "keeps": []}
    segment = {"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""}
    texts = {"schema": "mined", "source": pair.source.code, "target": pair.target.code}
    marks: dict[str, Any] = {"scores": {name: [score] for name, score in scores.items()}, "verdicts": []}
    return {**texts, "fields": [field], "segments": [segment], **marks, "status": "accepted"}


def _translated(
    groups: Sequence[Group], ladder: Ladder, running: Running, outcomes: dict[int, StepOutcome]
) -> Iterator[Matched]:
    """The groups without what could not be translated, and their n-grams in the target language."""
    pair, said = pair_of(running.stage), dict[int, str]()
    for some in chunked((text for group in groups for text in group.source), TOGETHER):
        answers = passages(ladder, [segment_of(text.text) for text in some], pair)
        said |= {text.number: answer for text, answer in zip(some, answers, strict=True) if answer is not None}
        outcomes |= {text.number: Rejected("could not be translated") for text in some if text.number not in said}
    for group in groups:
        kept = Group([text for text in group.source if text.number in said], group.target)
        yield kept, NGrams.both([said[text.number] for text in kept.source], [text.text for text in kept.target])


def _encoded(groups: Sequence[Group], model: Encoder) -> Iterator[Matched]:
    """The groups and their vectors; small ones are encoded together."""
    some: list[Group] = []
    for at, group in enumerate(groups, 1):
        some.append(group)
        if at == len(groups) or sum(map(len, some)) >= TOGETHER:
            vectors = model.encode([text.text for each in some for text in (*each.source, *each.target)])
            start = 0
            for each in some:
                middle, end = start + len(each.source), start + len(each)
                yield each, (vectors[start:middle], vectors[middle:end])
                start = end
            some = []
