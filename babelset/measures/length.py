"""How long a translation is, compared with what its source lets expect."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from babelset.contracts.filter import Scored
from babelset.languages import Language


def ratio(unit: Scored) -> float | None:
    """The length of the target's prose over the expected one, in characters; None without prose or target."""
    if unit.target is None:
        return None
    source, target = (len(text.strip()) for text in unit.prose)
    if not source:
        return None
    return target / expected(unit)


def expected(unit: Scored) -> float:
    """How long the target's prose should be, in characters: the source's, by what the two languages need."""
    return len(unit.prose[0].strip()) * _characters(unit.pair.target) / _characters(unit.pair.source)


def fits(unit: Scored, ratio: float, tolerance: float = 2.0, slack: float = 15) -> bool:
    """Whether the ratio is between 1 / `tolerance` and `tolerance`, give or take `slack` characters of the source."""
    room = slack / max(len(unit.prose[0].strip()), 1)
    return 1 / tolerance - room <= ratio <= tolerance + room


def _characters(language: Language) -> float:
    """Characters that say what one character of English says."""
    table = _table()
    return table["language"].get(language.code) or table["script"].get(language.script, 1.0)


@cache
def _table() -> dict[str, dict[str, float]]:
    return tomllib.loads(files(__package__).joinpath("length.toml").read_text(encoding="utf-8"))
