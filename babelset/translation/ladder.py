"""
The ladder that keeps the promise of preservation, over any translator.

A segment climbs until its placeholders are all back and its answer is whole. What the translator's model cannot read is
a placeholder too:
1. the translator, with each of its placeholder schemes in turn;
2. the segment halved, where the answer was truncated or looped, or the segment too long;
   the segment cut at its placeholders and the pieces translated, where placeholders were lost;
3. the fallback translator, with a ladder of its own;
4. a `Failure` with the reason. Never an empty target, never the source passed off as one.

Segments are deduplicated, looked up in the translation memory, and every finished batch is stored at once. What a
reviewer wrote for a segment stands before what any translator says.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Literal

from babelset.contracts import expect_one_each
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.errors import ContractError, Stopped
from babelset.languages import Pair
from babelset.text.placeholders import Lost, Masked, mask
from babelset.text.segment import PLACEHOLDER, Segment, cut, halve, protect, restore, sentences
from babelset.work.memory import Memory, key_of, reviewed_key_of
from babelset.work.watch import Ahead

Answer = Translation | Failure
BAD_FLAGS = frozenset({"truncated", "repetition"})
MAX_DEPTH = 6  # halvings of one segment
UNREAD = 0.5  # share of letters from which on what is left of a text says nothing
FEW, SHORT = 2, 200  # halvings for a language model, and characters below which it gets none


@dataclass(slots=True)
class _Climb:
    """One segment on its way up: the rung it needs next, and what went wrong so far."""

    segment: Segment
    next: Literal["scheme", "halve", "cut", "fallback", "done"] = "scheme"
    answer: Translation | None = None  # while not done: flagged, the best there is
    reason: str = ""
    protected: bool = False  # whether placeholders were added to those that it came with

    def canonical(self) -> Translation | None:
        """The answer with the placeholders of the segment as it came."""
        if not self.protected or self.answer is None:
            return self.answer
        keeps = self.segment.keeps
        others = tuple((restore(text, keeps), score) for text, score in self.answer.candidates)
        return replace(self.answer, text=restore(self.answer.text, keeps), candidates=others)

    def finish(self, answer: Translation) -> None:
        self.answer, self.next = answer, "done"

    def give_up(self, rung: Literal["halve", "fallback"], reason: str) -> None:
        self.next, self.reason = rung, reason


@dataclass
class Ladder:
    translator: Translator
    memory: Memory
    fallback: Ladder | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    progress: Ahead = field(default_factory=Ahead)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def translate(self, segments: Sequence[Segment], pair: Pair, rows: int = 0) -> list[Answer]:
        """
        One answer each, in order, in the canonical form of `Segment.text`: `restore(answer.text, segment.keeps)`
        is the target text. They are all of so many `rows`, for those who watch. Raises Stopped, ContractError for a
        translator that breaks its promise.
        """
        signature = self.signature_for(pair)
        keys = [key_of(segment, pair, signature) for segment in segments]
        unique: dict[bytes, Segment] = {}
        for key, segment in zip(keys, segments, strict=True):
            unique.setdefault(key, segment)
        reviewed = self._reviewed(unique, pair)
        answers = self._known(unique, reviewed)
        self._count(segments=len(segments), unique=len(unique), from_memory=len(answers.keys() - reviewed.keys()))
        if reviewed:
            self._count(from_review=len(reviewed))
        self.progress.begin(len(unique), rows)
        self.progress.done(len(answers))
        for batch in self._batches({key: segment for key, segment in unique.items() if key not in answers}):
            solved = self._solve([unique[key] for key in batch], pair)
            answers.update(zip(batch, solved, strict=True))
            self._remember(batch, unique, answers, pair)
            self.progress.done(len(batch))
        self.progress.end(len(unique), rows)
        return [reviewed.get(key) or answers[key] for key in keys]

    def _reviewed(self, unique: Mapping[bytes, Segment], pair: Pair) -> dict[bytes, Translation]:
        keys = {key: reviewed_key_of(segment.text, pair) for key, segment in unique.items()}
        found = self.memory.get(list(set(keys.values())))
        return {key: found[other] for key, other in keys.items() if other in found}

    def _known(self, unique: Mapping[bytes, Segment], reviewed: Mapping[bytes, Translation]) -> dict[bytes, Answer]:
        known: dict[bytes, Answer] = {**self.memory.get(list(unique)), **reviewed}
        if self.translator.reads_rows:  # a row is asked for whole, as it was the first time
            torn = {_row(segment) for key, segment in unique.items() if key not in known}
            return {key: answer for key, answer in known.items() if _row(unique[key]) not in torn}
        return known

    def _batches(self, pending: Mapping[bytes, Segment]) -> Iterator[list[bytes]]:
        size = self.translator.batch
        if not self.translator.reads_rows:
            # long segments first: an engine that cannot take the largest batch says so at once
            keys = sorted(pending, key=lambda key: -len(pending[key].text))
            yield from (keys[start : start + size] for start in range(0, len(keys), size))
            return
        batch: list[bytes] = []
        for _, row in groupby(pending, key=lambda key: _row(pending[key])):
            batch += row
            if len(batch) >= size:
                yield batch
                batch = []
        if batch:
            yield batch

    def _count(self, **counts: int) -> None:
        with self._lock:
            self.counts.update(counts)

    def watched(self, tell: Callable[[int], None], rows: Callable[[int], None]) -> None:
        """Whom to tell of segments, as they are answered, and of the rows that these make up."""
        self.progress = Ahead(tell, rows)
        for ladder in (self, self.fallback):
            if ladder:
                ladder.translator.watched(self.progress.heard)

    def keep_replies(self, folder: Path) -> None:
        """Where translators that are paid by the request keep what they got, until the run is complete."""
        for ladder in (self, self.fallback):
            if ladder:
                ladder.translator.keep_replies(folder)

    def halt(self) -> None:
        """Ask nothing more of any translator; whoever waits in `translate` gets Stopped."""
        self.stop.set()
        self.translator.halt()
        if self.fallback:
            self.fallback.halt()

    def signature_for(self, pair: Pair) -> str:
        own = self.translator.signature_for(pair)
        return f"{own}>{self.fallback.signature_for(pair)}" if self.fallback else own

    def _remember(
        self, keys: Sequence[bytes], unique: dict[bytes, Segment], answers: dict[bytes, Answer], pair: Pair
    ) -> None:
        answered = ((key, unique[key], answers[key]) for key in keys)
        good = [(key, segment, answer) for key, segment, answer in answered if isinstance(answer, Translation)]
        self.memory.put(good, pair, self.signature_for(pair))

    def _solve(self, segments: Sequence[Segment], pair: Pair, depth: int = 0) -> list[Answer]:
        climbs = [self._start(segment, pair) for segment in segments]
        for rung, scheme in enumerate(self.translator.schemes):
            self._ask([climb for climb in climbs if climb.next == "scheme"], scheme, pair, retried=rung > 0)
        for climb in climbs:
            if climb.next == "scheme":  # placeholders were lost in every scheme
                climb.next = "cut"
        self._divide([climb for climb in climbs if climb.next in ("halve", "cut")], pair, depth)
        self._fall_back([climb for climb in climbs if climb.next == "fallback"], pair)
        return [climb.canonical() or Failure(climb.reason) for climb in climbs]

    def _start(self, segment: Segment, pair: Pair) -> _Climb:
        climb = _Climb(_anonymous(segment))
        if spans := self.translator.unreadable(segment.text, pair):
            climb.segment = protect(climb.segment, spans)
            climb.protected = True
            if (share := _unread(segment.text, spans)) > UNREAD:
                climb.give_up("fallback", f"the model's vocabulary lacks {share:.0%} of the text")
        return climb

    def _ask(self, climbs: Sequence[_Climb], scheme: str, pair: Pair, retried: bool) -> None:
        sendable = [(climb, masked) for climb in climbs if (masked := mask(climb.segment, scheme))]
        size = max(len(sendable), 1) if self.translator.reads_rows else self.translator.batch
        for start in range(0, len(sendable), size):
            if self.stop.is_set():
                raise Stopped
            batch = sendable[start : start + size]
            sent = [
                climb.segment if masked.text == climb.segment.text else replace(climb.segment, text=masked.text)
                for climb, masked in batch
            ]
            with nullcontext() if self.translator.reads_rows else self._turn:  # others need not know of threads
                got = self.translator.translate(sent, pair)
            expect_one_each(self.translator.signature, sent, got)
            self._count(sent=len(sent))
            for (climb, masked), reply in zip(batch, got, strict=True):
                _read(climb, masked, reply, retried)

    def _divide(self, climbs: Sequence[_Climb], pair: Pair, depth: int) -> None:
        divided = [(climb, self._pieces(climb, depth)) for climb in climbs]
        children = [part for _, parts in divided for part in parts if isinstance(part, Segment)]
        answers = iter(self._solve(children, pair, depth + 1)) if children else iter(())
        for climb, parts in divided:
            if not parts:
                climb.next = "fallback"
                continue
            self._count(**{climb.next: 1})
            _join(climb, parts, answers)

    def _pieces(self, climb: _Climb, depth: int) -> Sequence[str | Segment]:
        """What to translate in the segment's place; empty where it cannot, or had better not, be divided further."""
        if climb.next == "cut":
            return cut(climb.segment) if depth < MAX_DEPTH else []
        if self.translator.reads_rows and (depth >= FEW or len(climb.segment.text) < SHORT):
            return []  # a language model that cannot do a short text will not do its halves, and each is paid for
        return halve(climb.segment) if depth < MAX_DEPTH else []

    def _fall_back(self, climbs: Sequence[_Climb], pair: Pair) -> None:
        if self.fallback is None or not climbs:
            return
        self._count(fallback=len(climbs))
        divided = [(climb, self.fallback.parts(climb.segment, pair)) for climb in climbs]
        children = [part for _, parts in divided for part in parts if isinstance(part, Segment)]
        answers = iter(self.fallback._solve(children, pair))
        for climb, parts in divided:
            texts, flags, failed = _put_together(parts, answers)
            if failed:
                climb.reason += f"; fallback: {failed.reason}"
            else:
                climb.finish(Translation(texts, (*flags, "fallback")))

    def parts(self, segment: Segment, pair: Pair) -> Sequence[str | Segment]:
        """A segment of another ladder as this one's translator takes it: documents become sentences."""
        if segment.lines and not self.translator.documents:
            return sentences(segment, pair.source.bcp47, self.translator.limit)
        return [segment]


