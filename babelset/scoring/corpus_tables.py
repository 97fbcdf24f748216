"""
The corpus table of a scoring: BLEU, chrF, chrF++ and TER of each language, by every scorer that compares texts.

Units are drawn while the scored rows go by, and compared when all have, one language after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from heapq import heappop, heappush
from random import Random
from typing import Any

from babelset.contracts.evidence import outcome_of
from babelset.contracts.filter import Filter, Scored
from babelset.files.row import KEY
from babelset.scoring.metrics import LONGEST, CorpusScore, Metric, corpus
from babelset.work.chunks import chunked

SEED = 21
MOST = 5_000  # units of one language that a scorer compares
LARGEST = 3_000_000  # characters of them: chrF's n-grams take 300 bytes for each of the reference
HELD = 100_000_000  # characters of all languages together, until it is their turn
WEIGHT = 200  # characters that a unit takes besides its texts
CHUNK = 256  # units that are compared together


@dataclass(frozen=True, slots=True)
class Corpus:
    """How like each other the texts are that a scorer compares, in one language."""

    units: int  # that were compared
    of: int
    metrics: dict[Metric, CorpusScore]


@dataclass
class Draw:
    """At most `most` of the units that are offered, those with the lowest keys: of keys by chance, an even draw."""

    most: int = MOST
    seen: int = 0
    size: int = 0  # characters
    heap: list[tuple[float, int, Scored]] = field(default_factory=list)

    def offer(self, key: float, unit: Scored) -> None:
        self.seen += 1
        if _size(unit) > 2 * LONGEST:  # no metric would see the whole of it
            return
        self.size += _size(unit)
        heappush(self.heap, (-key, self.seen, unit))
        while len(self.heap) > self.most or self.size > LARGEST:
            self.drop()

    def drop(self) -> None:
        """Have one unit less from now on."""
        self.size -= _size(heappop(self.heap)[2])
        self.most = len(self.heap)

    def units(self) -> list[Scored]:
        """In the order in which they came."""
        return [unit for _, _, unit in sorted(self.heap, key=lambda item: item[1])]


def corpus_tables(
    scorers: Sequence[Filter], rows: Iterable[dict[str, Any]], say: Callable[[str], None] = lambda message: None
) -> dict[str, dict[str, Any]]:
    """
    What each scorer that compares texts finds of scored rows, by language: the table that papers show, as data.

    >>> corpus_tables([Reference(file="references.csv")], rows)["cat_Latn"]
    {'reference': {'units': 1997, 'of': 1997, 'metrics': {'bleu': {'score': 15.9, 'low': 15.4, 'high': 16.4, ...}}}}

    Of each language 5,000 units at most, drawn by chance from those with a score; fewer where they would take too much
    memory: long ones, or many languages, of two hundred about 1,000 each.
    """
    checks = [check for check in scorers if check.compares]
    found: dict[str, dict[str, Any]] = {}
    for (code, number), draw in _draws(checks, rows).items():
        check = checks[number]
        if draw.heap:
            say(f"{check.name}: comparing {len(draw.heap):,} of {draw.seen:,} {check.unit}s, {code}")
        if compared := _compared(check, draw):
            found.setdefault(code, {})[check.name] = asdict(compared)
    return found


def _draws(checks: Sequence[Filter], rows: Iterable[dict[str, Any]]) -> dict[tuple[str, int], Draw]:
    """The units to compare, by language code and number of the scorer."""
    draws: defaultdict[tuple[str, int], Draw] = defaultdict(Draw)
    chance = Random(SEED)
    for row in rows if checks else ():
        evidence = row[KEY]
        outcome = outcome_of(row, evidence)
        for number, check in enumerate(checks):
            draw = draws[evidence["target"], number]
            for unit, score in zip(check.units(outcome), evidence["scores"][check.name], strict=True):
                if score is not None:
                    draw.offer(chance.random(), replace(unit, candidates=()))
        while sum(draw.size for draw in draws.values()) > HELD:
            max(draws.values(), key=lambda draw: draw.size).drop()
    return dict(sorted(draws.items()))


def _compared(check: Filter, draw: Draw) -> Corpus | None:
    pairs = [pair for units in chunked(draw.units(), CHUNK) for pair in check.compared(units) if pair]
    if not pairs:
        return None
    hypotheses, references = [pair.hypothesis for pair in pairs], [pair.reference for pair in pairs]
    return Corpus(len(pairs), draw.seen, corpus(hypotheses, references, pairs[0].language))


def _size(unit: Scored) -> int:
    return WEIGHT + len(unit.source) + len(unit.target or "")
