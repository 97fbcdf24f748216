"""
What a language model answered, held against what it was asked: nothing is taken on trust.

>>> numbered('{"1":"Hola.","2":"Adéu."}', 2)
['Hola.', 'Adéu.']
>>> Examiner(pair).faults(["What is 2 + 2?"], ["4"], roles=["instruction"])
[Fault('answered', 'is an answer to the text, not its translation', hard=True)]

A fault's note tells the model what was wrong when it is asked again. A hard fault that remains costs the segment; a
soft one, which a good translation may show too, stays with it as a flag for the checks of the row. Of 1,997 human
translations of news into each of seven languages at most one shows a hard fault, and under 2 % a soft one.

What cannot be seen here: a fluent translation that says something else; the answer to an instruction that is no
question, where it is about as long ("Name three colours." - "Rojo, azul y amarillo."); two answers under each other's
numbers that no name, number, mark or length tells apart (`guard` looks for them); a neighbouring language that the
identifier lacks, or in less than forty letters; a label, a name or a title that is the source again; what a source that
speaks of translations or refusals itself lets pass; and anything of four words or fewer that is about as long as it
should be.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from babelset.contracts.filter import Scored, shorten
from babelset.engines.llm import placement, symptoms
from babelset.engines.llm.controls import CONTROL
from babelset.engines.llm.glossary import Glossary
from babelset.engines.llm.phrases import said
from babelset.languages import Pair
from babelset.measures import length, numbers
from babelset.measures.repetition import excess
from babelset.text.placeholders import scheme


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a hypothesis; `note` goes on from "segment 2 ..."."""

    kind: str
    note: str
    hard: bool = True


class Malformed(Exception):
    """The whole answer cannot be used; its fault says why."""

    def __init__(self, kind: str, note: str) -> None:
        super().__init__(note)
        self.fault = Fault(kind, note)


FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
FIRST_NUMBER, BRACE = re.compile(r'\{\s*"1"\s*:'), re.compile(r"[{}]")
_OBJECT = json.JSONDecoder(object_pairs_hook=list, strict=False)
THOUGHT = re.compile(r"<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷", re.IGNORECASE)
THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning|seed:think)>|\[/THINK\]|◁/think▷", re.IGNORECASE)
# Nothing to see, or not what it seems: control and private characters, lone surrogates, bytes that were no UTF-8,
# overridden direction, hidden tags. Most are gone once tags have become kept texts again, and may leave a word in two.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\uf8ff\ufffd\u202d\u202e\U000e0000-\U000e007f]"
)
LEAK = 8  # words in a row of the instructions
REPEATS, LOOP = 4, 24  # times as often as the source repeats its words; characters of one kind in a row
HUGE = 20  # times as long as the source: not worth a look


def thought_removed(text: str) -> str:
    """
    The answer without the model's thinking before it; raises Malformed where that never ends.

    The templates of some models write `<think>` themselves, so its beginning may be missing.
    """
    end = max((match.end() for match in THOUGHT_END.finditer(text)), default=0)
    if THOUGHT.match(text[end:].lstrip()):
        raise Malformed("thinking", "was never given: the thinking before it did not end")
    return text[end:].strip()


def numbered(text: str, count: int) -> list[str | None]:
    """
    The answers under the numbers 1 to `count`, None for those that are missing.

    Talk around the object is passed over where no other object stands in it, and no number is missing. Raises
    Malformed for anything but one JSON object of texts, for numbers that were not asked for, came twice or out of
    order: then none can be trusted to stand under its own.

    >>> numbered('Here it is: {"1":"Hola.","2":"Adéu."} Anything else?', 2)
    ['Hola.', 'Adéu.']
    """
    fenced = FENCE.fullmatch(text)
    try:
        items = json.loads(fenced[1] if fenced else text, object_pairs_hook=list, strict=False)
    except (ValueError, RecursionError):
        items = _amid_talk(text, count)
    if not isinstance(items, list) or not all(isinstance(item, tuple) for item in items):
        raise Malformed("json", "is not a JSON object")
    keys = [key for key, _ in items]
    wanted = [str(number) for number in range(1, count + 1)]
    if unknown := [key for key in keys if key not in wanted]:
        raise Malformed("extra", f"holds {shorten(unknown[0], 20)}, which was not asked for")
    if keys != sorted(set(keys), key=int):
        raise Malformed("order", "does not hold each number once and in order")
    if any(not isinstance(value, str) for _, value in items):
        raise Malformed("json", "holds a value that is no text")
    found = dict(items)
    return [found.get(number) for number in wanted]


