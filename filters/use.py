"""Whether a translation says what its source says, in the eyes of the Universal Sentence Encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored
from babelset.doctor import Finding
from babelset.engines.encoders import USE, Encoder, encoder
from babelset.engines.encoders.universal import CURE, NEAR, PACKAGE, installed, knows
from babelset.languages import Pair
from babelset.scoring.meaning import Meaning


class UniversalSentenceEncoder(Meaning):
    """
    Score each segment by the cosine between source and target, -1 to 1, and reject rows that say something else.

    >>> UniversalSentenceEncoder(floor=0.3)

    Rejected is a row of which a segment fits a source beside it better than its own by `gap` (shifted, swapped,
    merged), or a segment of `letters` letters scores below `floor` (another text, an answer, a refusal). The encoder
    was trained on 16 languages; Catalan and Galician are near enough for half the floor and twice the gap, other
    languages are not covered. Texts about the same things are near each other: an answer in place of its question may
    pass. Raises ConfigError without the extra `meaning`.
    """

    name: ClassVar[str] = "use"

    gap: float | None = Field(0.1, ge=0, le=2, description="how much nearer a target may be to a source beside it")
    floor: float = Field(0.2, ge=-1, le=1, description="what a segment must reach; half in Catalan and Galician")
    letters: int = Field(40, ge=1, description="letters that a source needs, for its segment to be held to the floor")

    @property
    def license(self) -> str:
        return f"Apache-2.0 ({PACKAGE})"

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether it can run here."""
        found = installed()
        yield Finding(cls.name, bool(found), f"{PACKAGE} {found or 'is not installed'}", "" if found else CURE)

    def load(self, folder: object) -> Encoder:
        return encoder(USE, 128)

    def covers(self, pair: Pair) -> bool:
        return knows(pair.source, pair.target)

    def margin(self, unit: Scored) -> float | None:
        return self.gap if self.gap is None or not _near(unit) else 2 * self.gap

    def complaint(self, rating: Rating) -> str:
        if (said := super().complaint(rating)) or rating.score is None or rating.score >= self._floor(rating.of):
            return said
        return f"does not say what its source says ({rating.score:.2f})"

    def _floor(self, unit: Scored) -> float:
        if sum(map(str.isalpha, unit.prose[0])) < self.letters:
            return -1.0
        return self.floor / 2 if _near(unit) else self.floor


def _near(unit: Scored) -> bool:
    return any(language.code[:3] in NEAR for language in (unit.pair.source, unit.pair.target))
