"""Whether the translation, translated back, still says what the source says."""

from __future__ import annotations

import atexit
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.engine import Engine
from babelset.contracts.filter import Scored, without
from babelset.contracts.translator import Translation, Translator
from babelset.languages import Pair
from babelset.scoring.covered import covers
from babelset.scoring.metrics import LONGEST, Compared, sentence
from babelset.scoring.scorer import Scorer
from babelset.text.segment import HELD, PLACEHOLDER, Part, Segment, rebuild, restore, sentences
from babelset.translation.ladder import Answer, Ladder
from babelset.work.memory import Memory

IN_MEMORY = ":memory:"  # SQLite's name for it
REMEMBERED = 20_000  # translations of one engine that are kept there


class Roundtrip(Scorer, extra="forbid", frozen=True):
    """
    Translate each segment back with `translator`, and score the chrF between source and result, 0 to 1.

    >>> Roundtrip(translator="nllb", options={"model": "nllb-600M"}, least=0.3)

    An alarm for gross errors, no ranking of translations: it sees the way back too, prefers literal ones, and is best
    pleased by a source that was left untranslated, which `copied` and `language` must catch. Kept text does not count.
    Segments that the engine cannot translate back score None. Raises ConfigError where translator, options or
    sacrebleu are missing.
    """

    name: ClassVar[str] = "roundtrip"

    translator: str = Field("apertium", description="the engine that translates back")
    options: dict[str, Any] = Field({}, description="the engine's own options")

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        return [None if pair is None else sentence("chrf", *pair) for pair in self.compared(units)]

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]:
        """Back-translation and source of each unit, both without kept text; None for those not covered."""
        found: dict[Scored, Compared | None] = {}
        for pair, asked in _by_pair(units).items():
            way = self._way()
            for unit, back in zip(asked, way.back(asked, Pair(pair.target, pair.source)), strict=True):
                found[unit] = back if back is None else Compared(without(back, unit.keeps), unit.prose[0], pair.source)
        return [found.get(unit) for unit in units]

    @contextmanager
    def remembering(self, folder: Path) -> Iterator[None]:
        """Keep what is translated back in a file of `folder`, however much it is."""
        way = self._way()
        way.remember(folder / "roundtrip.sqlite")
        try:
            yield
        finally:
            way.remember(IN_MEMORY)

    @property
    def license(self) -> str:
        """Of the engine."""
        return str(getattr(self._way().translator, "license", ""))

    def _way(self) -> _Way:
        return _way(Engine(name=self.translator, options=self.options).model_dump_json())


def _by_pair(units: Sequence[Scored]) -> dict[Pair, list[Scored]]:
    groups: defaultdict[Pair, list[Scored]] = defaultdict(list)
    for unit in units:
        if covers(unit, force=True):
            groups[unit.pair].append(unit)
    return groups


@dataclass
class _Way:
    """The way back through one engine, for one caller at a time; it lives as long as the process."""

    translator: Translator
    memory: Memory = field(default_factory=lambda: Memory(IN_MEMORY))
    turn: Lock = field(default_factory=Lock)

    def back(self, units: Sequence[Scored], pair: Pair) -> list[str | None]:
        """Each target in the language of `pair.target`; None where the engine could not."""
        with self.turn:
            if not self.translator.supports(pair):
                return [None] * len(units)
            if self.memory.path == IN_MEMORY and len(self.memory) > REMEMBERED:
                self.memory.close()
                self.memory = Memory(IN_MEMORY)
            split = [_parts(unit, pair, self.translator.limit) for unit in units]
            segments = [part for parts in split for part in parts if isinstance(part, Segment)]
            answers = iter(Ladder(self.translator, self.memory).translate(segments, pair))
            return [_whole(parts, answers) for parts in split]

    def remember(self, path: Path | str) -> None:
        with self.turn:
            self.memory.close()
            self.memory = Memory(path)


@cache
def _way(engine: str) -> _Way:
    translator = Engine.model_validate_json(engine).make()
    atexit.register(translator.close)
    return _Way(translator)


def _parts(unit: Scored, pair: Pair, limit: int) -> list[Part]:
    """The target's sentences, the kept texts in it as placeholders."""
    free: defaultdict[str, list[int]] = defaultdict(list)
    for index in reversed(range(len(unit.keeps))):
        free[unit.keeps[index]].append(index)

    def hold(found: re.Match[str]) -> str:
        if indices := free.get(found[0]):
            return chr(PLACEHOLDER + indices.pop())
        return HELD.sub("", found[0])  # one too many; or a placeholder that is none of ours

    keeps = "|".join(re.escape(keep) for keep in sorted(free, key=len, reverse=True) if keep)
    text = re.sub(f"{keeps}|{HELD.pattern}" if keeps else HELD.pattern, hold, (unit.target or "")[:LONGEST])
    clean = text.encode("utf-8", "replace").decode()  # no lone surrogates
    return sentences(Segment(clean, unit.keeps, ("",) * len(unit.keeps)), pair.source.bcp47, limit)


def _whole(parts: Sequence[Part], answers: Iterator[Answer]) -> str | None:
    segments = [part for part in parts if isinstance(part, Segment)]
    got = [(segment, next(answers)) for segment in segments]
    texts = [restore(answer.text, segment.keeps) for segment, answer in got if isinstance(answer, Translation)]
    return rebuild(parts, texts) if len(texts) == len(segments) else None
