"""How like the translations of people the translation is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from babelset.contracts.filter import Compared, Rating, Scored
from babelset.scoring.aggregating import Aggregating
from babelset.scoring.metrics import Metric, sentence
from babelset.scoring.references import References, reference_of, references


class Reference(Aggregating):
    """
    Score each segment, or field, against the human translation of the same source in `file`, 0 to 1.

    >>> Reference(file="references.csv", metric="chrf++")       # source,target,language
    >>> Reference(file="test.cat.txt", sources="test.eng.txt")  # line by line

    Metrics are sacrebleu's; "ter" scores the share of words that need no edit. Units without a reference score
    None. Raises ConfigError for rows that are no references and where sacrebleu is missing, DataError where a file is.
    """

    name: ClassVar[str] = "reference"
    quality: ClassVar[bool] = True
    compares: ClassVar[bool] = True
    main_option: ClassVar[str] = "file"

    unit: Literal["segment", "field"] = "segment"  # type: ignore[misc]  # what others set for all their users
    file: str = Field(min_length=1, description="rows with source, target and perhaps language; or a reference a line")
    sources: str = Field("", description="for a reference a line: the text file with the sources")
    metric: Metric = "chrf"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None if pair is None else sentence(self.metric, *pair)) for pair in self.compared(units)]

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]:
        """Target and reference of each unit; None where it lacks one of them."""
        known = references(self.file, self.sources)
        return [_compared(unit, known) for unit in units]


def _compared(unit: Scored, known: References) -> Compared | None:
    reference = reference_of(unit.source, unit.pair.target, known)
    return Compared(unit.target, reference, unit.pair.target) if unit.target and reference else None
