"""Echo: the translator that does not translate, for dry runs and as a template for plug-ins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from babelset import __version__
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.languages import Pair
from babelset.text.segment import Segment


class Echo(Translator):
    """
    Mark each segment with the target language: "Hello" -> "⟦ca⟧Hello".

    Everything of a run is exercised, from parsing to the report, in the time that an engine takes to load.
    """

    schemes: ClassVar[Sequence[str]] = ("raw",)
    limit: ClassVar[int] = 100_000
    batch: ClassVar[int] = 4096
    notice: ClassVar[str] = "echo does not translate: it marks the text, to show what would be sent"

    @property
    def signature(self) -> str:
        return f"echo|v:{__version__}"

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        return [Translation(f"⟦{pair.target.bcp47}⟧{segment.text}") for segment in segments]
