"""Whether the translation, translated back, still says what the source says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.engine import Engine
from babelset.contracts.filter import Compared, Rating, Scored, Unit, without
from babelset.contracts.translator import Translator
from babelset.languages import Pair
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating
from babelset.scoring.metrics import LONGEST, sentence
from babelset.text.segment import HELD, PLACEHOLDER, Segment
from babelset.translation.ladder import Ladder
from babelset.translation.texts import passages
from babelset.work.memory import Memory

IN_MEMORY = ":memory:"  # SQLite's name for it
REMEMBERED = 20_000  # translations of one engine that are kept there


class Roundtrip(Aggregating):
    """
    Translate each segment back with `translator`, and score the chrF between source and result, 0 to 1.

    >>> Roundtrip(translator="nllb", options={"model": "nllb-600M"}, least=0.3)

    An alarm for gross errors, no ranking of translations: it sees the way back too, prefers literal ones, and is best
    pleased by a source that was left untranslated, which `copied` and `language` must catch. Kept text does not count.
    Segments that the engine cannot translate back score None. Raises ConfigError where translator, options or
    sacrebleu are missing.
    """

    name: ClassVar[str] = "roundtrip"
    unit: ClassVar[Unit] = "segment"
    compares: ClassVar[bool] = True
    main_option: ClassVar[str] = "translator"
    asks_an_engine: ClassVar[bool] = True
    pays: ClassVar[bool] = True

    translator: str = Field("apertium", description="the engine that translates back")
    options: dict[str, Any] = Field({}, description="the engine's own options")

    def deciding(self) -> dict[str, Any]:
        return {**super().deciding(), "options": self._engine.deciding()["options"]}

    def load(self, folder: Path | None) -> _Way:
        """The engine; in `folder` a file keeps what is translated back, however much it is."""
        engine = self._engine.make()
        if folder:
            engine.keep_replies(folder, self.name)
        return _Way(engine, Memory(folder / "roundtrip.sqlite" if folder else IN_MEMORY))

    def unload(self, model: _Way) -> None:
        model.close()

    def halt_loaded(self, model: _Way) -> None:
        model.halt()

    def account(self) -> dict[str, Any]:
        way: _Way | None = self._heavy.made if self._heavy else None
        account = way.translator.account() if way else {}
        return account if account.get("requests") else {}

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if pair is None else sentence("chrf", *pair)) for pair in self.compared(units)]

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]:
        """Back-translation and source of each unit, both without kept text; None for those not covered."""
        found: dict[Scored, Compared | None] = {}
        for pair, asked in _by_pair(units).items():
            way: _Way = self.loaded
            for unit, back in zip(asked, way.back(asked, Pair(pair.target, pair.source)), strict=True):
                found[unit] = back if back is None else Compared(without(back, unit.keeps), unit.prose[0], pair.source)
        return [found.get(unit) for unit in units]

    @property
    def license(self) -> str | None:
        """Of the engine."""
        if self._heavy and (way := self._heavy.made):
            engine: Translator = way.translator
            return engine.license
        with closing(self._engine.make()) as translator:
            return translator.license

    @property
    def _engine(self) -> Engine:
        return Engine(name=self.translator, options=self.options)


def _by_pair(units: Sequence[Scored]) -> dict[Pair, list[Scored]]:
    groups: defaultdict[Pair, list[Scored]] = defaultdict(list)
    for unit in units:
        if covers(unit, force=True):
            groups[unit.pair].append(unit)
    return groups


@dataclass
class _Way:
    """The way back through one engine, for one caller at a time."""

    translator: Translator
    memory: Memory
    turn: Lock = field(default_factory=Lock)
    stop: Event = field(default_factory=Event)

    def back(self, units: Sequence[Scored], pair: Pair) -> list[str | None]:
        """Each target in the language of `pair.target`; None where the engine could not."""
        with self.turn:
            if not self.translator.supports(pair):
                return [None] * len(units)
            if self.memory.path == IN_MEMORY and len(self.memory) > REMEMBERED:
                self.memory.close()
                self.memory = Memory(IN_MEMORY)
            ladder = Ladder(self.translator, self.memory, stop=self.stop)
            return passages(ladder, list(map(_segment, units)), pair)

    def halt(self) -> None:
        self.stop.set()
        self.translator.halt()

    def close(self) -> None:
        self.translator.close()
        self.memory.close()


def _segment(unit: Scored) -> Segment:
    """The target, the kept texts in it as placeholders."""
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
    return Segment(clean, unit.keeps, ("",) * len(unit.keeps))