def _row(segment: Segment) -> bytes:
    return segment.context.digest if segment.context else segment.text.encode("utf-8", "surrogatepass")


def _unread(text: str, spans: Sequence[tuple[int, int]]) -> float:
    """The share of letters that stand in `spans`."""
    lost = sum(char.isalpha() for span in spans for char in text[slice(*span)])
    return lost / (sum(map(str.isalpha, text)) or 1)


def _anonymous(segment: Segment) -> Segment:
    """The segment with its own placeholders as kept texts, so that answers stay in canonical form."""
    keeps = tuple(chr(PLACEHOLDER + index) for index in range(len(segment.keeps)))
    return replace(segment, keeps=keeps) if keeps else segment


def _read(climb: _Climb, masked: Masked, reply: object, retried: bool) -> None:
    if isinstance(reply, Failure):
        return climb.give_up("halve" if reply.too_long else "fallback", reply.reason)
    if not isinstance(reply, Translation):
        raise ContractError(f"a translator answered {type(reply).__name__} in place of Translation or Failure")
    try:
        text = masked.unmask(reply.text)
    except Lost as lost:
        climb.reason = str(lost)
        return None
    if not text:
        climb.reason = "the engine gave an empty answer"
        climb.next = "scheme" if climb.segment.keeps else "halve"
        return None
    flags = (*reply.flags, "retried") if retried else reply.flags
    answer = Translation(text, flags, tuple(_unmasked(masked, reply.candidates)))
    if bad := sorted(BAD_FLAGS.intersection(reply.flags)):
        climb.answer = answer
        return climb.give_up("halve", f"the engine's answer shows {' and '.join(bad)}")
    return climb.finish(answer)


