"""Answer options: none empty, all told apart, the right one not told by its script; and any two fields differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.choices import alone, confused, group, inside, listed, merged


class Choices(Filter):
    """
    Reject a row in which two texts that differ in the source have one translation, or an option has none, or the
    right option alone is in another script.

    Any two fields count, where their translation has more than 15 letters and few of their words are the same.
    Options are fields of the role `choice`, those under a key like `choices`, `options`, `endings`, `option_a` or
    `mc1_targets`, and lines that begin with A), B) and so on. Case and outer punctuation make no difference, unless
    the sources differ in nothing else. Which option is right, the row's label tells, by its schema. The score is 1 for
    a field of options in order, 0 for another.
    """

    name: ClassVar[str] = "choices"
    unit: ClassVar[Unit] = "field"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else _score(unit)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        groups: defaultdict[str, list[Scored]] = defaultdict(list)
        for rating in ratings:
            if rating.score == 0:
                return Verdict(self.name, False, 0.0, f"{rating.of.field}: {_complaint(rating.of)}")
            if rating.score is not None and (key := group(rating.of)):
                groups[key].append(rating.of)
        for key, options in groups.items():
            if same := confused((option.source, option.target or "") for option in options):
                return Verdict(self.name, False, 0.0, f"{key}: {_alike(same)}")
            if told := alone(options):
                reason = f"{told.field}: the right option alone is in another script: {shorten(told.target or '')}"
                return Verdict(self.name, False, 0.0, reason)
        if twins := merged([rating.of for rating in ratings]):
            one, other = twins
            reason = f"{one.field} and {other.field} are one: {shorten(one.target or '')}"
            return Verdict(self.name, False, 0.0, reason)
        return Verdict(self.name, True, 1.0 if known(ratings) else None)


def _score(unit: Scored) -> float | None:
    if group(unit):
        return float(bool((unit.target or "").strip()) or not unit.source.strip())
    if len(listed(unit.source)) < 2:
        return None
    pairs = inside(unit)
    return float(pairs is not None and confused(pairs) is None)


def _complaint(unit: Scored) -> str:
    if group(unit):
        return f"the option {shorten(unit.source)} is empty"
    pairs = inside(unit)
    same = confused(pairs) if pairs is not None else None
    return _alike(same) if same else "the listed options are not those of the source"


def _alike(same: tuple[str, str]) -> str:
    return f"two options are one: {shorten(same[0])} and {shorten(same[1])}"
