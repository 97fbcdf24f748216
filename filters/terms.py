"""The translation says what the glossary says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten
from babelset.engines.llm.glossary import Glossary, Term
from babelset.errors import ConfigError
from babelset.languages import Pair


class Terms(Filter):
    """
    Report, and with `least` demand, that the terms of a glossary are translated as the glossary says.

    The score of a segment is the share of the terms in it whose translation stands in the target, inflected or
    not; kept spans don't count. A row needs `least` of its terms: 0.0, the default, only counts how often each
    term was used and was missing. `glossary` is a CSV, TSV or TBX file; see `babelset.engines.llm.glossary`.
    """

    name: ClassVar[str] = "terms"
    unit: ClassVar[Unit] = "segment"
    main_option: ClassVar[str] = "glossary"

    glossary: str
    least: float = Field(default=0.0, ge=0, le=1)

    def model_post_init(self, _: Any) -> None:
        if not Path(self.glossary).is_file():  # better now than after hours of translation
            raise ConfigError(f"filter 'terms': glossary: there is no file {self.glossary!r}; check its path")

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(_share([used for _, used in self._terms(unit)])) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        segments = [rating.of for rating in ratings if rating.score is not None]
        found = [(unit, term, used) for unit in segments for term, used in self._terms(unit)]
        share = _share([used for _, _, used in found])
        counts = Counter(f"{term.source}: {'used' if used else 'missing'}" for _, term, used in found)
        if share is None or share >= self.least:
            return Verdict(self.name, True, share, counts=counts)
        unit, term = next((unit, term) for unit, term, used in found if not used)
        return Verdict(self.name, False, share, f"{unit.field}: {_missing(term)}", counts)

    def _terms(self, unit: Scored) -> Iterator[tuple[Term, bool]]:
        """The terms in the unit's prose, each with whether the target uses it."""
        if unit.target is None:
            return
        source, target = unit.prose
        glossary = _glossary(self.glossary, unit.pair)
        for term in glossary.matches(source):
            yield term, glossary.honoured(term, target)


def _share(used: Sequence[bool]) -> float | None:
    return sum(used) / len(used) if used else None


def _missing(term: Term) -> str:
    if term.target == term.source:
        return f"{shorten(term.source)} is not kept as it is"
    return f"{shorten(term.source)} is not translated as {shorten(term.target)}"


def _glossary(path: str, pair: Pair) -> Glossary:
    file = Path(path)
    return _read(path, pair, file.stat().st_mtime_ns if file.is_file() else 0)


@cache
def _read(path: str, pair: Pair, changed: int) -> Glossary:
    return Glossary.read(path, pair)
