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

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

import orjson

from babelset.contracts.translator import Failure, Translation
from babelset.engines.llm.answer import Examiner, Fault, Malformed, correction, numbered, schema_of, thought_removed
from babelset.engines.llm.controls import controls
from babelset.engines.llm.examples import Examples
from babelset.engines.llm.glossary import Glossary
from babelset.engines.llm.labels import hosts, label_fault
from babelset.engines.llm.prompt import Prompt, Values
from babelset.engines.llm.request import Choice, Reply, Request, Talk
from babelset.languages import Pair
from babelset.text.placeholders import PRIVATE
from babelset.text.segment import Segment

Answer = Translation | Failure
Dialogue = Talk[list[Answer]]

SURROGATE = re.compile("[\ud800-\udfff]")
# "B", "(c)": the letter of an option, the same in every language; a letter without a capital may be a Chinese word
OPTION = re.compile(r"\W*[^\W\d_]\W*")
BEFORE, AFTER = 800, 200  # characters of context
MOST = 40  # segments in a request: longer lists make models lose count
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
class _Asked:
    """Segments of one request, by their place in the row, and what to say about the last answer."""

    places: list[int]
    notes: list[str] = field(default_factory=list)
    room: int = ROOM


def tokens_of(text: str) -> int:
    """About how many tokens a text takes; no tokenizer is at hand for a model behind a server."""
    return len(text.encode("utf-8", "surrogatepass")) // 3 + 1


def converse(segments: Sequence[Segment], manner: Manner, examiner: Examiner) -> Dialogue:
    """One answer for each of a row's segments, in order. Their texts hold placeholders in the prompt's scheme."""
    return _Row(segments, manner, examiner).talk()


