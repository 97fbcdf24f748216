"""The step `switch`: code-switched texts, out of translations or a lexicon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from pydantic import Field

from babelset.contracts.evidence import carried
from babelset.contracts.step import Failed, Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow
from babelset.errors import ConfigError
from babelset.files.encoded import placed
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.steps.alignment.aligning import Aligning
from babelset.steps.alignment.changes import Change, changed, some_of, tagged
from babelset.steps.alignment.entities import Entities, Make
from babelset.steps.alignment.means import Means, Texts
from babelset.steps.alignment.passages import Passage, Where
from babelset.steps.alignment.units import Matrix, Sentences, Units, Words

FRAGMENT = 3  # words
ASKING = ("user", "human")
UNPROVED = "nothing in it is proved"


class Switch(Aligning, frozen=True):
    """
    Replace words, entities or sentences by their translations, as far as these are proved: code-switching.

    >>> Switch(mode="words", rate=0.3, to="ca")

    Of rows that babelset translated, parts of the source become those of the translation; with matrix = "target" the
    other way round. Other rows are translated for it, or need a lexicon. What was switched is told under
    `_babelset.switched`: path, start, end, source, target, proof; putting each source back gives the text as it was.
    Code, formulas and links are never switched. Rows in which nothing is proved are rejected.
    """

    mode: Literal["words", "entities", "sentences", "fewshot"] = "words"  # few-shot: fragments of earlier messages
    rate: float = Field(0.3, ge=0, le=1)  # of the words or sentences; entities are switched all together
    matrix: Matrix = "source"  # the language that texts stay in
    tags: bool = False  # write tags around what is switched: <ca>mot</ca>
    target: Literal["", "restore"] = ""  # restore: pairs of switched and original texts, to learn to undo it
    shape: Literal["row", "entitycs"] = "row"  # entitycs: id, en_sentence, cs_sentence, language
    shortest: int = Field(4, ge=1)  # letters of a word
    languages: int = Field(5, ge=1)  # of a row's entities, drawn by chance from those that all of them have labels in
    longest: int = Field(128, ge=1)  # words of a sentence with entities

    def check(self, stage: Stage) -> None:
        super().check(stage)
        if self.mode == "entities" and not self.lexicon:
            raise ConfigError("mode entities needs labels: name a table of source, target and language as lexicon")
        if self.shape == "entitycs" and self.mode != "entities":
            raise ConfigError("shape entitycs goes with mode entities")
        if self.mode == "entities" and (self.matrix == "target" or self.target):
            raise ConfigError("mode entities takes neither matrix nor target")

    def needs(self) -> frozenset[str]:
        return frozenset({"messages"}) if self.mode == "fewshot" else frozenset()

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        if self.shape == "entitycs":
            return frozenset({"id", "en_sentence", "cs_sentence", "language"})
        return frozenset({"id", "source", "target", "language"}) if self.target else columns

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.means(running) as means:
            yield self.signed(means, partial(self._entities if self.mode == "entities" else self._rows, means))

    def _entities(self, means: Means, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        assert means.terms
        found = Entities(means.terms, means.stage, self.languages, self.longest, self.tags)
        make = found.sentences if self.shape == "entitycs" else found.rows
        return [self._each(make, means, row) for row in batch]

    def _each(self, make: Make, means: Means, row: StepRow) -> StepOutcome:
        texts = means.sources(row)
        if isinstance(texts, Failed):
            return texts
        return Made(made) if (made := make(row, texts)) else Rejected("no entity with labels in the language")

    def _rows(self, means: Means, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        found = means.texts(batch)
        outcomes: list[StepOutcome] = [each if isinstance(each, Failed) else Rejected(UNPROVED) for each in found]
        for pair in dict.fromkeys(each.pair for each in found if isinstance(each, Texts)):
            rows = [(at, texts) for at, texts in enumerate(found) if isinstance(texts, Texts) and texts.pair == pair]
            asked = [self._switchable(batch[place], texts) for place, texts in rows]
            units = iter(self._kind.units([passage for some in asked for passage in some], means.aligner(pair)))
            for (place, _), some in zip(rows, asked, strict=True):
                outcomes[place] = self._outcome(means.stage, batch[place], pair, [next(units) for _ in some])
        return outcomes

    def sources(self, row: StepRow) -> Iterator[tuple[Where, str]]:
        may = self._may(row)
        yield from (text for text in super().sources(row) if may(text[0]))

    def _switchable(self, row: StepRow, texts: Texts) -> list[Passage]:
        may = self._may(row)
        return [passage for passage in texts.passages if may(passage.path)]

    def _may(self, row: StepRow) -> Callable[[Where], bool]:
        """Which texts may be switched: of few-shot messages, the questions before the last one."""
        if self.mode != "fewshot":
            return lambda path: True
        said = row.data["messages"] if isinstance(row.data.get("messages"), list) else []
        asked = [number for number, one in enumerate(said) if isinstance(one, dict) and one.get("role") in ASKING]
        before = {("messages", number) for number in asked[:-1]}
        return lambda path: path[:2] in before

    @property
    def _kind(self) -> Words | Sentences:
        if self.mode == "sentences":
            return Sentences(self.matrix)
        return Words(self.matrix, self.shortest, FRAGMENT if self.mode == "fewshot" else 1)

    def _outcome(self, stage: Stage, row: StepRow, pair: Pair, units: Sequence[Units]) -> StepOutcome:
        proved = [(place, change) for place, each in enumerate(units) for change in each.changes]
        if not proved:
            return Rejected(UNPROVED)
        count = sum(each.count for each in units)
        drawn = some_of(stage.draw(row.id), proved, self.rate * count)
        language, other = (pair.source, pair.target) if self.matrix == "source" else (pair.target, pair.source)
        changes: list[list[Change]] = [[] for _ in units]
        for place, change in drawn:
            changes[place].append(tagged(change, other.bcp47, self.tags))
        texts = [
            (each, *changed(each.text, some, ["source"] if self.target else each.passage.path))
            for each, some in zip(units, changes, strict=True)
        ]
        counts = {"units": count, "proved": len(proved), "switched": len(drawn)}
        counts |= Counter(change.proof for _, change in proved)
        known = {**carried(row.data), "language": language.code, "switch": counts}
        if self.target:
            return Made(_pairs(row, texts, known), counts=counts)
        data = placed(row.data, {each.passage.path: text for each, text, _ in texts})
        made = [change for _, _, changes in texts for change in changes]
        return Made([{**data, KEY: {**known, "switched": made}}], counts=counts)


def _pairs(row: StepRow, texts: Sequence[tuple[Units, str, list[dict[str, Any]]]], known: dict[str, Any]) -> list[Any]:
    """Switched and original text of each column in which something was switched."""
    found = [
        {"id": f"{row.id}:{each.passage.name}", "source": text, "target": each.text, "language": known["language"],
         KEY: {**known, "switched": changes}}
        for each, text, changes in texts if changes
    ]  # fmt: skip
    return found
