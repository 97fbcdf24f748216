"""Several engines that are asked for the same texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from babelset.contracts.translator import Translation
from babelset.languages import Pair
from babelset.steps.ballot import Value, agreed, count
from babelset.translation.ladder import Ladder
from babelset.translation.texts import segment_of


@dataclass
class Poll:
    """The engines, what each says of the texts in hand, and the voter that goes by the way back."""

    ladders: Mapping[str, Ladder]
    pair: Pair
    back: str
    by: dict[str, dict[str, str]] = field(default_factory=dict)  # value by text and voter

    def ask(self, texts: Sequence[str]) -> None:
        """Ask every engine for these texts."""
        self.by = {text: {} for text in texts}
        for name, ladder in self.ladders.items():
            if name != self.back:
                for text, value in zip(texts, _answers(ladder, texts, self.pair), strict=True):
                    if value is not None:
                        self.by[text][name] = value
        if self.back:
            self._ask_back()

    def _ask_back(self) -> None:
        asked = [(text, value.name) for text in self.by for value in self.votes(text) if not value.copied]
        ways = _answers(self.ladders[self.back], [name for _, name in asked], Pair(self.pair.target, self.pair.source))
        for (text, name), back in zip(asked, ways, strict=True):
            if back is not None and agreed(back) == agreed(text):
                self.by[text].setdefault(self.back, name)

    def votes(self, text: str) -> list[Value]:
        return count(text, self.by.get(text, {}))

    def said(self, text: str) -> dict[str, str]:
        return dict(self.by.get(text, {}))


def _answers(ladder: Ladder, texts: Sequence[str], pair: Pair) -> list[str | None]:
    answers = ladder.translate([segment_of(text) for text in texts], pair)
    return [answer.text.strip() if isinstance(answer, Translation) else None for answer in answers]