def _unmasked(masked: Masked, candidates: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Candidates in canonical form; one that lost a placeholder was none."""
    for text, score in candidates:
        with suppress(Lost):
            yield masked.unmask(text), score


def _join(climb: _Climb, parts: Sequence[str | Segment], answers: Iterator[Answer]) -> None:
    """Put the answers of the parts together; one part that failed fails the whole."""
    text, flags, failed = _put_together(parts, answers)
    if failed:
        climb.give_up("fallback", failed.reason)
    elif BAD_FLAGS.intersection(flags):
        climb.answer = climb.answer or Translation(text, flags)
        climb.next = "fallback"
    else:
        done = "pieces" if climb.next == "cut" else "halves"
        climb.finish(Translation(text, tuple(dict.fromkeys([*flags, done]))))


def _put_together(
    parts: Sequence[str | Segment], answers: Iterator[Answer]
) -> tuple[str, tuple[str, ...], Failure | None]:
    """Text and flags of all parts, or the last failure; takes an answer for every segment in any case."""
    texts: list[str] = []
    flags: list[str] = []
    failed = None
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        answer = next(answers)
        if isinstance(answer, Failure):
            failed = answer
            continue
        texts.append(restore(answer.text, part.keeps))
        flags += answer.flags
    return "".join(texts), tuple(dict.fromkeys(flags)), failed
