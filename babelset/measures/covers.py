"""Whether there is something to score in a translation."""

from __future__ import annotations

from babelset.contracts.filter import Scored


def covers(unit: Scored, force: bool) -> bool:
    """Whether both texts have words, in languages that XLM-RoBERTa has read, or in any with `force`."""
    known = force or (unit.pair.source.comet and unit.pair.target.comet)
    return known and bool((unit.target or "").strip()) and any(map(str.isalpha, unit.prose[0]))
