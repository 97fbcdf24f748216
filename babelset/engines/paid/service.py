"""
A translator that is paid by the character: all that the services share.

One file in translators/ adds what is its own: the client, the limits of a request, the markup that keeps placeholders.
"""

from __future__ import annotations

import hashlib
import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import Field, PrivateAttr

from babelset import __version__
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.doctor import Finding
from babelset.engines.address import check_address
from babelset.engines.paid.budget import Budget, Prices
from babelset.engines.paid.faults import Refused, Trouble, meaning, redacted
from babelset.engines.paid.kept import Kept
from babelset.engines.paid.languages import codes_of
from babelset.engines.paid.markup import NOTRANSLATE, Markup
from babelset.errors import ConfigError, EngineError, Stopped
from babelset.languages import Pair
from babelset.text.segment import Segment

ENCODING = 1  # counts the changes to what is sent and how it is read: part of the signature
LONGEST = 300.0  # seconds between two attempts
Answer = Translation | Failure
T = TypeVar("T")


class Paid(Translator):
    """
    What comes back is kept before it is used, so a run that stops or is killed pays for nothing twice.

    Raises ConfigError where the client, a key or an option is wrong, Spent where the budget is, EngineError where the
    service cannot be had any more.
    """

    schemes: ClassVar[Sequence[str]] = ("xml", "brackets", "letters")
    limit: ClassVar[int] = 2000
    batch: ClassVar[int] = 100
    license: ClassVar[None] = None
    operational: ClassVar[frozenset[str]] = frozenset(
        ("base_url", "timeout", "attempts", "wait", "concurrency", "max_characters", "max_cost", "prices")
    )

    service: ClassVar[str]  # its entry point, its extra, and its column of languages.csv
    client: ClassVar[str]  # module
    variables: ClassVar[Sequence[str]]  # of the environment, which hold the keys
    markup: ClassVar[Markup] = NOTRANSLATE
    most_texts: ClassVar[int] = 25  # in a request
    most_size: ClassVar[int]  # of all texts of a request, as `size` counts

    base_url: str = Field("", description="another address than the service's own")
    timeout: float = Field(60, gt=0, description="seconds that one request may take")
    attempts: int = Field(6, ge=1, description="times that a request is sent when the service fails")
    wait: float = Field(1.0, gt=0, description="seconds before the second attempt; further ones wait longer")
    concurrency: int = Field(4, ge=1, le=64, description="requests in flight")
    max_characters: int | None = Field(None, ge=0, description="characters that may be sent, markup among them")
    max_cost: float | None = Field(None, ge=0, allow_inf_nan=False, description="in the currency of the price file")
    prices: str | None = Field(None, description="TOML: currency, and under [characters] what a million of them costs")

    _kept: Kept = PrivateAttr(default_factory=Kept)
    _halted: threading.Event = PrivateAttr(default_factory=threading.Event)
    _answered: bool = PrivateAttr(False)  # whether the service has ever translated something

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if not _installed(self.client):
            raise ConfigError(f"{self.service} needs its client, which is not installed: {self._cure()}")
        if self.base_url:
            check_address(self.base_url, "base_url", "https://translate.example.org", encrypted=True)
        _ = self._budget  # a wrong price file is found before the run

    @property
    def notice(self) -> str:
        return f"translated by {self.service}, a paid service whose models change unseen: see its terms for training"

    @property
    def signature(self) -> str:
        deciding = {name: getattr(self, name) for name in type(self).model_fields if name not in self.operational}
        chosen = [f"{name}:{value}" for name, value in deciding.items() if value]
        return "|".join([self.service, *chosen, f"encoding:{ENCODING}", f"v:{__version__}"])

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """The client, and whether the keys are there."""
        lacking = [name for name in cls.variables if not os.environ.get(name)]
        if not _installed(cls.client):
            yield Finding(cls.service, False, "not installed", cls._cure())
        else:
            detail = f"installed; {'no ' + ' and no '.join(lacking) if lacking else 'with a key'}"
            yield Finding(cls.service, not lacking, detail, f"export {lacking[0]}=..." if lacking else "")

    def supports(self, pair: Pair) -> bool:
        return codes_of(pair, self.service) is not None

    def keep_replies(self, folder: Path, name: str = "replies") -> None:
        self._kept.close()
        mark = hashlib.blake2b(self.signature.encode(), digest_size=6).hexdigest()
        self._kept = Kept(folder / f"{name}-{mark}.sqlite")
        self._budget.counts |= self._kept.noted()
        self._budget.keep = self._kept.note

    def account(self) -> dict[str, Any]:
        return self._budget.account()

    def halt(self) -> None:
        self._halted.set()

    def close(self) -> None:
        self.halt()
        self._kept.close()

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Answer]:
        codes = codes_of(pair, self.service)
        if codes is None:
            raise ConfigError(f"{self.service} does not translate {pair.source.name} into {pair.target.name}")
        sent = [self.markup.written(segment.text) for segment in segments]
        refused = {text: failure for text in sent if (failure := self._refusal(text))}
        answers: dict[str, str | Failure] = {**refused, **self._all([t for t in sent if t not in refused], codes)}
        return [
            Translation(self.markup.read(found, segment.text)) if isinstance(found := answers[text], str) else found
            for segment, text in zip(segments, sent, strict=True)
        ]

    @abstractmethod
    def send(self, texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        """One request of the service's client, without attempts of its own. Raises Trouble."""

    @cached_property
    @abstractmethod
    def _client(self) -> Any:
        """The service's client; ConfigError where a key is missing."""

    def size(self, text: str) -> int:
        """Of a text, as the service limits the size of a request."""
        return len(text)

    @cached_property
    def _budget(self) -> Budget:
        prices = Prices.read(Path(self.prices), self.service) if self.prices else None
        return Budget(self.service, self.max_characters, self.max_cost, prices)

    @classmethod
    def _cure(cls) -> str:
        return f"pip install 'babelset[{cls.service}]'"

    def _secrets(self) -> list[str]:
        return [os.environ.get(name, "").strip() for name in self.variables]

    def _keys(self) -> list[str]:
        """The secrets, all of which are needed; ConfigError where one is missing."""
        for name, secret in zip(self.variables, self._secrets(), strict=False):
            if not secret:
                raise ConfigError(f"{self.service} wants a key: set {name} in the environment")
            if not (secret.isascii() and secret.isprintable()) or " " in secret:
                raise ConfigError(f"{name}: holds characters that no key has; set it again")
        return self._secrets()

    def _refusal(self, text: str) -> Failure | None:
        """Why this text must not be sent: it would be paid for in vain."""
        if not text.strip():
            return Failure("there is no text to translate")
        try:
            text.encode()
        except UnicodeEncodeError:
            return Failure("the text holds a lone surrogate, which is not valid Unicode")
        if self.size(text) > self.most_size:
            return Failure(f"{self.size(text)} in size, {self.service} takes {self.most_size}", too_long=True)
        return None

    def _all(self, texts: Sequence[str], codes: tuple[str, str]) -> dict[str, str | Failure]:
        keys = {text: _key(text, *codes) for text in texts}
        known = self._kept.get(list(keys.values()))
        answers: dict[str, str | Failure] = {text: known[key] for text, key in keys.items() if key in known}
        stop = threading.Event()
        if len(known) < len(set(keys.values())):
            _ = self._client  # made here, not by several threads at once
        jobs = [lambda some=some: self._some(some, codes, stop) for some in self._packed(keys.keys() - answers)]
        for found in _together(jobs, self.concurrency, stop):
            answers |= found
        self._doubt(answers)
        return answers

    def _doubt(self, answers: dict[str, str | Failure]) -> None:
        """Where a service has refused all that it ever saw, it is not the texts that are wrong."""
        failures = [answer for answer in answers.values() if isinstance(answer, Failure) and not answer.too_long]
        if len(failures) == len(answers) > 1 and not self._answered:
            raise ConfigError(f"{failures[0].reason}. It refused all {len(failures)} texts: look at the options")

    def _packed(self, texts: set[str]) -> Iterator[list[str]]:
        """Requests within the service's limits; in an order that is the same in each run."""
        request: list[str] = []
        size = 0
        for text in sorted(texts):
            size += self.size(text)
            if request and (len(request) == self.most_texts or size > self.most_size):
                yield request
                request, size = [], self.size(text)
            request.append(text)
        if request:
            yield request

    def _some(self, texts: list[str], codes: tuple[str, str], stop: threading.Event) -> dict[str, str | Failure]:
        """One request; where the service refuses it, its halves, until it is known which text it does not take."""
        try:
            made = dict(zip(texts, self._tried(texts, codes, stop), strict=True))
        except Refused as refused:
            if len(texts) == 1:
                return {texts[0]: Failure(str(refused), refused.too_long)}
            half = len(texts) // 2
            return self._some(texts[:half], codes, stop) | self._some(texts[half:], codes, stop)
        self._kept.put({_key(text, *codes): answer for text, answer in made.items()})
        self._answered = True
        return dict(made)

    def _tried(self, texts: list[str], codes: tuple[str, str], stop: threading.Event) -> Sequence[str]:
        for attempt in range(self.attempts):
            if self._halted.is_set() or stop.is_set():
                raise Stopped
            try:
                with self._budget.claim(sum(map(len, texts)), retry=attempt > 0):
                    return _one_each(texts, self.send(texts, *codes))
            except Trouble as trouble:
                if not trouble.passes:
                    raise meaning(trouble, self.service, self.variables, self._secrets()) from None
                last = trouble
            if attempt + 1 < self.attempts:
                self._halted.wait(min(max(self.wait * 2**attempt, last.wait), LONGEST))
        said = redacted(last.said, self._secrets())
        status = f"HTTP {last.status}: " if last.status else ""
        raise EngineError(
            f"{self.service} does not answer ({self.attempts} attempts; the last: {status}{said[:300]!r}). "
            "The same command goes on where this one stopped"
        )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent package
        return False


def _key(text: str, source: str, target: str) -> bytes:
    return hashlib.blake2b("\x00".join((source, target, text)).encode(), digest_size=16).digest()


def _one_each(texts: Sequence[str], answers: Sequence[Any]) -> Sequence[str]:
    if len(answers) != len(texts) or not all(isinstance(answer, str) for answer in answers):
        raise Trouble(f"the answer holds {len(answers)} translations of {len(texts)} texts")
    return answers


def _together(jobs: Sequence[Callable[[], T]], most: int, stop: threading.Event) -> list[T]:
    """The results of all. After an error no job asks anything more; what is in flight is paid for, and kept."""

    def guarded(job: Callable[[], T]) -> T:
        try:
            return job()
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(most) as pool:
        futures = [pool.submit(guarded, job) for job in jobs]
        try:
            errors = [error for future in futures if (error := future.exception())]
        except BaseException:  # an interrupt
            stop.set()
            raise
    if errors:
        raise next((error for error in errors if not isinstance(error, Stopped)), errors[0])
    return [future.result() for future in futures]