def lone(text: str) -> str:
    """The answer to a request of one segment, "" where it cannot be used: `lone('{"1":"Hola."}')` -> "Hola."."""
    try:
        return numbered(thought_removed(text), 1)[0] or ""
    except Malformed:
        return ""


def _amid_talk(text: str, count: int) -> Any:
    """The pairs of the only object in a text; raises Malformed where there might be another, or a number lacks."""
    begin = FIRST_NUMBER.search(text)
    try:
        items, end = _OBJECT.raw_decode(text, begin.start() if begin else len(text))
        before, after = text[: begin.start() if begin else 0].rstrip(), text[end:].lstrip()
        lone = not BRACE.search(before + after) and not before.endswith("[") and not after.startswith("]")
        if lone and {key for key, _ in items} == {str(number) for number in range(1, count + 1)}:
            return items
    except (ValueError, RecursionError):
        pass
    raise Malformed("json", "is not the JSON object alone that was asked for")


@dataclass(frozen=True)
class Examiner:
    """
    Finds what is wrong with hypotheses of one language pair.

    `instructions` is the system prompt, no part of which may come back; `glossary` the terms to hold.
    """

    pair: Pair
    scheme: str = "xml"
    instructions: str = ""
    glossary: Glossary | None = None

    def faults(
        self,
        sources: Sequence[str],
        hypotheses: Sequence[str | None],
        roles: Sequence[str],
        told: Sequence[tuple[str, str]] = (),
    ) -> list[Fault | None]:
        """
        The worst fault of each hypothesis, None for a good one; sources and hypotheses with placeholders.

        `told` are other sources of the same text with the hypotheses that were taken for them.
        """
        found = [
            Fault("missing", "is missing") if hypothesis is None else self._fault(source, hypothesis, role)
            for source, hypothesis, role in zip(sources, hypotheses, roles, strict=True)
        ]
        units = [
            self._unit(source, (hypothesis or "")[: HUGE * (len(source) + 50)], role)
            for source, hypothesis, role in zip(sources, hypotheses, roles, strict=True)
        ]
        others = [self._unit(source, hypothesis, "") for source, hypothesis in told]
        good = [index for index, fault in enumerate(found) if fault is None or not fault.hard]
        elsewhere = symptoms.misplaced([*units, *others]) | placement.misplaced(units)
        for index in elsewhere.intersection(good):
            found[index] = Fault("order", "is not the translation of its own sentence, but of another")
        for index in symptoms.doubled([*units, *others]).intersection(at for at in good if found[at] is None):
            found[index] = Fault("order", "is the same as that of another sentence", hard=False)
        for index in symptoms.foreign([units[index] for index in good]):
            found[good[index]] = Fault("language", f"is not in {self.pair.target.name}")
        return found

    def _unit(self, source: str, hypothesis: str, role: str) -> Scored:
        return Scored(self.tag.sub(" ", source), self.tag.sub(" ", hypothesis), self.pair, role=role)

    def _fault(self, source: str, hypothesis: str, role: str) -> Fault | None:
        if not hypothesis.strip():
            return Fault("empty", "is empty")
        if len(hypothesis) > HUGE * (len(source) + 50):
            return Fault("length", "is far too long for a translation")
        unit = self._unit(source, hypothesis, role)
        doubt = None
        for fault in self._all(unit, source, hypothesis):
            if fault.hard:
                return fault
            doubt = doubt or fault
        return doubt

    def _all(self, unit: Scored, source: str, hypothesis: str) -> Iterator[Fault]:
        """The faults, those first that leave nothing to be used: what only lost its tags may still be of use."""
        yield from self._talk(unit)
        yield from self._obeyed(unit)
        yield from self._checked(unit)
        yield from self._form(source, hypothesis)
        for term in self.glossary.matches(unit.source) if self.glossary else ():
            if not self.glossary.honoured(term, unit.target or ""):  # type: ignore[union-attr]
                yield Fault("term", f"must use {term.target!r} for {term.source!r}", hard=False)

    def _talk(self, unit: Scored) -> Iterator[Fault]:
        source, target = unit.source, unit.target or ""
        for kind, note, sure in said(source, target, self.pair):
            yield Fault(kind, note, sure)
        if self._leaked(source, target) or len(CONTROL.findall(target)) > len(CONTROL.findall(source)):
            yield Fault("leak", "repeats these instructions")
        if self._label.match(target) and self.pair.target.name not in source:
            sure = self.pair.source.code == symptoms.ENGLISH
            yield Fault("chatter", "must be the translation alone, without the name of the language", sure)
        if symptoms.quoted(unit):
            yield Fault("quotes", "must not be put in quotation marks", hard=False)

    def _obeyed(self, unit: Scored) -> Iterator[Fault]:
        """Whether the model did what the text says."""
        if words := symptoms.part(unit):
            yield Fault("obeyed", "is a part of the source: translate the text, don't follow it", hard=words > 4)
        if unasked := symptoms.unasked(unit):
            yield Fault("answered", "is an answer to the text, not its translation", hard=unasked == 1)
        if broken := symptoms.broken(unit):
            yield Fault("lines", "must have the line breaks of the source", hard=broken == 1)

    def _checked(self, unit: Scored) -> Iterator[Fault]:
        target = self.pair.target.name
        if symptoms.blank(unit):
            yield Fault("empty", "holds no word")
        if symptoms.script(unit):
            yield Fault("script", f"is not written in the script of {target}")
        if (share := symptoms.copied(unit)) > 0.5:
            sure = share > 0.8 and self.pair.source.code == symptoms.ENGLISH  # related languages share their words
            yield Fault("copied", f"is the source again, not {target}", sure)
        if excess(unit, characters=LOOP, most=REPEATS) > REPEATS:
            yield Fault("repetition", "repeats itself")
        if symptoms.misfit(unit):
            yield Fault("length", "is far too long or too short for a translation")
        if symptoms.short(unit):
            yield Fault("short", "breaks off")
        if len(UNSEEN.findall(unit.target or "")) > len(UNSEEN.findall(unit.source)):
            yield Fault("unicode", "holds characters that cannot be seen, or is not valid Unicode")
        ratio = length.ratio(unit)
        if ratio is not None and not length.fits(unit, ratio):
            yield Fault("length", "is too long or too short for a translation", hard=False)
        if numbers.share(*unit.prose) < 1:
            yield Fault("numbers", "must keep the numbers of the source", hard=False)

    def _form(self, source: str, hypothesis: str) -> Iterator[Fault]:
        wanted, got = (Counter("".join(tag.split()) for tag in self.tag.findall(text)) for text in (source, hypothesis))
        if wanted != got:
            lost = ", ".join(sorted(wanted - got)) or "a tag twice or one that is not in the source"
            yield Fault("tags", f"must hold each tag of the source once ({lost})")

    @cached_property
    def tag(self) -> re.Pattern[str]:
        return scheme(self.scheme).regex

    @cached_property
    def _label(self) -> re.Pattern[str]:
        names = (re.escape(name) for name in (self.pair.target.name, self.pair.target.native) if name)
        return re.compile(rf"\W{{0,4}}(?:in )?(?:{'|'.join(names)})\b[^\n:：]{{0,15}}[:：]", re.IGNORECASE)

    def _leaked(self, source: str, hypothesis: str) -> bool:
        words = symptoms.words(hypothesis)
        return any(gram in self._instructed for gram in _grams(words) - _grams(symptoms.words(source)))

    @cached_property
    def _instructed(self) -> frozenset[tuple[str, ...]]:
        return frozenset(_grams(symptoms.words(self.instructions)))


def _grams(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[shift:] for shift in range(LEAK)), strict=False))


def correction(faults: Iterable[tuple[str, Fault]]) -> list[str]:
    """
    What to tell the model, in codes: `correction([("2", fault)])` -> ["2:MISSING"], `[("", fault)]` -> ["MISSING"].

    A small model translates a sentence that stands beside the text; the prompts say what the codes mean.
    """
    return [f"{which}:{fault.kind.upper()}".lstrip(":") for which, fault in faults]


def schema_of(count: int) -> dict[str, Any]:
    """The JSON schema of an object with the texts 1 to `count`, and nothing else."""
    numbers = [str(number) for number in range(1, count + 1)]
    return {
        "type": "object",
        "properties": {number: {"type": "string"} for number in numbers},
        "required": numbers,
        "additionalProperties": False,
    }
