"""
Mozilla's Firefox Translations models: neural translation made for CPUs, about 50 languages to and from English.

    babelset models get firefox en-es        ->  "The house is red." -> "La casa es roja."

From one other language to another a text goes by way of English. Each sentence is translated alone, by as many
processes as there are cores. The engine cuts what is longer than its context and says nothing, and invents over what
its vocabulary lacks: both are found before a text is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from babelset import __version__
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.doctor import Finding
from babelset.engines.channel import WorkerLost
from babelset.engines.firefox.models import Model, installed, named, route
from babelset.engines.firefox.reading import Vocabulary
from babelset.engines.firefox.tidying import invents, typeset, without_notes
from babelset.engines.padding import looped
from babelset.engines.pool import Pool
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.text.segment import Segment

ENCODING = 1  # counts the changes to what this file sends and reads: part of the signature
LOOP = 8  # tokens
MOST = 256  # tokens that the engine writes at most, and not more than twice those that it reads
SURROGATE = re.compile("[\ud800-\udfff]")
GET = "babelset models get firefox en-es"


class Firefox(Translator):
    """
    Translate with Firefox Translations models, on all cores and without a GPU.

    >>> Firefox()                                # models that were fetched: babelset models list
    >>> Firefox(model="models/en-es")            # a folder with one model, or with several

    Nothing is cut in silence: a segment of more than `max_tokens` is a Failure(too_long), an answer at the engine's own
    limit is flagged "truncated", one that goes round in a loop "repetition".
    """

    # Of 150 segments of Alpaca with 276 placeholders, all came back in 148 (brackets), 137 (letters2), 130 (letters).
    schemes: ClassVar[Sequence[str]] = ("brackets", "letters2", "letters")
    license: ClassVar[str] = "MPL-2.0 (Mozilla's models)"
    notice: ClassVar[str] = (
        "Firefox Translations models are small ones that translate each sentence alone (English to Portuguese on "
        "NTREX-128: BLEU 31, chrF 58). Better than rules, below NLLB and LLMs: read a sample before you train on it"
    )

    model: str = Field("", description="a folder with one model or several; by default those of babelset models list")
    workers: int = Field(0, ge=0, description="processes; 0: one on each core")
    max_tokens: int = Field(100, ge=8, le=120, description="longest segment in tokens; longer ones are split")
    deadline: float = Field(60, gt=0, description="seconds for a segment, after which its process is started again")
    operational: ClassVar[frozenset[str]] = frozenset({"workers", "deadline"})

    _vocabularies: dict[str, Vocabulary] = PrivateAttr(default_factory=dict)

    @cached_property
    def _models(self) -> list[Model]:
        return named(self.model) if self.model else installed()

    @cached_property
    def _pool(self) -> Pool:
        files = {model.name: [str(file) for file in model.files] for model in self._models}
        return Pool("babelset.engines.firefox.bound:Models", {"models": files}, self.workers, self.deadline)

    @property
    def signature(self) -> str:
        return f"firefox|max:{self.max_tokens}|encoding:{ENCODING}|fx:{_engine()}|v:{__version__}"

    def signature_for(self, pair: Pair) -> str:
        """With the models that the pair needs: "firefox|es-en:9e1d...|en-pt:5c2c...|...", and no others."""
        name, _, rest = self.signature.partition("|")
        return "|".join([name, *(model.signature for model in route(self._models, pair)), rest])

    @property
    def limit(self) -> int:
        return 4 * self.max_tokens  # characters that in most alphabets are fewer tokens; `translate` counts them

    @property
    def batch(self) -> int:
        return 64 * self._pool.size  # about two seconds of work, so that the end of a batch weighs little

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """The engine, and the models that are here."""
        try:
            models = " ".join(model.name for model in installed())
            detail = f"fxtranslate {_engine()}; " + (f"the default translator of {models}" if models else "no models")
        except ConfigError as error:
            models, detail = "", str(error)
        yield Finding("firefox", bool(models), detail, "" if models else GET)

    def supports(self, pair: Pair) -> bool:
        return bool(route(self._models, pair)) and find_spec("fxtranslate") is not None

    def unreadable(self, text: str, pair: Pair) -> Sequence[tuple[int, int]]:
        chain = route(self._models, pair)
        return self._vocabulary(chain[0]).unreadable(text) if chain else ()

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        """Raises ConfigError where there is no model for the pair, EngineError where no process can be started."""
        chain = route(self._models, pair)
        if not chain:
            raise ConfigError(
                f"no Firefox model from {pair.source.name} into {pair.target.name}. "
                f"Try: babelset models get firefox {pair.source.bcp47}-{pair.target.bcp47}"
            )
        answers: list[Translation | Failure] = [Translation(segment.text) for segment in segments]
        for model in chain:
            todo = [place for place, answer in enumerate(answers) if isinstance(answer, Translation)]
            made = self._hop(model, [answers[place] for place in todo])
            for place, answer in zip(todo, made, strict=True):
                answers[place] = answer
        return [
            Translation(typeset(answer.text, segment.text), answer.flags) if isinstance(answer, Translation) else answer
            for segment, answer in zip(segments, answers, strict=True)
        ]

    def close(self) -> None:
        if pool := self.__dict__.pop("_pool", None):
            pool.close()

    def _vocabulary(self, model: Model, target: bool = False) -> Vocabulary:
        path = model.target_vocabulary if target else model.source_vocabulary
        return self._vocabularies.setdefault(str(path), Vocabulary(path))

    def _hop(self, model: Model, given: Sequence[Any]) -> list[Translation | Failure]:
        """Every text through one model; the flags of an earlier one stay."""
        vocabulary = self._vocabulary(model)
        texts = [vocabulary.written(answer.text) for answer in given]
        tokens = [vocabulary.encode(SURROGATE.sub(" ", text)) for text in texts]
        refusals = [self._refusal(*pair, vocabulary) for pair in zip(texts, tokens, strict=True)]
        places = [place for place, refusal in enumerate(refusals) if refusal is None]
        jobs = [[model.name, texts[place]] for place in places]
        replies = iter(self._replies(jobs, [len(tokens[place]) for place in places]))
        return [
            refusal or self._answer(next(replies), source, before.flags, model)
            for refusal, source, before in zip(refusals, tokens, given, strict=True)
        ]

    def _replies(self, jobs: Sequence[list[str]], sizes: Sequence[int]) -> list[Any]:
        """One for each job. A fragment over which the model invents is asked for again as the item of a list."""
        replies = [
            without_notes(reply, text) for reply, (_, text) in zip(self._pool.map(jobs, sizes), jobs, strict=True)
        ]
        again = [place for place, (_, text) in enumerate(jobs) if invents(replies[place], text)]
        items = [[jobs[place][0], f"- {jobs[place][1]}"] for place in again]
        for place, reply in zip(again, self._pool.map(items, [sizes[place] for place in again]), strict=True):
            text = jobs[place][1]
            reply = without_notes(reply.removeprefix("- "), text) if isinstance(reply, str) else reply
            replies[place] = WorkerLost("invents over so short a text") if invents(reply, text) else reply
        return replies

    def _refusal(self, text: str, tokens: list[str], vocabulary: Vocabulary) -> Failure | None:
        """Why the model must not see this text: it would answer with an invention, or with a part."""
        if not text.strip():
            return Failure("there is no text to translate")
        if SURROGATE.search(text):
            return Failure("the text holds a lone surrogate, which is not valid Unicode")
        if len(tokens) > self.max_tokens:
            return Failure(f"{len(tokens)} tokens, the limit is {self.max_tokens}", too_long=True)
        if spans := vocabulary.unreadable(text):
            return Failure(f"the model's vocabulary lacks {text[slice(*spans[0])]!r}")
        return None

    def _answer(self, reply: Any, source: list[str], flags: tuple[str, ...], model: Model) -> Translation | Failure:
        if isinstance(reply, WorkerLost):
            return Failure(f"the model {model.name} {reply}")
        pieces = self._vocabulary(model, target=True).encode(reply)
        if len(pieces) >= min(2 * len(source) + 6, MOST) - 2:  # the engine counts the end of each text too
            flags = (*flags, "truncated")
        if (loop := looped(pieces)) >= LOOP and loop > 2 * looped(source):
            flags = (*flags, "repetition")
        return Translation(reply, tuple(dict.fromkeys(flags)))


def _engine() -> str:
    try:
        return version("fxtranslate")
    except PackageNotFoundError:
        raise ConfigError("firefox needs fxtranslate, which is not installed: pip install fxtranslate") from None
