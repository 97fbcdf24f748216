"""The step `lexicon`: which words were translated by which, over all rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import Field

from babelset.contracts.evidence import carried
from babelset.contracts.step import Failed, Made, Rejected, Rows, Running, StepOutcome, StepRow
from babelset.files.row import KEY
from babelset.steps.alignment.aligning import Aligning
from babelset.steps.alignment.means import Means, Texts
from babelset.steps.alignment.units import Words
from babelset.steps.alignment.words import folded
from babelset.work.chunks import chunked

Entry = tuple[str, str, str]  # language of the target, source and target in lower case
REJECTED = "was rejected before"


class Lexicon(Aligning, frozen=True):
    """
    Collect a lexicon from verified translations: source, target, language, count and share, the commonest first.

    >>> Lexicon(least=3, share=0.2)

    Counted are words whose place in the translation is proved; `share` is how many of the source's are this target.
    Rejected rows are not looked at. The table is what `switch` and `project` read as their lexicon.
    """

    least: int = Field(2, ge=1)  # times that an entry was seen
    share: float = Field(0.0, ge=0, le=1)  # of the source's translations that an entry must have
    shortest: int = Field(4, ge=1)  # letters of a word

    @property
    def sorts(self) -> bool:
        return True

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"source", "target", "language", "count", "share"})

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.means(running) as means:
            seen = Seen()
            for batch in chunked(running.read(), self.chunk):
                self._count(means, batch, seen)
            yield self.signed(means, partial(self._rows, means, seen.rows(self.least, self.share)))

    def _count(self, means: Means, batch: Sequence[StepRow], seen: Seen) -> None:
        found = [
            (row, texts) for row, texts in zip(batch, means.texts(batch), strict=True)
            if isinstance(texts, Texts) and row.known.get("status") != "rejected"
        ]  # fmt: skip
        for pair in dict.fromkeys(texts.pair for _, texts in found):
            mine = [(row, passage) for row, texts in found if texts.pair == pair for passage in texts.passages]
            units = Words("source", self.shortest).units([passage for _, passage in mine], means.aligner(pair))
            for (row, _), each in zip(mine, units, strict=True):
                for change in each.changes:
                    seen.add(pair.target.bcp47, each.text[slice(*change.span)], change.target, row.id)

    def _rows(
        self, means: Means, made: dict[str, list[dict[str, Any]]], batch: Sequence[StepRow]
    ) -> Sequence[StepOutcome]:
        return [
            self._row(row, made.get(row.id, []), texts) for row, texts in zip(batch, means.texts(batch), strict=True)
        ]

    def _row(self, row: StepRow, entries: Sequence[dict[str, Any]], texts: Texts | Failed) -> StepOutcome:
        if isinstance(texts, Failed):
            return texts
        if row.known.get("status") == "rejected":
            return Rejected(REJECTED)
        places = [(-each["count"], each["language"], each["source"], each["target"]) for each in entries]
        return Made([{**each, KEY: carried(row.data)} for each in entries], places=places)


@dataclass
class Seen:
    """Pairs of words with their counts; memory grows with the vocabulary, not with the rows."""

    counts: Counter[Entry] = field(default_factory=Counter)
    forms: dict[Entry, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # of the target
    first: dict[Entry, str] = field(default_factory=dict)  # id of the row

    def add(self, language: str, source: str, target: str, row: str) -> None:
        entry = language, folded(source), folded(target)
        self.counts[entry] += 1
        self.forms[entry][target] += 1
        self.first.setdefault(entry, row)

    def rows(self, least: int, share: float) -> dict[str, list[dict[str, Any]]]:
        """The entries by the row that each was first seen in."""
        totals: Counter[tuple[str, str]] = Counter()
        for (language, source, _), count in self.counts.items():
            totals[language, source] += count
        found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry, count in self.counts.items():
            language, source, _ = entry
            part = count / totals[language, source]
            if count >= least and part >= share:
                # of forms that are as common, the one in lower case
                target = max(self.forms[entry].items(), key=lambda form: (form[1], form[0]))[0]
                found[self.first[entry]].append(
                    {"source": source, "target": target, "language": language, "count": count, "share": round(part, 4)}
                )
        return found
