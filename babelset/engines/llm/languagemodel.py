"""What every LLM translator shares: its options, and how segments become dialogues and dialogues answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, Literal

import xxhash
from pydantic import Field, PrivateAttr

from babelset import __version__
from babelset.contracts.translator import Translation, Translator
from babelset.engines.llm.answer import Examiner
from babelset.engines.llm.candidates import Chooser, chooser
from babelset.engines.llm.dialogue import Answer, Manner, converse
from babelset.engines.llm.examples import Examples
from babelset.engines.llm.glossary import Glossary
from babelset.engines.llm.guard import SAMPLE, Guard
from babelset.engines.llm.guard import chosen as chosen_guard
from babelset.engines.llm.halt import Halt
from babelset.engines.llm.prompt import Prompt, for_model, load
from babelset.engines.llm.replies import Replies
from babelset.engines.llm.request import Reply, Request, T, Talk
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.text.placeholders import scheme
from babelset.text.segment import Segment
from babelset.work.licenses import card_license


class LLM(Translator):
    """
    A translator that asks a language model, row by row; an engine adds how requests are sent, `hold`.

    Raises ConfigError for a chooser, and for a prompt, glossary or example file, that cannot be used.
    """

    reads_rows: ClassVar[bool] = True
    notice: ClassVar[str] = (
        "a language model translates some languages well and others badly: read a sample, and score it"
    )

    model: str = Field("", description="the model's id or folder")
    prompt: str = Field("", description="a prompt's name or file; otherwise the one for the model")
    glossary: str | None = Field(None, description="CSV, TSV or TBX with terms and their translations")
    few_shot: str | None = Field(None, description="a file of examples: source, target")
    shots: int = Field(3, ge=0, le=50, description="examples in a request, the nearest of the file")
    formality: Literal["default", "formal", "informal"] = "default"
    numbers: Literal["keep", "convert"] = Field("keep", description="numbers and dates as they are, or as usual there")
    candidates: int = Field(1, ge=1, le=64, description="hypotheses for each segment")
    pick: str = Field("mbr", description='how to choose among candidates: "mbr" or a filter that scores quality')
    pack: int = Field(1200, ge=16, description="tokens of source in a request, about")
    retries: int = Field(2, ge=0, le=10, description="further requests for what was answered badly")
    recheck: float = Field(0.02, ge=0, le=1, description="share of requests of which segments are asked again alone")
    guard: str = Field(
        "", description="sample, use or embedding:DIR: how shifted answers are found; use where it is installed"
    )
    temperature: float = Field(0.0, ge=0, le=2)
    seed: int = 0

    _manners: dict[str, tuple[Manner, Examiner]] = PrivateAttr(default_factory=dict)
    _replies: Replies = PrivateAttr(default_factory=lambda: Replies(":memory:"))
    _halted: Halt = PrivateAttr(default_factory=Halt)
    _open: ExitStack = PrivateAttr(default_factory=ExitStack)
    _choose: Chooser | None = PrivateAttr(None)
    _guard: Guard | None = PrivateAttr(None)
    _heard: Callable[[int], None] | None = PrivateAttr(None)

    def model_post_init(self, context: Any) -> None:
        if not self.model:
            raise ConfigError("an LLM translator needs a model: --model ID, or a folder")
        self._guard = Guard.named(self._guards, self.recheck, self._replies) if self.chosen.unit == "row" else None
        if self.candidates > 1:
            self._choose = self._open.enter_context(chooser(self.pick))

    @cached_property
    def chosen(self) -> Prompt:
        return load(self.prompt) if self.prompt else for_model(self.model)

    @cached_property
    def _guards(self) -> str:
        return chosen_guard(self.guard)

    @cached_property
    def signature(self) -> str:
        """Everything that decides an answer, the files it is made with included."""
        parts = {
            "model": self._model_name(),
            "prompt": self.chosen.signature,
            "glossary": _digest(self.glossary),
            "examples": _digest(self.few_shot) and f"{self.shots}:{_digest(self.few_shot)}",
            "register": "" if self.formality == "default" else self.formality,
            "numbers": "" if self.numbers == "keep" else self.numbers,
            "candidates": f"{self.candidates}:{self.pick}" if self.candidates > 1 else "",
            "pack": self.pack,
            "retries": self.retries,
            "guard": "" if self._guards == SAMPLE else self._guards,
            "recheck": "" if self.recheck == 0.02 else self.recheck,
            "temperature": self.temperature,
            "seed": self.seed,
            "v": __version__,
        }
        return "|".join([self._kind, *(f"{key}:{value}" for key, value in parts.items() if value != "")])

    @property
    def schemes(self) -> Sequence[str]:
        return (self.chosen.scheme,)

    @property
    def documents(self) -> bool:
        return self.chosen.unit == "field"

    @property
    def limit(self) -> int:
        return 3 * self.pack if self.documents else 2000

    @property
    def license(self) -> str:
        """What the model's card says, where the model is a folder."""
        return card_license(Path(self.model))

    def supports(self, pair: Pair) -> bool:
        return pair.source != pair.target

    def keep_replies(self, folder: Path | None, name: str = "replies") -> None:
        """In a file of that name in `folder` from now on, or in memory."""
        self._replies.close()
        file = f"{name}-{_hash(self.signature.encode())}.sqlite"
        self._replies = Replies(folder / file if folder else ":memory:")
        if self._guard:
            self._guard.keep_in(self._replies)

    def watched(self, heard: Callable[[int], None]) -> None:
        self._heard = heard

    def halt(self) -> None:
        self._halted.set()

    def account(self) -> dict[str, Any]:
        return {**self._replies.totals(), **self._guarded()}

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Answer]:
        manner, examiner = self._manner(pair)
        rows = [list(row) for _, row in groupby(segments, key=_row)]
        trusted = self._guard is not None and not self._guard.shifted
        held = self.hold([self._counted(converse(row, manner, examiner, self._guard), len(row)) for row in rows])
        if self._guard:
            self._guard.settle(self._halted)
            self._replies.flush()
        if trusted and self._guard and self._guard.shifted:  # one segment a request; what came that way is stored
            held = self.hold([converse(row, manner, examiner, self._guard) for row in rows])
        answers = [answer for row in held for answer in row]
        return self._best(segments, answers, pair, self._choose) if self._choose else answers

    def _counted(self, talk: Talk[T], segments: int) -> Talk[T]:
        """The same talk, which says when it has ended."""
        result = yield from talk
        if self._heard:
            self._heard(segments)
        return result

    def hold(self, talks: Sequence[Talk[T]]) -> list[T]:
        """Hold every talk with the model to its end; what each returns."""
        raise NotImplementedError

    def close(self) -> None:
        self._open.close()
        self._replies.close()

    def _guarded(self) -> dict[str, Any]:
        return {"guard": self._guard.account()} if self._guard else {}

    @property
    def _kind(self) -> str:
        return type(self).__name__.lower()

    def _model_name(self) -> str:
        return self.model

    def _manner(self, pair: Pair) -> tuple[Manner, Examiner]:
        if str(pair) not in self._manners:
            manner = Manner(
                prompt=self.chosen,
                pair=pair,
                glossary=Glossary.read(self.glossary, pair) if self.glossary else None,
                examples=Examples.read(self.few_shot, pair) if self.few_shot else None,
                shots=self.shots,
                formality=self.formality,
                numbers=self.numbers,
                pack=self.pack,
                retries=self.retries,
                temperature=self.temperature,
                seed=self.seed,
                samples=self.candidates,
            )
            self._manners[str(pair)] = manner, manner.examiner()
        return self._manners[str(pair)]

    def _best(
        self, segments: Sequence[Segment], answers: Sequence[Answer], pair: Pair, choose: Chooser
    ) -> list[Answer]:
        """Of each segment's candidates the one with the highest score, all of them kept with their scores."""
        drawn = [
            [text for text, times in answer.candidates for _ in range(round(times))]
            if isinstance(answer, Translation)
            else []
            for answer in answers
        ]
        tags = scheme(self.chosen.scheme).regex
        bare = [[tags.sub(" ", text) for text in texts] for texts in drawn]
        scores = choose([tags.sub(" ", segment.text) for segment in segments], bare, pair)
        return [
            replace(answer, text=max(scored, key=lambda text: scored[text]), candidates=tuple(scored.items()))
            if isinstance(answer, Translation) and (scored := dict(zip(texts, numbers, strict=True)))
            else answer
            for answer, texts, numbers in zip(answers, drawn, scores, strict=True)
        ]

    def _remembered(self, requests: Sequence[Request]) -> tuple[list[bytes], dict[bytes, Reply]]:
        """Keys of the requests, and the replies that came before."""
        keys = [request.key(self.model) for request in requests]
        return keys, self._replies.get(keys)


def in_step(talks: Sequence[Talk[T]], send: Callable[[list[Request]], list[Reply]]) -> list[T]:
    """
    Hold talks all together: what they ask at a time is sent as one batch.

    For engines that take a list of requests and come back when all are answered.
    """
    ended: dict[int, T] = {}
    open_: dict[int, list[Request]] = {}
    replies: dict[int, list[Reply] | None] = dict.fromkeys(range(len(talks)))
    while replies:
        for number, reply in replies.items():
            try:
                open_[number] = next(talks[number]) if reply is None else talks[number].send(reply)
            except StopIteration as end:
                ended[number] = end.value
        asked, open_ = open_, {}
        stream = iter(send([request for requests in asked.values() for request in requests])) if asked else iter(())
        replies = {number: [next(stream) for _ in requests] for number, requests in asked.items()}
    return [ended[number] for number in range(len(talks))]


def _row(segment: Segment) -> bytes | int:
    return segment.context.digest if segment.context else id(segment)


def _digest(path: str | None) -> str:
    """16 hex digits of the file's content, so that an edited file is another translator; "" for no file."""
    if path is None:
        return ""
    try:
        return _hash(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None


def _hash(data: bytes) -> str:
    return xxhash.xxh3_64_hexdigest(data)
