"""Echo: the translator that does not translate, for dry runs and as a template for plug-ins."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from babelset import __version__
from babelset.contracts.translator import Failure, Translation
from babelset.languages import Pair
from babelset.text.segment import Segment


class Echo(BaseModel, extra="forbid"):
    """
    Mark each segment with the target language: "Hello" -> "⟦ca⟧Hello".

    Everything of a run is exercised, from parsing to the report, in the time that an engine takes to load.
    """

    @property
    def signature(self) -> str:
        return f"echo|v:{__version__}"

    @property
    def schemes(self) -> Sequence[str]:
        return ("raw",)

    @property
    def limit(self) -> int:
        return 100_000

    @property
    def batch(self) -> int:
        return 4096

    @property
    def notice(self) -> str:
        return "echo does not translate: it marks the text, to show what would be sent"

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        return [Translation(f"⟦{pair.target.bcp47}⟧{segment.text}") for segment in segments]

    def close(self) -> None:
        pass
