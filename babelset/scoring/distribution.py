"""How scores lie: a mean and quartiles for each language and scorer, in constant memory."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from babelset.contracts.evidence import Evidence, marks_of

QUARTILES = (0.25, 0.5, 0.75)


@dataclass
class Spread:
    """
    How the scores of many rows lie, in constant memory: quantiles to four significant digits, the mean exact.

    >>> spread = Spread(); [spread.add(value) for value in (0.2, 0.4, 0.9)]; spread.quantile(0.5)
    0.4
    """

    values: Counter[float] = field(default_factory=Counter)
    rows: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        self.values[float(f"{value:.4g}")] += 1
        self.rows += 1
        self.total += value

    def quantile(self, share: float) -> float:
        """The lowest score that `share` of the rows do not exceed."""
        wanted = max(math.ceil(share * self.rows), 1)
        for value in sorted(self.values):
            wanted -= self.values[value]
            if wanted <= 0:
                return value
        raise ValueError("no rows")


class ScoreReport:
    """What a score run tells of each language and scorer."""

    def __init__(self, scorers: Sequence[str]) -> None:
        self.scorers = scorers
        self.spreads: dict[tuple[str, str], Spread] = {}
        self.rows = Counter[str]()  # by language
        self.uncovered = Counter[tuple[str, str]]()
        self.unjudged = Counter[tuple[str, str]]()

    def add(self, evidence: Evidence) -> None:
        language = evidence["target"]
        self.rows[language] += 1
        for name, scores in evidence["scores"].items():
            if name.partition(".")[0] not in self.scorers:
                continue
            spread = self.spreads.setdefault((language, name), Spread())
            found = [score for score in scores if score is not None]
            if marks_of(evidence).unjudged(name):
                self.unjudged[language, name] += 1
            elif found:
                spread.add(math.fsum(found) / len(found))
            else:
                self.uncovered[language, name] += 1

    def report(self) -> dict[str, dict[str, dict[str, Any]]]:
        told: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for (language, name), spread in sorted(self.spreads.items()):
            uncovered, unjudged = self.uncovered[language, name], self.unjudged[language, name]
            told[language][name] = {
                "rows": spread.rows,
                "not_covered": uncovered,
                "unjudged": unjudged,
                "without": self.rows[language] - spread.rows - uncovered - unjudged,  # not in the sample
                "mean": round(spread.total / spread.rows, 4) if spread.rows else None,
                "quartiles": [spread.quantile(share) for share in QUARTILES] if spread.rows else None,
            }
        return dict(told)
