"""What must not be translated came out byte for byte as it went in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten

if TYPE_CHECKING:
    from babelset.text.document import Keep


class Preserved(Filter):
    """
    Parse both sides of a field again and demand every kept span of the source in the target, as often.

    The score is the share of kept spans that survived. Independent of how the translation was made: it sees
    two texts. Spans between sentences (code blocks, table rules, markers) must also come in their old order.
    Code may have other comments and docstrings, provided that nothing else in it differs by a byte.
    """

    name: ClassVar[str] = "preserved"
    unit: ClassVar[Unit] = "field"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else _share(unit)) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        worst = min(known(ratings), default=None)
        for rating in ratings:
            if rating.score is not None and rating.score < 1:
                return Verdict(self.name, False, worst, f"{rating.of.field}: {_complaint(rating.of)}")
        return Verdict(self.name, True, worst)


def _share(unit: Scored) -> float:
    if not (kept := _kept(unit.source)):
        return 1.0
    share = 1 - _lost(unit, kept).total() / len(kept)
    return share if share < 1 or _in_order(unit, kept) else 1 - 1 / len(kept)


def _kept(text: str) -> list[Keep]:
    from babelset.text.document import Keep, parse

    return [span for span in parse(text) if isinstance(span, Keep)]


def _lost(unit: Scored, spans: Sequence[Keep]) -> Counter[str]:
    """
    Kept texts of the source that the target lacks. What the parser does not see in the target, because the
    prose around it changed, is looked for as plain text.
    """
    target = unit.target or ""
    came = spans if target == unit.source else _kept(target)
    wanted, kept = (Counter(span.text for span in side) for side in (spans, came))
    lost = {text: n for text in wanted - kept if (n := wanted[text] - target.count(text)) > 0}
    new = list((kept - wanted).elements())
    return Counter({text: n for text, n in lost.items() if not any(_same_program(text, other) for other in new)})


def _same_program(one: str, other: str) -> bool:
    from babelset.text.scan.comments import same_program

    return same_program(one, other)


def _in_order(unit: Scored, spans: Sequence[Keep]) -> bool:
    target, at = unit.target or "", 0
    for text in (span.text for span in spans if not span.inline):
        found = target.find(text, at)
        if found < 0 and text in target:
            return False
        at = max(at, found + len(text))
    return True


def _complaint(unit: Scored) -> str:
    spans = _kept(unit.source)
    lost = _lost(unit, spans)
    if not lost:
        return "kept spans came back in another order"
    return f"{lost.total()} of {len(spans)} kept spans were lost; {shorten(next(iter(lost)))}"
