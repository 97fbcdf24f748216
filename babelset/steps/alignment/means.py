"""What steps that align share: their options, the passages of rows, and an aligner for each pair of languages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar

import xxhash
from pydantic import Field

from babelset.contracts.default import choose
from babelset.contracts.engine import Engine
from babelset.contracts.evidence import evidence_of
from babelset.contracts.paths import steps, walk
from babelset.contracts.shape import Rules
from babelset.contracts.step import Failed, FilePath, RowStep, Running, Stage, StepRow
from babelset.contracts.translator import Translator
from babelset.contracts.walk import look
from babelset.engines.eflomal.aligning import align
from babelset.engines.eflomal.environment import TOOL
from babelset.errors import ConfigError, DataError
from babelset.files.survey import survey
from babelset.languages import Language, Pair, find
from babelset.steps.alignment.passages import Interpreter, Passage, Sentence, Where, translated
from babelset.steps.alignment.proofs import Aligner
from babelset.steps.alignment.terms import Terms
from babelset.steps.alignment.words import folded, words
from babelset.work.chunks import chunked
from babelset.work.database import Database, Kind
from babelset.work.memory import Memory

KIND = Kind("word links", 0x62734C4B, {"links": "key BLOB PRIMARY KEY, links TEXT NOT NULL"})
NO_TEXT = """no text in it; name columns: --set 'fields=["NAME"]'"""
FIRST = 100  # rows that are looked at for a pair of languages


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a row with their translations."""

    pair: Pair
    passages: Sequence[Passage]


class Translating(RowStep, frozen=True):
    """A step that reads rows which babelset translated, or translates texts itself."""

    chunk: ClassVar[int] = 256
    target_optional: ClassVar[bool] = True

    to: str = ""  # language; not needed for rows that babelset translated
    translator: Engine | None = None  # without one: firefox where its model is here, else apertium
    fields: tuple[str, ...] = Field((), description="texts of rows that are not translated yet; all known columns")

    @property
    def translates(self) -> bool:
        """Whether a translator is asked."""
        return True

    @property
    def terms(self) -> Terms | None:
        """A lexicon, where there is one."""
        return None

    @property
    def links_words(self) -> bool:
        """Whether eflomal is asked."""
        return False

    @property
    def looks_ahead(self) -> bool:
        """The first rows tell which languages a translator is built for, all of them which words eflomal links."""
        return self.translates or self.links_words

    def check(self, stage: Stage) -> None:
        for path in self.fields:
            steps(path)
        if self.translates and stage.target and stage.target != stage.source:
            pair = Pair(find(stage.source), find(stage.target))
            with closing((self.translator or choose(pair).engine).build(pair)):
                return

    def effort(self, stage: Stage) -> dict[str, float]:
        return {"rows": survey(stage.inputs, format=stage.format).total or 0}

    def sources(self, row: StepRow) -> Iterator[tuple[Where, str]]:
        """The texts of a row that is not translated; raises DataError for what is none."""
        if not self.fields:
            for each in look(row.data, Rules(leave_unknown=True)).fields:
                yield each.path, each.text
        for path in self.fields:
            for place in walk(row.data, steps(path)):
                if not isinstance(place.value, str):
                    raise DataError("no text here", field=path)
                yield place.path, place.value

    @contextmanager
    def means(self, running: Running) -> Iterator[Means]:
        """What the rows are aligned with."""
        with ExitStack() as stack:
            memory = Memory(running.stage.memory or running.work / "memory.sqlite")
            stack.callback(memory.close)
            means = Means(self, running.stage, memory, self.terms)
            pair = next(filter(None, (means.pair(row) for row in islice(running.read(), FIRST))), None)
            if pair and self.translates:
                means.translator = (self.translator or choose(pair).engine).build(pair)
                stack.callback(means.translator.close)
                means.translator.keep_replies(running.work)
                running.models["translator"] = means.translator.signature_for(pair)
                if (license := means.translator.license) is not None:
                    running.licenses["translator"] = license
            if self.links_words:
                means.linked = Database(running.work / "links.sqlite", KIND)
                stack.callback(means.linked.close)
                means.link(running)
            yield means


class Aligning(Translating, frozen=True):
    """A step that finds parts of translations."""

    always_translates: ClassVar[bool] = False

    lexicon: FilePath | None = None  # table of source, target and perhaps language, which is asked first
    eflomal: bool = False  # ask eflomal, too, after: babelset setup eflomal

    @property
    def translates(self) -> bool:
        """A lexicon alone needs no translator."""
        return self.always_translates or self.lexicon is None or self.translator is not None

    @property
    def terms(self) -> Terms | None:
        return Terms.read(self.lexicon) if self.lexicon else None

    @property
    def links_words(self) -> bool:
        return self.eflomal

    def check(self, stage: Stage) -> None:
        super().check(stage)
        if self.lexicon:
            Terms.read(self.lexicon)
        if self.eflomal:
            TOOL.python()


@dataclass
class Means:
    """Passages of rows and aligners, while a step runs."""

    step: Translating
    stage: Stage
    memory: Memory
    terms: Terms | None
    translator: Translator | None = None
    linked: Database | None = None
    aligners: dict[Pair, Aligner] = field(default_factory=dict)

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
        able = self.translator and self.translator.supports(pair)
        return Interpreter(self.translator, self.memory, pair) if able and self.translator else None

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
            name = self.translator.signature.partition("|")[0] if self.translator else "the translator"
            yield from [Failed(f"{name} does not translate {pair.source.name} into {pair.target.name}")] * len(rows)
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
