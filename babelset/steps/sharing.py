"""How many rows of each kind are taken, and the table that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from babelset.errors import ShortfallError
from babelset.steps.counting import Kind

Counts = Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of each kind, and what there is."""

    columns: Sequence[str]  # that a kind's values are of
    asked: Counts
    available: Counts
    often: int = 1  # how often a row may be taken
    whole: bool = False  # whether the rows that are drawn from are chosen already

    @property
    def drawn(self) -> Counts:
        """The rows that are drawn from."""
        return self.asked if self.whole else self.available

    @property
    def total(self) -> int:
        return sum(self.asked.values())

    def share(self, kind: Kind) -> float:
        return round(self.asked[kind] / (self.total or 1), 4)

    @property
    def table(self) -> list[dict[str, Any]]:
        """
        A line for each kind.

        >>> plan.table
        [{'language': 'cat_Latn', 'asked': 30, 'available': 871, 'taken': 30, 'share': 0.3}, ...]
        """
        lines = []
        for kind, asked in self.asked.items():
            there = self.available.get(kind, 0)
            counts = {"asked": asked, "available": there, "taken": min(asked, there * self.often)}
            lines.append({**dict(zip(self.columns, kind, strict=True)), **counts, "share": self.share(kind)})
        return lines

    def check(self, total: int | None, failed: Mapping[str, int] | None = None) -> None:
        """Raise ShortfallError where there are fewer rows than `total` asks for; `failed` ones by reason."""
        short = {kind: asked for kind, asked in self.asked.items() if asked > self.available.get(kind, 0) * self.often}
        if not short and (self.total or not (self.asked or total)):
            return
        lacking = [*short] or [kind for kind in self.asked if not self.available.get(kind)]
        worst = ", ".join(map(" ".join, lacking)) or "any kind"
        cure = "ask for fewer, add rows, or let them be repeated: --set repeat=2"
        more = [f"{count} rows failed: {reason}" for reason, count in (failed or {}).items()]
        raise ShortfallError(f"too few rows of {worst}: {cure}", *_lines(self.table), *more)


def _lines(table: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table as lines of text."""
    cells = [[*table[0]], *([str(value) for value in line.values()] for line in table)] if table else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]


def empty_kinds(kinds: Sequence[Kind]) -> int:
    """How many combinations of values have no row: `empty_kinds([("a", "ca"), ("b", "es")])` -> 2."""
    return prod(len({*values}) for values in zip(*kinds, strict=True)) - len(kinds) if kinds else 0


def normalized(weights: Mapping[Kind, Fraction]) -> str:
    """What shares that do not sum to 100, or 1, are taken for; "" where they do."""
    whole = sum(weights.values())
    if whole in (1, 100):
        return ""
    told = ", ".join(f"{' '.join(kind)} {float(100 * share / whole):.4g} %" for kind, share in weights.items())
    return f"the shares sum to {float(whole):g}, and are taken for {told}"
