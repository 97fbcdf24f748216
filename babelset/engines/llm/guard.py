"""
Whether a model puts its answers under the right numbers: nothing in one answer need show that they are its neighbours'.

Two guards. With a sentence encoder that knows the languages, the answers to every request are held against all its
sources; the Universal Sentence Encoder is taken where it is installed. Without one, some segments of a sample of the
requests are asked again alone, where there is no other number: always of a run's first requests and of those that look
odd, and of a share of all others, drawn by a hash. An answer that came alone and is clearly like another number's
answer, not like its own, is a sign; it counts where the other's own answer, alone too, says otherwise. After a shift
was found this way, the run asks each segment alone.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import xxhash

from babelset.engines.encoders import USE, Encoder, encoder
from babelset.engines.encoders.universal import installed, knows
from babelset.engines.llm.candidates import chrf
from babelset.engines.llm.halt import Halt
from babelset.engines.llm.placement import displaced
from babelset.engines.llm.replies import Replies
from babelset.engines.llm.request import Reply, Request, Talk
from babelset.engines.llm.symptoms import words
from babelset.errors import ConfigError
from babelset.languages import Pair

FIRST = 4  # requests of a run that are looked at in any case
PROBES = 4  # segments of a request that are asked again
GAIN = 0.2  # of chrF: how much more an answer is like another number's than like its own
Z = 1.645  # of the normal distribution, one-sided, 95 %
COSINE = 0.15  # a segment, in the mean, that answers fit others' sources better than their own
TELLING = 4, 16  # words, or letters: shorter answers are alike by chance
UNSEEN, GOOD, SHIFTED = 0, 1, 2
SAMPLE, EMBEDDING = "sample", "embedding:"

Texts = Sequence[tuple[str, str]]  # source and answer of each segment of a request, without placeholders


def chosen(name: str) -> str:
    """
    The guard that an option names; for "" the Universal Sentence Encoder where it is installed, else a sample.

    >>> chosen("embedding:labse-onnx")
    'embedding:labse-onnx'

    Raises ConfigError for one that is unknown.
    """
    if not name:
        return USE if installed() else SAMPLE
    if name in (USE, SAMPLE) or name.removeprefix(EMBEDDING) not in ("", name):
        return name
    raise ConfigError(
        f"guard: unknown guard {name!r}; write sample, use, or embedding:DIR with an encoder's folder or address"
    )


@dataclass(frozen=True, slots=True)
class Alone:
    """How a segment of a request is asked alone, by its place in the request, and what the reply says."""

    ask: Callable[[int], Request]
    read: Callable[[Reply], str]


class Guard:
    """
    Looks for answers that stand under each other's numbers.

    Guard(replies, "sample", share=0.02), Guard(replies, "embedding:labse-onnx", encoder("labse-onnx"))

    `shifted` is True once a sample has shown a shift: from then on no request should hold several segments. Threads
    may share it; what it has seen goes along with the stored replies. Raises ConfigError without the extra.
    """

    def __init__(self, replies: Replies, share: float, name: str = SAMPLE, encoder: Encoder | None = None) -> None:
        self.name, self.share, self.encoder, self.shifted = name, share, encoder, False
        self._open = 0  # looks that have begun and not ended
        self._ended = threading.Condition()
        self.keep_in(replies)
        if share:
            chrf([""], "")

    @classmethod
    def named(cls, name: str, share: float, replies: Replies) -> Guard | None:
        """`named("embedding:labse-onnx", 0.02, replies)`; None for the sample without a share."""
        if name == SAMPLE:
            return cls(replies, share) if share else None
        return cls(replies, share, name, encoder(name.removeprefix(EMBEDDING), 128, 4096))

    def keep_in(self, replies: Replies) -> None:
        """Go on from what stands there, and keep there what is found."""
        self._replies, (_, self._seen) = replies, replies.looked()
        self.shifted = self.name == SAMPLE and SHIFTED in self._seen.values()

    def account(self) -> dict[str, Any]:
        """
        Requests with several segments, those that were looked at, and those whose answers were shifted.

        Of a sample, also the share that was shifted at most, with 95 % confidence; odd requests are all in it.
        """
        packed, seen = self._replies.looked()
        shifts = list(seen.values()).count(SHIFTED)
        found = {"name": str(self), "packed": packed, "rechecked": len(seen), "shifts": shifts}
        return found | ({"shifted_at_most": at_most(shifts, len(seen))} if self.name == SAMPLE and seen else {})

    def __str__(self) -> str:
        return f"sample {100 * self.share:g} %" if self.name == SAMPLE else self.name

    def look(self, key: bytes, texts: Texts, odd: bool, alone: Alone, pair: Pair) -> Talk[bool]:
        """
        Whether the answers to the request of this key are shifted; may ask some of its segments alone.

        `texts` are source and answer of each segment, `odd` says that something is wrong with them already.
        """
        with self._looking():
            if not any(answer.strip() for _, answer in texts):
                found = UNSEEN
            elif self.encoder and (self.name != USE or knows(pair.source, pair.target)):
                found = self._matched(self.encoder, texts)
            elif odd or self._drawn(key):
                found = yield from self._asked(texts, alone)
            else:
                found = UNSEEN
            self._note(key, found)
        return found == SHIFTED

    def settle(self, halted: Halt) -> None:
        """Wait for looks that other threads have begun: they may say that no answer can be trusted."""
        with self._ended:
            while self._open and not self.shifted and not halted.is_set():
                self._ended.wait(0.1)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        with self._ended:
            self._open += 1
        try:
            yield
        finally:
            with self._ended:
                self._open -= 1
                self._ended.notify_all()

    def _drawn(self, key: bytes) -> bool:
        first = key in self._seen or len(self._seen) + self._open <= FIRST  # this one is open
        return first or xxhash.xxh3_64_intdigest(key) < self.share * 2**64

    def _note(self, key: bytes, found: int) -> None:
        self._replies.look(key, found)
        if found:
            self._seen[key] = max(found, self._seen.get(key, UNSEEN))
        self.shifted = self.shifted or (found == SHIFTED and self.name == SAMPLE)

    def _matched(self, encoder: Encoder, texts: Texts) -> int:
        said = [(source, answer) for source, answer in texts if answer.strip()]
        if len(said) < 2:
            return UNSEEN
        sources, answers = (encoder.encode([pair[side] for pair in said]) for side in (0, 1))
        return SHIFTED if displaced((sources @ answers.T).tolist(), COSINE) else GOOD

    def _asked(self, texts: Texts, alone: Alone) -> Talk[int]:
        places = [place for place, (source, _) in enumerate(texts) if _telling(source)]
        places.sort(key=lambda place: _order(texts[place][0]))
        told = yield from _told(places[:PROBES], alone)
        signs = [(one, other) for one in told if (other := _like_another(one, told[one], texts)) is not None]
        told |= yield from _told(sorted({other for _, other in signs} - told.keys()), alone)
        if any(_stands(sign, told, texts) for sign in signs):
            return SHIFTED
        return GOOD if told else UNSEEN


def at_most(found: int, of: int) -> float:
    """
    The upper end of Wilson's interval for a share, one-sided, 95 %.

    >>> at_most(0, 50)
    0.0513
    """
    share, room = found / of, Z * Z / of
    return round((share + room / 2 + Z * math.sqrt(share * (1 - share) / of + room / of / 4)) / (1 + room), 4)


def _telling(text: str) -> bool:
    return len(words(text)) >= TELLING[0] or sum(map(str.isalpha, text)) >= TELLING[1]


def _order(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def _told(places: Sequence[int], alone: Alone) -> Talk[dict[int, str]]:
    """The answers that came when each of these was asked alone, without those that cannot be used."""
    if not places:
        return {}
    replies = yield [alone.ask(place) for place in places]
    found = {place: alone.read(reply) for place, reply in zip(places, replies, strict=True)}
    return {place: text for place, text in found.items() if text.strip()}


def _like_another(place: int, told: str, texts: Texts) -> int | None:
    """
    The number whose answer is clearly more like what came for this one alone than this one's is.

    Sources that are alike have translations that are: as much must be explained by more.
    """
    likeness = chrf([answer for _, answer in texts], told, beta=1)
    sources = chrf([source for source, _ in texts], texts[place][0], beta=1)
    gains = {
        other: likeness[other] - max(likeness[place], sources[other])
        for other, (source, _) in enumerate(texts)
        if other != place and _telling(source)
    }
    best = max(gains, key=gains.__getitem__, default=None)
    return best if best is not None and gains[best] >= GAIN else None


def _stands(sign: tuple[int, int], told: Mapping[int, str], texts: Texts) -> bool:
    """Whether the other number's own answer, alone, is less like what stands there; else both say the same."""
    one, other = sign
    if other not in told:
        return False
    this, own = chrf([told[one], told[other]], texts[other][1], beta=1)
    return this - own >= GAIN
