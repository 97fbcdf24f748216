"""Entities in texts, replaced by their labels in other languages: all of a row or of a sentence, as EntityCS does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from babelset.contracts.evidence import carried
from babelset.contracts.step import Stage, StepRow
from babelset.files.encoded import placed
from babelset.files.row import KEY
from babelset.languages import Language, find
from babelset.steps.alignment.changes import Change, changed, tagged
from babelset.steps.alignment.passages import Where, kept
from babelset.steps.alignment.terms import Terms
from babelset.steps.alignment.units import free
from babelset.steps.alignment.words import Span, words
from babelset.text.document import parse
from babelset.text.segment import Segment, split

Texts = Sequence[tuple[Where, str]]
Make = Callable[[StepRow, Texts], list[dict[str, Any]]]


@dataclass(frozen=True)
class Entities:
    """`most` languages are drawn of those that all entities have labels in; a longer sentence is passed over."""

    terms: Terms
    stage: Stage
    most: int
    longest: int  # words
    tags: bool

    def rows(self, row: StepRow, texts: Texts) -> list[dict[str, Any]]:
        """The row in each of the languages, with its entities in all texts replaced."""
        spans = {path: self._spans(text) for path, text in texts}
        every = [text[slice(*span)] for path, text in texts for span in spans[path]]
        made = []
        for language in self._languages(row, every, row.id):
            new = {path: self._changed(text, spans[path], path, language) for path, text in texts}
            data = placed(row.data, {path: text for path, (text, _) in new.items()})
            done = [each for _, changes in new.values() for each in changes]
            made.append({**data, KEY: self._known(row, done)})
        return made

    def sentences(self, row: StepRow, texts: Texts) -> list[dict[str, Any]]:
        """A row for each sentence with entities and each of its languages: id, en_sentence, cs_sentence, language."""
        source = self._source(row)
        made = []
        for number, (sentence, spans) in enumerate(self._found(texts, source)):
            name = f"{row.data.get('id', row.id)}.{number}"
            before = [tagged(Change(*span, sentence[slice(*span)], ""), source.bcp47, self.tags) for span in spans]
            plain, _ = changed(sentence, before, ())
            for language in self._languages(row, [sentence[slice(*span)] for span in spans], name):
                text, changes = self._changed(sentence, spans, ("cs_sentence",), language)
                data = {"id": name, f"{source.bcp47}_sentence": plain, "cs_sentence": text}
                made.append({**data, "language": language.bcp47, KEY: self._known(row, changes)})
        return made

    def _found(self, texts: Texts, source: Language) -> Iterator[tuple[str, list[Span]]]:
        for _, text in texts:
            for part in split(parse(text), source.bcp47):
                if not isinstance(part, Segment) or len(words(part.source)) > self.longest:
                    continue
                if spans := self._spans(part.source):
                    yield part.source, spans

    def _spans(self, text: str) -> list[Span]:
        return free(self.terms.spans(text), kept(text))

    def _languages(self, row: StepRow, entities: Sequence[str], name: str) -> list[Language]:
        """Languages that all entities have labels in, at most as many as asked for."""
        if not entities:
            return []
        common = frozenset.intersection(*map(self.terms.languages, entities))
        target = self.stage.target
        if target:
            able = all(self.terms.of(entity, target) for entity in entities)
            return [find(target)] if able else []
        known = sorted(common - {"", self._source(row).code})
        return [find(code) for code in sorted(self.stage.draw(name).sample(known, min(self.most, len(known))))]

    def _changed(self, text: str, spans: Sequence[Span], path: Where, language: Language) -> tuple[str, list[Any]]:
        labels = [self.terms.of(text[slice(*span)], language.code)[0] for span in spans]
        changes = [Change(*span, label, "lexicon") for span, label in zip(spans, labels, strict=True)]
        return changed(text, [tagged(change, language.bcp47, self.tags) for change in changes], path)

    def _source(self, row: StepRow) -> Language:
        return find(str(row.known.get("source") or (row.language.code if row.language else self.stage.source)))

    def _known(self, row: StepRow, changes: Sequence[Any]) -> dict[str, Any]:
        counts = {"units": len(changes), "proved": len(changes), "switched": len(changes), "lexicon": len(changes)}
        return {**carried(row.data), "language": self._source(row).code, "switched": list(changes), "switch": counts}