class _Row:
    def __init__(self, segments: Sequence[Segment], manner: Manner, examiner: Examiner) -> None:
        self.segments, self.manner, self.examiner = segments, manner, examiner
        self.answers: dict[int, Answer] = {}
        self.best: dict[int, tuple[str, Fault]] = {}  # of segments without a good answer: the least faulty one
        self.labels = hosts(segments)
        self.places = {segment.at: place for place, segment in enumerate(segments)}

    def talk(self) -> Dialogue:
        open_places = [place for place in range(len(self.segments)) if not self._settled(place)]
        for wave in self._waves(open_places):
            yield from self._ask(wave)
        return [self.answers[place] for place in range(len(self.segments))]

    def _settled(self, place: int) -> bool:
        """Whether a segment needs no model, or must not reach one."""
        text = self.segments[place].text
        if SURROGATE.search(text):
            self.answers[place] = Failure("the text holds a lone surrogate, which is not valid Unicode")
        elif self.manner.prompt.unit != "row" and controls(text):
            self.answers[place] = Failure("the text holds a control token of chat models")
        elif OPTION.fullmatch(text) and text.upper() != text.lower() and _whole(self.segments[place]):
            self.answers[place] = Translation(text)
        return place in self.answers

    def _waves(self, places: Sequence[int]) -> Iterator[list[_Asked]]:
        """Requests that may be sent together; each wave sees the translations of those before it."""
        if self.manner.prompt.unit == "segment":
            yield [_Asked([place]) for place in places]
        elif self.manner.prompt.unit == "field":
            yield from ([_Asked([place])] for place in places)
        else:
            yield from ([_Asked(pack)] for pack in self._packs(places))

    def _packs(self, places: Sequence[int]) -> Iterator[list[int]]:
        pack: list[int] = []
        size = 0
        for place in places:
            tokens = tokens_of(self.segments[place].text)
            if pack and (size + tokens > self.manner.pack or len(pack) == MOST):
                yield pack
                pack, size = [], 0
            pack.append(place)
            size += tokens
        if pack:
            yield pack

    def _ask(self, asked: list[_Asked]) -> Generator[list[Request], list[Reply], None]:
        for attempt in range(self.manner.retries + 1):
            if attempt and attempt == self.manner.retries:
                asked = [_Asked([place], item.notes, item.room) for item in asked for place in item.places]
            if not asked:
                return
            replies = yield [self._request(item, attempt) for item in asked]
            asked = [rest for item, reply in zip(asked, replies, strict=True) for rest in self._read(item, reply)]
        for place in (place for item in asked for place in item.places):
            self.answers[place] = self._given_up(place)

    def _request(self, asked: _Asked, attempt: int) -> Request:
        manner = self.manner
        texts = [self.segments[place].text for place in asked.places]
        rows = manner.prompt.unit == "row"
        text = orjson.dumps({str(i): text for i, text in enumerate(texts, 1)}).decode() if rows else texts[0]
        joined = " ".join(texts)
        terms = manner.glossary.matches(joined) if manner.glossary else ()
        values = Values(
            source=manner.pair.source,
            target=manner.pair.target,
            text=text,
            roles=self._roles(asked.places),
            before=self._before(asked.places[0]),
            after=self._after(asked.places[-1]),
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
            schema=schema_of(len(texts)) if rows else None,
            # at temperature 0 another seed would bring the same answer
            temperature=max(manner.temperature, 0.3 * attempt, 0.7 if manner.samples > 1 else 0.0),
            seed=manner.seed + attempt,
            n=manner.samples,
            extra=extra,
        )

    def _roles(self, places: Sequence[int]) -> str:
        numbered_roles = enumerate((self.segments[place].role for place in places), 1)
        spans = []
        for role, group in groupby(numbered_roles, key=lambda item: item[1]):
            numbers = [number for number, _ in group]
            spans.append(f"{numbers[0]}-{numbers[-1]} {role}" if len(numbers) > 1 else f"{numbers[0]} {role}")
        return "; ".join(spans) if any(segment.role for segment in self.segments) else ""

    def _before(self, place: int) -> list[dict[str, str]]:
        """What stands before a segment in its row, the nearest last, with its translation where there is one."""
        segment = self.segments[place]
        sources = segment.context.sources if segment.context else ()
        found: list[dict[str, str]] = []
        room = BEFORE
        for at in range(min(segment.at, len(sources)) - 1, -1, -1):
            role, source = sources[at][0], _shown(sources[at][1])
            room -= len(source)
            if room < 0:
                break
            item = {"role": role, "source": source}
            if isinstance(answer := self.answers.get(self.places.get(at, -1)), Translation):
                item["target"] = self.examiner.tag.sub("…", answer.text)
            found.insert(0, item)
        return found

    def _after(self, place: int) -> list[dict[str, str]]:
        segment = self.segments[place]
        following = segment.context.sources[segment.at + 1 : segment.at + 2] if segment.context else ()
        return [{"role": role, "source": _shown(source)[:AFTER]} for role, source in following]

    def _read(self, asked: _Asked, reply: Reply) -> list[_Asked]:
        """Take what is good in the reply; what must be asked again."""
        if not reply.choices:
            kind = "too_long" if reply.too_long else "refused"
            self._blame(asked.places, Fault(kind, f"was not given: {reply.error or 'the server sent none'}"))
            if reply.too_long and len(asked.places) > 1:
                half = len(asked.places) // 2
                return [_Asked(asked.places[:half]), _Asked(asked.places[half:])]
            return [asked] if not reply.error else self._ended(asked.places)
        found = [self._hypotheses(asked, choice) for choice in reply.choices]
        faulty = []
        for index, place in enumerate(asked.places):
            offered = [hypotheses[index] for hypotheses in found]
            if not self._taken(place, offered, retried=bool(asked.notes)):
                faulty.append(place)
        if not faulty:
            return []
        cut = any(self.best[place][1].kind in ("truncated", "thinking") for place in faulty)
        notes = correction((self._name(place, faulty), self.best[place][1]) for place in faulty)
        return [_Asked(faulty, list(dict.fromkeys(notes)), asked.room * 2 if cut else asked.room)]

    def _name(self, place: int, places: Sequence[int]) -> str:
        return f"{places.index(place) + 1}" if len(places) > 1 else "The answer"

    def _hypotheses(self, asked: _Asked, choice: Choice) -> list[tuple[str, Fault | None]]:
        """A hypothesis for each segment of the request, and what is wrong with it."""
        count = len(asked.places)
        plain = ""
        try:
            text = thought_removed(choice.text)
            plain = text if self.manner.prompt.unit != "row" else ""
            if choice.finish == "length":
                raise Malformed("truncated", "was cut off")
            given = numbered(text, count) if self.manner.prompt.unit == "row" else [text]
        except Malformed as error:
            return [(plain, error.fault)] * count
        sources = [self.segments[place].text for place in asked.places]
        roles = [self.segments[place].role for place in asked.places]
        faults = self.examiner.faults(sources, given, roles, self._taken_before(asked.places[0]))
        told = {place: text for place, text in zip(asked.places, given, strict=True) if text}
        return [
            (text or "", fault or self._label_fault(place, told))
            for place, text, fault in zip(asked.places, given, faults, strict=True)
        ]

    def _taken_before(self, place: int) -> list[tuple[str, str]]:
        """Source and hypothesis of the segments shortly before, as they are or may yet be taken."""
        before = ((self.segments[at].text, self._told(at)) for at in range(max(place - MOST, 0), place))
        return [(source, text) for source, text in before if text]

    def _told(self, place: int) -> str:
        answer = self.answers.get(place)
        if isinstance(answer, Translation):
            return answer.text
        text, fault = self.best.get(place, ("", None))
        return text if fault and not fault.hard else ""

    def _label_fault(self, place: int, told: dict[int, str]) -> Fault | None:
        host = self.labels.get(place)
        if host is None:
            return None
        known = self.answers.get(host)
        named = told.get(host) or (known.text if isinstance(known, Translation) else "")
        return label_fault(self.segments[place].text, told.get(place, ""), named)

    def _taken(self, place: int, offered: Sequence[tuple[str, Fault | None]], retried: bool) -> bool:
        good = list(dict.fromkeys(text for text, fault in offered if fault is None))
        if not good:
            for text, fault in offered:
                if fault:
                    self._blame([place], fault, text)
            return False
        count = [sum(text == other and fault is None for other, fault in offered) for text in good]
        candidates = tuple(zip(good, map(float, count), strict=True)) if self.manner.samples > 1 else ()
        self.answers[place] = Translation(good[0], ("retried",) if retried else (), candidates)
        self.best.pop(place, None)
        return True

    def _blame(self, places: Sequence[int], fault: Fault, text: str = "") -> None:
        """Remember what is wrong; a soft fault is never replaced by a hard one."""
        for place in places:
            if place not in self.best or self.best[place][1].hard:
                self.best[place] = (text, fault)

    def _ended(self, places: Sequence[int]) -> list[_Asked]:
        """No repetition will help."""
        for place in places:
            self.answers[place] = self._given_up(place)
        return []

    def _given_up(self, place: int) -> Answer:
        text, fault = self.best[place]
        if text and not fault.hard:
            return Translation(text, ("retried", fault.kind))
        if text and fault.kind in ("truncated", "repetition"):
            return Translation(text, (fault.kind,))
        if text and fault.kind == "tags" and self.segments[place].keeps:
            return Translation(text)  # the ladder sees what is lost, and cuts the segment there
        return Failure(f"the model's answer {fault.note}", too_long=fault.kind in ("too_long", "truncated"))


def _whole(segment: Segment) -> bool:
    """Whether it is all of a segment of the row, and not a piece that the ladder has cut."""
    return segment.context is None or segment.context.sources[segment.at][1] == segment.text


def _shown(text: str) -> str:
    return SURROGATE.sub("\ufffd", PRIVATE.sub("…", text))
