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
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

import orjson

from babelset.contracts.translator import Failure, Translation
from babelset.engines.llm.answer import Examiner, Fault, Malformed, correction, numbered, schema_of, thought_removed
from babelset.engines.llm.controls import SURROGATE, controls
from babelset.engines.llm.examples import Examples
from babelset.engines.llm.glossary import Glossary
from babelset.engines.llm.labels import hosts, label_fault
from babelset.engines.llm.prompt import Prompt, Values
from babelset.engines.llm.request import ChatChoice, Reply, Request, Talk
from babelset.languages import Pair
from babelset.text.placeholders import PRIVATE
from babelset.text.segment import Segment

Answer = Translation | Failure

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
class _Pack:
    """Segments of one request, by their place in the row, and what to say about the last answer."""

    places: list[int]
    notes: list[str] = field(default_factory=list)
    room: int = ROOM


def tokens_of(text: str) -> int:
    """About how many tokens a text takes; no tokenizer is at hand for a model behind a server."""
    return len(text.encode("utf-8", "surrogatepass")) // 3 + 1


def converse(segments: Sequence[Segment], manner: Manner, examiner: Examiner) -> Talk[list[Answer]]:
    """One answer for each of a row's segments, in order. Their texts hold placeholders in the prompt's scheme."""
    return _Dialogue(segments, manner, examiner).talk()


class _Dialogue:
    def __init__(self, segments: Sequence[Segment], manner: Manner, examiner: Examiner) -> None:
        self.segments, self.manner, self.examiner = segments, manner, examiner
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
        if SURROGATE.search(text):
            self.answers[place] = Failure("the text holds a lone surrogate, which is not valid Unicode")
        elif self.manner.prompt.unit != "row" and controls(text):
            self.answers[place] = Failure("the text holds a control token of chat models")
        elif OPTION.fullmatch(text) and text.upper() != text.lower() and _whole(self.segments[place]):
            self.answers[place] = Translation(text)
        return place in self.answers

    def _waves(self, places: Sequence[int]) -> Iterator[list[_Pack]]:
        """Requests that may be sent together; each wave sees the translations of those before it."""
        packs = self._packs(places) if self.manner.prompt.unit == "row" else ([place] for place in places)
        if self.manner.prompt.unit == "segment":
            yield list(map(_Pack, packs))
        else:
            yield from ([_Pack(pack)] for pack in packs)

    def _packs(self, places: Sequence[int]) -> Iterator[list[int]]:
        pack, size = list[int](), 0
        for place in places:
            tokens = tokens_of(self.segments[place].text)
            if pack and (size + tokens > self.manner.pack or len(pack) == MOST):
                yield pack
                pack, size = [], 0
            pack.append(place)
            size += tokens
        if pack:
            yield pack

    def _ask(self, asked: list[_Pack]) -> Generator[list[Request], list[Reply], None]:
        for attempt in range(self.manner.retries + 1):
            if attempt and attempt == self.manner.retries:
                asked = [_Pack([place], item.notes, item.room) for item in asked for place in item.places]
            if not asked:
                return
            replies = yield [self._request(item, attempt) for item in asked]
            asked = [rest for item, reply in zip(asked, replies, strict=True) for rest in self._read(item, reply)]
        self._give_up([place for item in asked for place in item.places])

    def _request(self, asked: _Pack, attempt: int) -> Request:
        manner = self.manner
        texts = [self.segments[place].text for place in asked.places]
        rows = manner.prompt.unit == "row"
        text = orjson.dumps({str(i): text for i, text in enumerate(texts, 1)}).decode() if rows else texts[0]
        joined = " ".join(texts)
        terms = manner.glossary.matches(joined) if manner.glossary else ()
        values = Values(
            *(manner.pair.source, manner.pair.target, text),
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
        """ "1-2 instruction; 3 output" of a request's segments, "" where no segment has a role."""
        spans, last = [], 0
        for role, group in groupby(self.segments[place].role for place in places):
            first, last = last + 1, last + len(list(group))
            spans.append(f"{first}-{last} {role}" if last > first else f"{first} {role}")
        return "; ".join(spans) if any(segment.role for segment in self.segments) else ""

    def _before(self, place: int) -> list[dict[str, str]]:
        """What stands before a segment in its row, the nearest last, with its translation where there is one."""
        segment = self.segments[place]
        sources = segment.context.sources if segment.context else ()
        found, room = list[dict[str, str]](), BEFORE
        for at in range(min(segment.at, len(sources)) - 1, -1, -1):
            role, source = sources[at][0], _shown(sources[at][1])
            if (room := room - len(source)) < 0:
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

    def _read(self, asked: _Pack, reply: Reply) -> list[_Pack]:
        """Take what is good in the reply; what must be asked again."""
        if not reply.choices:
            kind = "too_long" if reply.too_long else "refused"
            self._blame(asked.places, Fault(kind, f"was not given: {reply.error or 'the server sent none'}"))
            if reply.too_long and len(asked.places) > 1:
                half = len(asked.places) // 2
                return [_Pack(asked.places[:half]), _Pack(asked.places[half:])]
            if reply.error:
                self._give_up(asked.places)  # no repetition will help
            return [] if reply.error else [asked]
        found = [self._hypotheses(asked, choice) for choice in reply.choices]
        offered = zip(asked.places, zip(*found, strict=True), strict=True)
        faulty = [place for place, texts in offered if not self._taken(place, texts, retried=bool(asked.notes))]
        if not faulty:
            return []
        faults = [self.best[place][1] for place in faulty]
        names = map(str, range(1, len(faulty) + 1)) if len(faulty) > 1 else [""]
        cut = any(fault.kind in ("truncated", "thinking") for fault in faults)
        notes = correction(zip(names, faults, strict=True))
        return [_Pack(faulty, list(dict.fromkeys(notes)), asked.room * 2 if cut else asked.room)]

    def _hypotheses(self, asked: _Pack, choice: ChatChoice) -> list[tuple[str, Fault | None]]:
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
        sources, roles = [segment.text for segment in segments], [segment.role for segment in segments]
        faults = self.examiner.faults(sources, given, roles, self._taken_before(asked.places[0]))
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


def _whole(segment: Segment) -> bool:
    """Whether it is all of a segment of the row, and not a piece that the ladder has cut."""
    return segment.context is None or segment.context.sources[segment.at][1] == segment.text


def _shown(text: str) -> str:
    return SURROGATE.sub("\ufffd", PRIVATE.sub("…", text))
