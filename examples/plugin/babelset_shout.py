"""A translator that shouts: about the smallest plug-in that keeps the promises of `Translator`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset.contracts.translator import Failure, Translation, Translator
from babelset.languages import Pair
from babelset.text.segment import Segment


class Shout(Translator):
    """
    Shout: upper case and an ending of one's own, in place of a translation.

    babelset translate in.jsonl --to ca --translator shout --option ending=! -o out.jsonl
    """

    schemes: ClassVar[Sequence[str]] = ("raw",)  # upper-casing leaves the placeholder characters alone
    notice: ClassVar[str] = "shout does not translate, it shouts"

    ending: str = ""

    @property
    def signature(self) -> str:
        return f"shout|ending:{self.ending}|v:0.1.0"

    def supports(self, pair: Pair) -> bool:
        return pair.source.script == pair.target.script == "Latn"

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        return [Translation(segment.text.upper() + self.ending) for segment in segments]
