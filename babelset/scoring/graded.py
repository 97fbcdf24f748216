"""What scorers have in common that ask a language model for grades from 1 to 5."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from babelset import plugins
from babelset.contracts.engine import Engine
from babelset.contracts.filter import Filter, Rating, Scored, Verdict
from babelset.contracts.loading import translator_class
from babelset.doctor import Finding
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.prompt import Does, Prompt
from babelset.engines.llm.prompt import load as load_prompt
from babelset.engines.llm.request import Talk
from babelset.errors import ConfigError
from babelset.work.licenses import card_license

OF_THE_ENGINE = frozenset({"temperature", "seed"})  # of the options that all language models share
SHOWN = 300  # characters of a note in a reason


class Graded(Filter):
    """
    A scorer whose units are graded by a language model; a subclass says what it is shown, and how it is asked.

    A row scores the mean of its units. With `least` a row is rejected too when the model gives no usable answer for
    one of its units: that is "unjudged", and never good. The grades of a small model say little; calibrate them.
    Raises ConfigError where the engine, its options or the prompt are wrong, and what the engine raises.
    """

    quality: ClassVar[bool] = True
    main_option: ClassVar[str] = "model"
    asks_an_engine: ClassVar[bool] = True
    pays: ClassVar[bool] = True
    operational: ClassVar[frozenset[str]] = frozenset({"base_url"})
    does: ClassVar[Does] = "generates"
    """What its prompt does."""

    engine: str = Field("openai", description="a translator that asks a language model: openai, vllm")
    model: str = Field("", description="the model's id or folder")
    base_url: str = Field("", description="where the server is; otherwise the engine's own default")
    options: dict[str, Any] = Field({}, description="the engine's own: engine_args, max_cost, concurrency")
    prompt: str = Field("", description="a grading prompt's name or file")
    least: float = Field(0.0, ge=0, le=5, description="what the row must reach; 0 for any")
    retries: int = Field(2, ge=0, le=10, description="further requests for an answer that cannot be used")

    @abstractmethod
    def shown(self, unit: Scored) -> Scored | Rating:
        """What the model is shown of a unit; its rating where nothing is to be asked."""

    @abstractmethod
    def talk(self, unit: Scored, prompt: Prompt, engine: LLM) -> Talk[Rating]:
        """The talk about one unit, as it is shown."""

    @property
    def license(self) -> str:
        return card_license(Path(self.model))

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether there is an engine to ask."""
        found = [name for name in ("openai", "vllm") if find_spec(name)]
        needs = f"by {' or '.join(found)}; needs {cls.name}:MODEL"
        detail = needs if found else "neither openai nor vllm is installed"
        yield Finding(cls.name, bool(found), detail, "" if found else "pip install 'babelset[openai]'")

    _heard: Callable[[int], None] | None = PrivateAttr(None)

    def watched(self, heard: Callable[[int], None]) -> None:
        self._heard = heard

    def load(self, folder: Path | None) -> LLM:
        """The engine; it keeps every reply in `folder`, so that a killed run asks for nothing again."""
        engine = self._make()
        if folder:
            engine.keep_replies(folder, self.name)
        return engine

    def unload(self, model: LLM) -> None:
        model.close()

    def halt_loaded(self, model: LLM) -> None:
        model.halt()

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        """Equal texts are asked for once."""
        texts = [self.shown(unit) for unit in units]
        asked = list(dict.fromkeys(text for text in texts if isinstance(text, Scored)))
        ratings = dict(zip(asked, self._hold(asked), strict=True)) if asked else {}
        return [ratings[text] if isinstance(text, Scored) else text for text in texts]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        if unjudged := [rating for rating in ratings if rating.score is None and rating.note]:
            first = unjudged[0]
            reason = f"{first.of.field}: {first.note}" if self.demanding else ""
            return Verdict(self.name, not reason, None, reason, {"unjudged": len(unjudged)})
        scores = [rating.score for rating in ratings if rating.score is not None]
        if not scores:
            return Verdict(self.name, True)
        total = round(math.fsum(scores) / len(scores), 4)  # 4.7, not 4.699999999999999
        reason = self._low(ratings, total) or self.weak(ratings)
        return Verdict(self.name, not reason, total, reason)

    @property
    def demanding(self) -> bool:
        """Whether a row may be rejected."""
        return bool(self.least)

    def weak(self, ratings: Sequence[Rating]) -> str:
        """Why a row that reaches `least` is rejected nevertheless; "" where it is not."""
        return ""

    def deciding(self) -> dict[str, Any]:
        options = Engine(name=self.engine, options=self.options).deciding()["options"]
        return {**super().deciding(), "options": options, "prompt": load_prompt(self.prompt, self.does).signature}

    def account(self) -> dict[str, Any]:
        engine: LLM | None = self._heavy.made if self._heavy else None
        account = engine.account() if engine else {}
        return account if account.get("requests") else {}

    def caution(self, translator: str) -> str:
        if _bare(self.model) not in map(_bare, re.findall(r"\|model:([^|>]+)", translator)):
            return ""
        return f"{self.name}: {self.model} judges its own translations, and models favour their own; name another judge"

    def _low(self, ratings: Sequence[Rating], total: float) -> str:
        if total >= self.least:
            return ""
        score, rating = min(((r.score, r) for r in ratings if r.score is not None), key=lambda item: item[0])
        where = f"{rating.of.field}: scores {score:.2f}, the row {total:.2f}, below {self.least:.2f}"
        return f"{where}: {rating.note[:SHOWN]}"

    def _hold(self, texts: Sequence[Scored]) -> list[Rating]:
        prompt = load_prompt(self.prompt, self.does)
        engine: LLM = self.loaded
        talks = [self._counted(self.talk(text, prompt, engine)) for text in texts]
        try:
            return engine.hold(talks)
        except BaseException:  # it may ask nothing more; who goes on after the error gets a fresh one
            if self._heavy:
                self._heavy.close()
            raise

    def _counted(self, talk: Talk[Rating]) -> Talk[Rating]:
        rating = yield from talk
        if self._heard:
            self._heard(1)
        return rating

    def _make(self) -> LLM:
        if not self.model:
            raise ConfigError(f"{self.name}: which model? Say --with {self.name}:MODEL")
        if not _is_llm(self.engine):
            known = ", ".join(filter(_is_llm, plugins.available("translators")))
            raise ConfigError(f"{self.name}: {self.engine} asks no language model. Engines: {known}")
        if wrong := sorted(self.options.keys() & LLM.model_fields.keys() - OF_THE_ENGINE):
            raise ConfigError(f"{self.name}: options.{wrong[0]} is about translating, or is said outside of options")
        where = {"base_url": self.base_url} if self.base_url else {}
        engine: LLM = plugins.build("translators", self.engine, {**self.options, **where, "model": self.model})
        return engine


def _is_llm(engine: str) -> bool:
    return issubclass(translator_class(engine), LLM)


def _bare(model: str) -> str:
    """`_bare("models/Qwen3-8B#1f2e")` -> "qwen3-8b": the same model has other names in other engines."""
    return PurePath(model.partition("#")[0]).name.lower()
