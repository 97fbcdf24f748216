"""The translation is in the target language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, shorten
from babelset.engines.second_vote import Vote, second_vote
from babelset.measures.language import LIKELIER, SURE, TAKEN, Judged, Margin, covers, judged_all, left_all

NOTE = re.compile(rf"(line \d+|) ?{TAKEN}([^;]+)")  # what the row, or its least sure line, is taken for


class Language(Filter):
    """
    Reject a row that is surely in another language than the target, as a whole or in one line of it.

    The score is a difference of log scores, of the target and of the likeliest other language, as py3langid gives them
    for all prose of the row, without names that the source has too where enough is left. Below 0 the other is likelier;
    a row is rejected where it is likelier by more than `least` allows: -4 turns away less than one human translation in
    a thousand, and 98 % of the text in most neighbouring languages (benchmarks/results/language.md has the curve).

    The part `lines` is the score of the least sure line, which the row as a whole would hide; `least_line` allows more,
    for a row has many lines. Lines with fewer than `letters` letters are not judged so; the part `left` is their score
    against the source alone, names aside: of all their words, or of the source's where these make up a quarter of the
    letters, "Output 1 para". `least_left` turns away one short human translation in a thousand, names of menus and the
    like, 79 % of those with two words left, 26 % with one; of English copies of two words and more 48 %, as most
    others are titles, "Crop Tool", and may be names. Languages that py3langid does not know have no score; English is
    found in their place all the same.

    A `second` vote is asked of lingua, or of a fastText model with FLORES codes as labels such as GlotLID. The part
    `second` is its confidence in the target, from 0 to 1: a row that has `least_second` of it is not rejected as a
    whole, and where py3langid does not know the target, one that has less is. Raises ConfigError where the extra or the
    model is missing.

    >>> Language(second="models/glotlid/model.bin")
    """

    name: ClassVar[str] = "language"
    unit: ClassVar[Unit] = "row"
    asks_an_engine: ClassVar[bool] = True

    least: float = Field(-LIKELIER, le=0)  # a confidence, which was the score before, is refused
    least_line: float = Field(-SURE, le=0)
    least_left: float = Field(-9.0, le=0)
    letters: int = 40
    read: int = 1500  # characters of a line: enough to be sure
    second: str = Field("", description="`lingua`, or the path of a fastText model such as GlotLID's")
    least_second: float = 0.3

    @property
    def parts(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("lines", "left", *(("second",) if self.second else ()))

    def load(self, folder: Path | None) -> Vote | None:
        return second_vote(self.second) if self.second else None

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        found = judged_all(units, self.letters, self.read), left_all(units, self.letters)
        return [self._rating(*each) for each in zip(units, *found, strict=True)]

    def _rating(self, unit: Scored, found: Judged, left: float | None) -> Rating:
        """What is told from English alone has no score: nobody knows whether it is the target."""
        covered = covers(unit.pair)
        lines = found.lines if covered or found.lines else [found.whole]
        number, least = min(_numbered(lines), key=lambda item: item[1].score, default=(0, None))
        whole = found.whole if covered else None
        taken = {"": whole, f"line {number} ": least}
        notes = [f"{where}{TAKEN}{one.taken}" for where, one in taken.items() if one and one.taken]
        parts = {"lines": least and least.score, "left": left}
        if self.second:
            enough = sum(map(str.isalpha, unit.prose[1])) >= self.letters
            parts["second"] = self.loaded(unit.prose[1], unit.pair.target) if enough else None
        return Rating(whole and whole.score, parts, "; ".join(notes))

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        [rating] = ratings
        unit, taken = rating.of, dict(NOTE.findall(rating.note))
        second = rating.parts.get("second")
        if (
            (score := rating.score) is not None
            and score < self.least
            and (second is None or second < self.least_second)
        ):
            return self._rejected(rating, score, taken.get("", ""), unit.target or "")
        if score is None and second is not None and second < self.least_second:
            reason = f"{second:.0%} sure that this is {unit.pair.target.name}: {shorten(unit.target or '')}"
            return Verdict(self.name, False, None, reason)
        if (score := rating.parts.get("lines")) is not None and score < self.least_line:
            where, name = next(((one, name) for one, name in taken.items() if one.startswith("line")), ("line 1", ""))
            lines = unit.prose[1].split("\n")[int(where.removeprefix("line ")) - 1 :]
            return self._rejected(rating, score, name, "".join(lines[:1]), f"{where}: ")
        if (score := rating.parts.get("left")) is not None and score < self.least_left:
            return self._rejected(rating, score, unit.pair.source.name, unit.target or "", "words are left: ")
        return Verdict(self.name, True, rating.score)

    def _rejected(self, rating: Rating, score: float, taken: str, text: str, where: str = "") -> Verdict:
        reason = f"{where}{taken or 'another language'}, not {rating.of.pair.target.name} (by {-score:.0f})"
        counts = {TAKEN + taken: 1} if taken else {}
        return Verdict(self.name, False, rating.score, f"{reason}: {shorten(text)}", counts)


def _numbered(lines: Sequence[Margin | None]) -> Iterator[tuple[int, Margin]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line is not None)
