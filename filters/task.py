"""The task still makes sense in another language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import ClassVar

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict, known, shorten

Pattern = re.Pattern[str]
MOST = 20_000  # characters of a field that are searched: a task is stated early or late, not in the middle


class Task(Filter):
    """
    Flag tasks that translation breaks: letter counts, rhymes, spelling, "start every sentence with A", "translate
    into French". The score is 0 where a rule of task.toml matched the source, else 1.

    Only texts that ask are searched (`roles`), and only from English; `ignore` names rules to leave out.
    """

    name: ClassVar[str] = "task"
    unit: ClassVar[Unit] = "field"
    roles: frozenset[str] = frozenset({"instruction", "input", "prompt", "question", "turn/user"})
    ignore: frozenset[str] = frozenset()

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(float(self._match(unit) is None) if self._asks(unit) else None) for unit in units]

    def _asks(self, unit: Scored) -> bool:
        return unit.role in self.roles and unit.pair.source.code == "eng_Latn"

    def _match(self, unit: Scored) -> tuple[str, str] | None:
        text = unit.source if len(unit.source) <= MOST else unit.source[: MOST // 2] + unit.source[-MOST // 2 :]
        for name, pattern, unless in _rules():
            if name not in self.ignore and (found := pattern.search(text)) and not (unless and unless.search(text)):
                return name, found[0]
        return None

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        for rating in ratings:
            if rating.score == 0 and (match := self._match(rating.of)):
                name, words = match
                return Verdict(self.name, False, 0.0, f"{rating.of.field}: untranslatable: {name}: {shorten(words)}")
        return Verdict(self.name, True, 1.0 if known(ratings) else None)


@cache
def _rules() -> list[tuple[str, Pattern, Pattern | None]]:
    table = tomllib.loads(files(__package__).joinpath("task.toml").read_text(encoding="utf-8"))
    return [
        (
            rule["name"],
            _pattern(rule["pattern"]),
            _pattern(rule["unless"], table["shared"]) if "unless" in rule else None,
        )
        for rule in table["rules"]
    ]


def _pattern(text: str, shared: Mapping[str, str] = MappingProxyType({})) -> Pattern:
    for name, words in shared.items():
        text = text.replace(f"{{{name}}}", words)
    return re.compile(text, re.IGNORECASE)
