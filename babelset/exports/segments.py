"""
Training data for machine translation: pairs of segments, from rows that were accepted, each pair once.

alma         {"translation": {"en": "The lake is deep.", "ca": "El llac és profund."}}
mt-instruct  {"messages": [user "Translate this text into Catalan.\n\nThe lake is deep.", assistant "El llac ..."], ...}
interlinear  a line of the source, a line of the target, an empty one
tsv          a column a language, named by its code; quoted as in csv where a text holds a tab or a quotation mark
tmx          TMX 1.4, for translation tools

A text that was changed after it was translated has no segments any more.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, PrivateAttr

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.files.formats.tmx import forbidden
from babelset.languages import Language, Pair, find

if TYPE_CHECKING:
    from babelset.engines.llm.glossary import Glossary

Direction = Literal["both", "to", "from"]


class Twin(NamedTuple):
    """A segment in two languages."""

    source: str
    target: str
    pair: Pair

    @property
    def texts(self) -> dict[str, str]:
        """By the codes of their languages, the source first."""
        return {self.pair.source.bcp47: self.source, self.pair.target.bcp47: self.target}

    @property
    def back(self) -> Twin:
        return Twin(self.target, self.source, Pair(self.pair.target, self.pair.source))


class Segments(Export, BaseModel, extra="forbid"):
    """What exports of segments have in common."""

    role: str = Field("", description="only segments of texts that play it, as instruction")
    _seen: set[int] = PrivateAttr(default_factory=set)

    def twins(self, row: TranslatedRow) -> Iterator[Twin]:
        """The pairs that were not in a row before. DataError for a row without any segments, as one not translated."""
        pair, evidence = Pair(find(row.evidence["source"]), row.language), row.evidence
        if not evidence["segments"] or pair.source == pair.target:
            raise DataError("it holds no translated segments")
        for segment in evidence["segments"]:
            source, target = segment["source"], segment["target"]
            if self.role not in ("", evidence["fields"][segment["field"]]["role"]) or target is None:
                continue
            if source.strip() and target.strip() and self._new(source, target, pair):
                yield Twin(source, target, pair)

    def _new(self, source: str, target: str, pair: Pair) -> bool:
        import xxhash

        text = "\0".join((str(pair), source, target))
        key = xxhash.xxh3_128_intdigest(text.encode("utf-8", "surrogatepass"))
        return key not in self._seen and not self._seen.add(key)  # type: ignore[func-returns-value]


class Alma(Segments):
    """Pairs of segments as ALMA trains on them: {"translation": {"en": .., "ca": ..}}"""

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        return [Exported({"translation": twin.texts}) for twin in self.twins(row)]


class TSV(Segments):
    """Pairs of segments as a table with a column a language."""

    endings = (".tsv",)

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        return [Exported(twin.texts) for twin in self.twins(row)]


class TMX(Segments):
    """Pairs of segments for translation tools; a row with a character that XML cannot hold is listed as failed."""

    endings = (".tmx",)

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        for segment in row.evidence["segments"]:
            if found := forbidden(segment["source"] + (segment["target"] or "")):
                raise DataError(f"XML cannot hold the character U+{ord(found):04X} of a segment")
        return [Exported(twin.texts) for twin in self.twins(row)]


class Interlinear(Segments):
    """Text: a line of the source, a line of the target, an empty one; documents in two languages to go on training."""

    endings = (".txt",)
    direction: Direction = Field("to", description="to: the source first; from: the target; both: twice")

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        if any("\n" in (text or "") for each in row.evidence["segments"] for text in (each["source"], each["target"])):
            raise DataError("a segment holds a line break, and here a line is a segment")
        directed = (twin for both in self.twins(row) for twin in _directed(both, self.direction))
        return [exported for twin in directed for exported in _lines(twin)]


class MTInstruct(Segments):
    """
    Chat messages that ask for a translation, the instruction in the language of the text; both directions.

    The instructions are those of `instructions.csv`, for 59 languages.
    """

    endings = TEXT_FILES
    direction: Direction = Field("both", description="to the target language, from it, or both")
    terms: str = Field("", description="a glossary file: its terms that a pair uses stand in the instruction")
    _glossaries: dict[str, Glossary] = PrivateAttr(default_factory=dict)

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        pair = Pair(find(row.evidence["source"]), row.language)
        asking = [_directed(Twin("", "", pair), self.direction)]
        words = {twin.pair.source.code: _instruction(twin.pair) for both in asking for twin in both}
        directed = (twin for both in self.twins(row) for twin in _directed(both, self.direction))
        return [Exported(self._shaped(twin, words[twin.pair.source.code])) for twin in directed]

    def _shaped(self, twin: Twin, instruction: str) -> dict[str, Any]:
        asked = "\n".join([instruction, *self._terms(twin)])
        said = [("user", f"{asked}\n\n{twin.source}"), ("assistant", twin.target)]
        languages = {"source_language": twin.pair.source.bcp47, "target_language": twin.pair.target.bcp47}
        return {"messages": [{"role": role, "content": text} for role, text in said], **languages}

    def _terms(self, twin: Twin) -> Iterator[str]:
        """The terms of the glossary that stand in the source, and as it says in the target."""
        if not self.terms:
            return
        from babelset.engines.llm.glossary import Glossary

        if (name := str(twin.pair)) not in self._glossaries:
            self._glossaries[name] = Glossary.read(self.terms, twin.pair)
        glossary = self._glossaries[name]
        for term in glossary.matches(twin.source):
            if glossary.honoured(term, twin.target):
                yield f"{term.source} = {term.target}"


def _directed(twin: Twin, direction: Direction) -> list[Twin]:
    return {"to": [twin], "from": [twin.back], "both": [twin, twin.back]}[direction]


def _lines(twin: Twin) -> Iterator[Exported]:
    yield Exported({"text": twin.source})
    yield Exported({"text": twin.target}, more=True)
    yield Exported({"text": ""}, more=True)


def _instruction(pair: Pair) -> str:
    """`_instruction(Pair(find("ca"), find("en")))` -> "Tradueix aquest text a aquesta llengua: English."."""
    words = _instructions().get(pair.source.code)
    if words is None:
        raise DataError(f"there is no instruction in {pair.source.name}: leave this direction out")
    return words.format(target=_named(pair.target, pair.source))


def _named(language: Language, reader: Language) -> str:
    return language.name if reader.code == "eng_Latn" else language.native or language.name


@cache
def _instructions() -> dict[str, str]:
    lines = files("babelset.exports").joinpath("instructions.csv").read_text(encoding="utf-8").splitlines()
    return {row["code"]: row["instruction"] for row in csv.DictReader(lines)}
