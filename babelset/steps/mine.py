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
from babelset.measures.neighbours import Side, mutual
from babelset.measures.ngrams import NGrams
from babelset.steps.comparable import Group, Text, grouped
from babelset.steps.engines import engine_of, ladders, listed, pair_of
from babelset.translation.ladder import Ladder
from babelset.translation.texts import passages, segment_of
from babelset.work.chunks import chunked

TRANSLATE, EMBEDDING = "translate", "embedding"
LEAST = {TRANSLATE: 0.1, EMBEDDING: 0.8, USE: 0.8}  # WebFAQ's 0.8 for encoders
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
    """

    with_: str = Field(TRANSLATE, alias="with")  # embedding:DIR, use, translate or translate:ENGINE
    options: dict[str, dict[str, Any]] = Field({})  # of the engine that translates: { nllb = { beam = 4 } }
    to: str = ""  # language of the second file
    fields: str | list[str] = "text"  # columns that hold the text; several are put together
    group: str = ""  # a column: only rows with the same value are paired
    least: float | None = Field(None, ge=0, le=1)  # similarity; 0.8 for encoders, 0.1 for translate

    @property
    def looks_ahead(self) -> bool:
        return True

    def needs(self) -> frozenset[str]:
        return frozenset([*listed(self.fields), *filter(None, [self.group])])

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"source", "target", "similarity", "group", "details"})

    def told(self, counts: Mapping[str, int]) -> list[str]:
        return [f"{counts['pairs']} pairs"] if counts.get("pairs") else ["no pairs"]

    def check(self, stage: Stage) -> None:
        if len(stage.inputs) != 2 or stage.inputs[0] == stage.inputs[1]:
            raise ConfigError(f"two files are read, one in each language, and not {len(set(stage.inputs))}")
        kind, _, named = self.with_.partition(":")
        if kind not in LEAST or (kind == EMBEDDING) != bool(named and kind != TRANSLATE):
            raise ConfigError(f"with: {self.with_}: write embedding:DIR, use, translate or translate:ENGINE")
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
            self._pair(group, near, outcomes)
        yield lambda batch: [outcomes.get(row.row.number, Rejected("no mutual nearest text")) for row in batch]

    def _pair(self, group: Group, near: tuple[Side, Side], outcomes: dict[int, StepOutcome]) -> None:
        least = LEAST[self.with_.partition(":")[0]] if self.least is None else self.least
        for match in mutual(*near):
            source, target = group.source[match.source], group.target[match.target]
            if match.similarity < least:
                outcomes[source.number] = outcomes[target.number] = Rejected(f"similarity below {least:g}")
                continue
            made = self._made(source, target, match.similarity)
            outcomes[source.number] = Made([made], parents=(target.row.id,), counts={"pairs": 1})
            outcomes[target.number] = Made([])

    def _made(self, source: Text, target: Text, similarity: float) -> dict[str, Any]:
        columns = listed(self.fields)
        apart = {KEY, self.group, *(columns if len(columns) == 1 else ())}
        details = {
            side: {key: value for key, value in text.row.data.items() if key not in apart}
            for side, text in (("source", source), ("target", target))
        }
        return {
            "source": source.text,
            "target": target.text,
            "similarity": round(similarity, 4),
            "group": source.group,
            "details": details,
        }


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
