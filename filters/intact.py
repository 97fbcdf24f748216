"""What is no word came through, and nothing of the kind was added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten
from babelset.measures.intact import differences


class Intact(Filter):
    """
    Reject a row in which a link, tag, identifier, command, formula or other sign of code was lost, or was added.

    It counts what is no word on both sides, without the parser that decides what is translated, and so catches what
    that overlooks, and what a language model adds: links, e-mail addresses, markup, code, control tokens of chat
    templates, hidden characters that the target's script has no use for. The score of a field is 1, or 0.
    """

    name: ClassVar[str] = "intact"
    unit: ClassVar[Unit] = "field"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if unit.target is None else float(not any(differences(unit)))) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        for rating in ratings:
            if rating.score == 0:
                lost, added = differences(rating.of)
                told = [_told(lost, "lost"), _told(added, "not in the source")]
                return Verdict(self.name, False, 0.0, f"{rating.of.field}: {'; '.join(filter(None, told))}")
        return Verdict(self.name, True, 1.0 if known(ratings) else None)


def _told(tokens: Counter[str], what: str) -> str:
    """`3 times, '`' 2 times` and what became of them; the first three kinds."""
    told = ", ".join(shorten(token) + (f" ({n} times)" if n > 1 else "") for token, n in tokens.most_common(3))
    return f"{told} {what}" if told else ""
