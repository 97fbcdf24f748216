"""
The talk with a language model about one row: which requests to send, what to make of the replies.

No input or output happens here. A dialogue is a generator: it yields requests that may be sent together, takes their
replies, and returns an answer for each segment. So a batch engine can run thousands of dialogues in step, and an
asynchronous client each at its own pace, with the same bytes.

Segments are packed into requests by a budget of tokens, and what was translated before goes along as context. Each
answer is examined; what is faulty is asked for again with another seed and a note of what was wrong, then each
segment alone, and at last it is the ladder's turn: smaller pieces, the fallback translator, rejection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from babelset.contracts.translator import Failure, Translation
from babelset.engines.llm.answer import (
    Examiner,
    Fault,
    Malformed,
    correction,
    lone,
    numbered,
    schema_of,
    thought_removed,
)
from babelset.engines.llm.controls import controls
from babelset.engines.llm.examples import Examples
from babelset.engines.llm.glossary import Glossary
from babelset.engines.llm.guard import Alone, Guard
from babelset.engines.llm.labels import hosts, is_option, label_fault
from babelset.engines.llm.packing import MOST, packed, tokens_of
from babelset.engines.llm.prompt import Prompt, Values
from babelset.engines.llm.request import ChatChoice, Reply, Request, Talk
from babelset.engines.llm.surroundings import after, before, roles
from babelset.files.halves import HALF
from babelset.languages import Pair
from babelset.text.segment import Segment

Answer = Translation | Failure
_Hypotheses = list[tuple[str, Fault | None]]

ODD = ("missing", "empty", "order")  # faults of one answer after which the others may stand elsewhere too
ROOM = 4  # tokens that a translation may take for each of its source


@dataclass(frozen=True)
class Manner:
    """How all rows of a run are translated."""

    prompt: Prompt
    pair: Pair
    glossary: Glossary | None = None
    examples: Examples | None = None
    shots: int = 3
    formality: Literal["default", "formal", "informal"] = "default"
    numbers: Literal["keep", "convert"] = "keep"
    pack: int = 1200  # tokens of source in a request
    retries: int = 2
    temperature: float = 0.0
    seed: int = 0
    samples: int = 1

    def examiner(self) -> Examiner:
        values = Values(self.pair.source, self.pair.target, "{}" if self.prompt.unit == "row" else "")
        messages, _ = self.prompt.render(values)
        instructions = " ".join(str(message["content"]) for message in messages)
        return Examiner(self.pair, self.prompt.scheme, instructions, self.glossary)


@dataclass(slots=True)
class _Pack:
    """Segments of one request, by their place in the row, and what to say about the last answer."""

    places: list[int]
    notes: list[str] = field(default_factory=list)
    room: int = ROOM


def converse(
    segments: Sequence[Segment], manner: Manner, examiner: Examiner, guard: Guard | None = None
) -> Talk[list[Answer]]:
    """One answer for each of a row's segments, in order. Their texts hold placeholders in the prompt's scheme."""
    return _Dialogue(segments, manner, examiner, guard).talk()


class _Dialogue:
    def __init__(self, segments: Sequence[Segment], manner: Manner, examiner: Examiner, guard: Guard | None) -> None:
        self.segments, self.manner, self.examiner, self.guard = segments, manner, examiner, guard
        self.answers: dict[int, Answer] = {}
        self.best: dict[int, tuple[str, Fault]] = {}  # of segments without a good answer: the least faulty one
        self.labels = hosts(segments)
        self.places = {segment.at: place for place, segment in enumerate(segments)}

    def talk(self) -> Talk[list[Answer]]:
        for wave in self._waves([place for place in range(len(self.segments)) if not self._settled(place)]):
            yield from self._ask(wave)
        return [self.answers[place] for place in range(len(self.segments))]

    def _settled(self, place: int) -> bool:
        """Whether a segment needs no model, or must not reach one."""
        text = self.segments[place].text
        if HALF.search(text):
            self.answers[place] = Failure("the text holds a lone surrogate, which is not valid Unicode")
        elif self.manner.prompt.unit != "row" and controls(text):
            self.answers[place] = Failure("the text holds a control token of chat models")
        elif is_option(self.segments[place]):
            self.answers[place] = Translation(text)
        return place in self.answers

    def _waves(self, places: Sequence[int]) -> Iterator[list[_Pack]]:
        """Requests that may be sent together; each wave sees the translations of those before it."""
        texts = {place: self.segments[place].text for place in places}
        packs = packed(texts, self.manner.pack) if self.manner.prompt.unit == "row" else ([place] for place in places)
        if self.manner.prompt.unit == "segment":
            yield list(map(_Pack, packs))
        else:
            for pack in packs:
                yield _apart(pack) if self.guard and self.guard.shifted else [_Pack(pack)]

    def _ask(self, asked: list[_Pack]) -> Generator[list[Request], list[Reply], None]:
        for attempt in range(self.manner.retries + 1):
            if attempt and attempt == self.manner.retries:
                asked = [_Pack([place], item.notes, item.room) for item in asked for place in item.places]
            if not asked:
                return
            requests = [self._request(item, attempt) for item in asked]
            replies = yield requests
            asked, heard = [], zip(asked, requests, replies, strict=True)
            for item, request, reply in heard:
                asked += yield from self._heard(item, request, reply)
        self._give_up([place for item in asked for place in item.places])

    def _heard(
        self, asked: _Pack, request: Request, reply: Reply
    ) -> Generator[list[Request], list[Reply], list[_Pack]]:
        """Take what is good in the reply; what must be asked again."""
        found = [self._hypotheses(asked, choice) for choice in reply.choices]
        if (yield from self._shifted(asked, request, found)):
            yield from self._ask(_apart(asked.places))
            return []
        return self._read(asked, reply, found)

    def _request(self, asked: _Pack, attempt: int) -> Request:
        manner = self.manner
        segments = [self.segments[place] for place in asked.places]
        texts = [segment.text for segment in segments]
        by_row = manner.prompt.unit == "row"
        text = orjson.dumps({str(i): text for i, text in enumerate(texts, 1)}).decode() if by_row else texts[0]
        joined = " ".join(texts)
        terms = manner.glossary.matches(joined) if manner.glossary else ()
        values = Values(
            *(manner.pair.source, manner.pair.target, text),
            roles=roles(segments) if any(segment.role for segment in self.segments) else "",
            before=before(segments[0], self._translated),
            after=after(segments[-1]),
            terms=[(term.source, term.target) for term in terms],
            examples=manner.examples.nearest(joined, manner.shots) if manner.examples else (),
            formality=manner.formality,
            numbers=manner.numbers,
            notes=asked.notes,
            labels=sorted({self.segments[place].text for place in asked.places if place in self.labels}),
        )
        messages, extra = manner.prompt.render(values)
        return Request(
            messages,
            max_tokens=64 + asked.room * tokens_of(text),
            schema=schema_of(len(texts)) if by_row else None,
            # at temperature 0 another seed would bring the same answer
            temperature=max(manner.temperature, 0.3 * attempt, 0.7 if manner.samples > 1 else 0.0),
            seed=manner.seed + attempt,
            n=manner.samples,
            extra=extra,
        )

    def _translated(self, at: int) -> str | None:
        answer = self.answers.get(self.places.get(at, -1))
        return self.examiner.tag.sub("…", answer.text) if isinstance(answer, Translation) else None

    def _shifted(
        self, asked: _Pack, request: Request, found: Sequence[_Hypotheses]
    ) -> Generator[list[Request], list[Reply], bool]:
        """Whether the guard says that the answers of a request do not stand under their own numbers."""
        if self.guard is None or len(asked.places) < 2:
            return False
        sources = [self._plain(self.segments[place].text) for place in asked.places]
        alone = Alone(
            ask=lambda number: self._request(_Pack([asked.places[number]]), 0),
            read=lambda reply: self._plain(lone(reply.choices[0].text) if reply.choices else ""),
        )
        for hypotheses in found:
            texts = list(zip(sources, (self._plain(text) for text, _ in hypotheses), strict=True))
            odd = any(fault and fault.kind in ODD for _, fault in hypotheses)
            if (yield from self.guard.look(request.key(""), texts, odd, alone, self.manner.pair)):
                return True
        return False

    def _plain(self, text: str) -> str:
        return self.examiner.tag.sub(" ", text)

    def _read(self, asked: _Pack, reply: Reply, found: Sequence[_Hypotheses]) -> list[_Pack]:
        if not reply.choices:
            kind = "too_long" if reply.too_long else "refused"
            self._blame(asked.places, Fault(kind, f"was not given: {reply.error or 'the server sent none'}"))
            if reply.too_long and len(asked.places) > 1:
                half = len(asked.places) // 2
                return [_Pack(asked.places[:half]), _Pack(asked.places[half:])]
            if reply.error:
                self._give_up(asked.places)  # no repetition will help
            return [] if reply.error else [asked]
        offered = zip(asked.places, zip(*found, strict=True), strict=True)
        faulty = [place for place, texts in offered if not self._taken(place, texts, retried=bool(asked.notes))]
        if not faulty:
            return []
        faults = [self.best[place][1] for place in faulty]
        names = map(str, range(1, len(faulty) + 1)) if len(faulty) > 1 else [""]
        cut = any(fault.kind in ("truncated", "thinking") for fault in faults)
        notes = correction(zip(names, faults, strict=True))
        return [_Pack(faulty, list(dict.fromkeys(notes)), asked.room * 2 if cut else asked.room)]

    def _hypotheses(self, asked: _Pack, choice: ChatChoice) -> _Hypotheses:
        """A hypothesis for each segment of the request, and what is wrong with it."""
        count, plain = len(asked.places), ""
        try:
            text = thought_removed(choice.text)
            plain = text if self.manner.prompt.unit != "row" else ""
            if choice.finish == "length":
                raise Malformed("truncated", "was cut off")
            given = numbered(text, count) if self.manner.prompt.unit == "row" else [text]
        except Malformed as error:
            return [(plain, error.fault)] * count
        segments = [self.segments[place] for place in asked.places]
        sources = [segment.text for segment in segments]
        faults = self.examiner.faults(
            sources, given, [segment.role for segment in segments], self._taken_before(asked.places[0])
        )
        told = {place: text for place, text in zip(asked.places, given, strict=True) if text}
        return [
            (text or "", fault or self._label_fault(place, told))
            for place, text, fault in zip(asked.places, given, faults, strict=True)
        ]

    def _taken_before(self, place: int) -> list[tuple[str, str]]:
        """Source and hypothesis of the segments shortly before, as they are or may yet be taken."""
        places = range(max(place - MOST, 0), place)
        return [(self.segments[at].text, text) for at in places if (text := self._told(at))]

    def _told(self, place: int) -> str:
        answer = self.answers.get(place)
        if isinstance(answer, Translation):
            return answer.text
        text, fault = self.best.get(place, ("", None))
        return text if fault and not fault.hard else ""

    def _label_fault(self, place: int, told: dict[int, str]) -> Fault | None:
        if (host := self.labels.get(place)) is None:
            return None
        return label_fault(self.segments[place].text, told.get(place, ""), told.get(host) or self._told(host))

    def _taken(self, place: int, offered: Sequence[tuple[str, Fault | None]], retried: bool) -> bool:
        good = Counter(text for text, fault in offered if fault is None)
        if not good:
            for text, fault in offered:
                if fault:
                    self._blame([place], fault, text)
            return False
        candidates = tuple((text, float(count)) for text, count in good.items()) if self.manner.samples > 1 else ()
        self.answers[place] = Translation(next(iter(good)), ("retried",) if retried else (), candidates)
        self.best.pop(place, None)
        return True

    def _blame(self, places: Sequence[int], fault: Fault, text: str = "") -> None:
        """Remember what is wrong; a soft fault is never replaced by a hard one."""
        for place in places:
            if place not in self.best or self.best[place][1].hard:
                self.best[place] = (text, fault)

    def _give_up(self, places: Sequence[int]) -> None:
        """Take the least faulty answer where it may be of use, with its fault as a flag."""
        for place in places:
            text, fault = self.best[place]
            if text and not fault.hard:
                self.answers[place] = Translation(text, ("retried", fault.kind))
            elif text and fault.kind in ("truncated", "repetition"):
                self.answers[place] = Translation(text, (fault.kind,))
            elif text and fault.kind == "tags" and self.segments[place].keeps:
                self.answers[place] = Translation(text)  # the ladder sees what is lost, and cuts the segment there
            else:
                too_long = fault.kind in ("too_long", "truncated")
                self.answers[place] = Failure(f"the model's answer {fault.note}", too_long=too_long)


def _apart(places: Sequence[int]) -> list[_Pack]:
    return [_Pack([place]) for place in places]
