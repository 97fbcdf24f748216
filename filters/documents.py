"""What HPLT says of a document: the language of each line, scores from 0 to 10, and a filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.filter import Filter, Outcome, Rating, Scored, Unit, Verdict
from babelset.measures.documents import PARTS, filter_of, languages_of, scores_of
from babelset.measures.language import covers

KEEP = "keep"


class Documents(Filter):
    """
    Annotate a translated document as HPLT does, and cut afterwards.

    >>> Documents(least=5)

    `babelset score --with documents` adds three columns to each row, of the translation: `seg_langs`, the language of
    each line, `doc_scores`, the score and its parts from 0 to 10, and `filter`: keep, or the rule that the text breaks,
    word_avg_5 (or char_avg_10) or length_500. HPLT keeps what says keep, with a score of 5 or more: `least`. Without
    it, nothing is rejected. Lines are told by py3langid, without a score where it does not know the language. The score
    follows the description of web-docs-scorer, with its Spanish ratios for all languages. There is no list of adult
    sites (adult_ut1), no `robots` and no `pii`. Source: hplt-project/monotextor-slurm.
    """

    name: ClassVar[str] = "documents"
    unit: ClassVar[Unit] = "row"
    parts: ClassVar[tuple[str, ...]] = PARTS

    least: float = Field(0.0, ge=0, le=10, description="what a row that says keep must reach; 0 for any row")

    def units(self, outcome: Outcome) -> list[Scored]:
        """One: the texts of the row as they are, with their lines."""
        texts = [(field.source, field.target or "") for field in outcome.fields]
        source, target = ("\n".join(side) for side in zip(*texts, strict=True)) if texts else ("", "")
        return [Scored(source, target, outcome.row.pair)]

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [self._rating(unit) for unit in units]

    def _rating(self, unit: Scored) -> Rating:
        text, language = unit.target or "", unit.pair.target
        if not text.strip() or not covers(unit.pair):
            return Rating(None)
        lines = text.split("\n")
        codes = languages_of(lines, language)
        score, parts = scores_of(lines, codes, language)
        return Rating(score, parts, " ".join(codes))

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        [rating] = ratings
        score = rating.score
        if not self.least or score is None:
            return Verdict(self.name, True, score)
        if (told := filter_of(rating.of.target or "", rating.of.pair.target)) != KEEP:
            return Verdict(self.name, False, score, told, {told: 1})
        reason = "" if score >= self.least else f"scores {score:.2f} of 10, below {self.least:g}"
        return Verdict(self.name, not reason, score, reason)

    def columns(self, ratings: Sequence[Rating]) -> dict[str, Any]:
        [rating] = ratings
        known = rating.score is not None
        scores = [rating.score, *(rating.parts.get(part) for part in PARTS)]
        return {
            "seg_langs": rating.note.split() if known else None,
            "doc_scores": [None if each is None else round(each, 2) for each in scores] if known else None,
            "filter": filter_of(rating.of.target or "", rating.of.pair.target),
        }
