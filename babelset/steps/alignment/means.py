"""What steps that align have at hand: the passages of rows, and a translator and an aligner for each pair."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import xxhash

from babelset.contracts.default import choose
from babelset.contracts.evidence import evidence_of
from babelset.contracts.step import Failed, Made, Running, Stage, StepOutcome, StepRow
from babelset.contracts.translator import Translator
from babelset.engines.eflomal.aligning import align
from babelset.errors import ConfigError, DataError
from babelset.languages import Language, Pair, find
from babelset.steps.alignment.passages import Interpreter, Passage, Sentence, Where, translated
from babelset.steps.alignment.proofs import Aligner
from babelset.steps.alignment.terms import Terms
from babelset.steps.alignment.words import folded, words
from babelset.work.chunks import chunked
from babelset.work.database import Database, Kind
from babelset.work.memory import Memory

if TYPE_CHECKING:
    from babelset.steps.alignment.aligning import Translating

KIND = Kind("word links", 0x62734C4B, {"links": "key BLOB PRIMARY KEY, links TEXT NOT NULL"})
NO_TEXT = """no text in it; name columns: --set 'fields=["NAME"]'"""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a row with their translations."""

    pair: Pair
    passages: Sequence[Passage]


@dataclass
class Means:
    """Passages of rows and aligners, while a step runs."""

    step: Translating
    running: Running
    memory: Memory
    terms: Terms | None
    made: dict[str, Translator] = field(default_factory=dict)  # by engine
    translators: dict[Pair, Translator | None] = field(default_factory=dict)
    linked: Database | None = None
    aligners: dict[Pair, Aligner] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        return self.running.stage

    def close(self) -> None:
        for translator in self.made.values():
            translator.close()

    def translator(self, pair: Pair) -> Translator | None:
        """The one that is named, else the best on this machine; None where it does not translate the pair."""
        if pair not in self.translators:
            self.translators[pair] = self._translator(pair) if self.step.translates else None
        return self.translators[pair]

    def _translator(self, pair: Pair) -> Translator | None:
        try:
            engine = self.step.translator or choose(pair).engine
        except ConfigError:  # none on this machine does
            return None
        if engine.name not in self.made:
            made = self.made[engine.name] = engine.make()
            made.keep_replies(self.running.work)
            if made.license is not None:
                self.running.licenses["translator"] = made.license
        found = self.made[engine.name]
        return found if found.supports(pair) else None

    def signed(self, row: StepRow, outcome: StepOutcome) -> StepOutcome:
        pair = self.pair(row) if isinstance(outcome, Made) else None
        translator = self.translator(pair) if pair else None
        if not (isinstance(outcome, Made) and pair and translator):
            return outcome
        return replace(outcome, models={"translator": translator.signature_for(pair)})

    def pair(self, row: StepRow) -> Pair | None:
        """From the language that a row was in to that of its translation; None where one is not known."""
        known = row.known
        try:
            if "segments" in known:
                return Pair(find(known["source"]), find(known["target"]))
            pair = Pair(row.language or find(self.stage.source), find(self.stage.target))
        except (ConfigError, KeyError, TypeError, AttributeError):
            return None
        return pair if pair.source.code != pair.target.code else None

    def interpreter(self, pair: Pair) -> Interpreter | None:
        translator = self.translator(pair)
        return Interpreter(translator, self.memory, pair) if translator else None

    def aligner(self, pair: Pair) -> Aligner:
        if pair not in self.aligners:
            linked = self._links if self.linked else None
            self.aligners[pair] = Aligner(pair.target.code, self.terms, self.interpreter(pair), linked)
        return self.aligners[pair]

    def texts(self, batch: Sequence[StepRow]) -> list[Texts | Failed]:
        """The texts of each row, with translations as far as there is a translator."""
        found = [self._begun(row) for row in batch]
        plain: dict[Pair, list[int]] = {}
        for place, texts in enumerate(found):
            if isinstance(texts, Texts) and any(passage.target is None for passage in texts.passages):
                plain.setdefault(texts.pair, []).append(place)
        for pair, places in plain.items() if self.step.translates else ():
            rows = self._translated(pair, [found[place] for place in places])
            for place, texts in zip(places, rows, strict=True):
                found[place] = texts
        return found

    def _translated(self, pair: Pair, rows: Sequence[Texts | Failed]) -> Iterator[Texts | Failed]:
        interpreter = self.interpreter(pair)
        if interpreter is None:
            reason = f"does not translate {pair.source.name} into {pair.target.name}"
            name = self.step.translator.name if self.step.translator else "what is on this machine"
            yield from [Failed(f"{name} {reason}")] * len(rows)
            return
        texts = [[(passage.path, passage.source) for passage in _passages(row)] for row in rows]
        answers = iter(interpreter.passages([text for each in texts for text in each]))
        for each in texts:
            yield Texts(pair, list(islice(answers, len(each))))

    def sources(self, row: StepRow) -> list[tuple[Where, str]] | Failed:
        """The texts of a row in its first language."""
        try:
            if "segments" in row.known:
                return [(tuple(field["path"]), field["source"]) for field in evidence_of(row.data)["fields"]]
            found = list(self.step.sources(row))
        except DataError as error:
            return Failed(error.reason, error.field)
        return found or Failed(NO_TEXT)

    def _begun(self, row: StepRow) -> Texts | Failed:
        pair = self.pair(row)
        if pair is None:
            return Failed(f"it is in {_name(row.language)}: name another language with --to")
        try:
            if "segments" in row.known:
                return Texts(pair, list(translated(row.data, evidence_of(row.data))))
            passages = [Passage(path, text, None) for path, text in self.step.sources(row)]
        except DataError as error:
            return Failed(error.reason, error.field)
        return Texts(pair, passages) if passages else Failed(NO_TEXT)

    def link(self, running: Running) -> None:
        """Have eflomal link the words of all sentences, once."""
        assert self.linked
        if self.linked.get("links", [b""]):
            return
        names = dict.fromkeys(str(pair) for pair in map(self.pair, running.read()) if pair)
        for name in names:
            pairs = (_sides(sentence) for sentence in self._sentences(running, name))
            linked = zip(self._sentences(running, name), align(pairs, running.work, name), strict=True)
            for some in chunked(linked, 1000):
                self.linked.put({"links": [(_key(sentence), json.dumps(links)) for sentence, links in some]})
        self.linked.put({"links": [(b"", "")]})  # complete

    def _sentences(self, running: Running, pair: str) -> Iterator[Sentence]:
        for batch in chunked(running.read(), self.step.chunk):
            for texts in self.texts(batch):
                if isinstance(texts, Texts) and str(texts.pair) == pair:
                    for sentence in (each for passage in texts.passages for each in passage.sentences):
                        if all(_sides(sentence)):
                            yield sentence

    def _links(self, sentence: Sentence) -> list[tuple[int, int]]:
        assert self.linked
        found = self.linked.get("links", [_key(sentence)])
        return [(one, other) for one, other in json.loads(found[_key(sentence)][0])] if found else []


def _passages(found: Texts | Failed) -> Iterable[Passage]:
    return found.passages if isinstance(found, Texts) else ()


def _name(language: Language | None) -> str:
    return language.name if language else "an unknown language"


def _sides(sentence: Sentence) -> tuple[list[str], list[str]]:
    return _words(sentence.source), _words(sentence.target)


def _words(text: str) -> list[str]:
    return [folded(text[start:end]) for start, end in words(text)]


def _key(sentence: Sentence) -> bytes:
    return xxhash.xxh3_128_digest(f"{sentence.source}\0{sentence.target}".encode("utf-8", "surrogatepass"))
