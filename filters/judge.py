"""What a language model says of the translation: FAITH grades, with reasons."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from babelset import plugins
from babelset.contracts.engine import Engine
from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict
from babelset.contracts.loading import translator_class
from babelset.doctor import Finding
from babelset.engines.llm.judging import PARTS, judged
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.prompt import load as load_prompt
from babelset.engines.llm.request import Talk
from babelset.errors import ConfigError
from babelset.measures.covers import covers
from babelset.work.licenses import card_license

OF_THE_ENGINE = frozenset({"temperature", "seed"})  # of the options that all language models share
SHOWN = 300  # characters of a note in a reason
Rated = Sequence[tuple[float, Rating]]


class Judge(Filter):
    """
    Let a language model grade each field: fluency, accuracy, idiomaticity, terminology and format, 1 to 5.

    >>> Judge(engine="vllm", model="Qwen/Qwen3-8B", least=3, least_part=2)

    A field scores the mean of its five grades, a row the mean of its fields. With `least` or `least_part` a row is
    rejected too when the model gives no usable answer for one of its fields: that is "unjudged", and never good. The
    grades of a small model say little; calibrate them. Raises ConfigError where the engine, its options or the prompt
    are wrong, and what the engine raises.
    """

    name: ClassVar[str] = "judge"
    unit: ClassVar[Unit] = "field"
    quality: ClassVar[bool] = True
    main_option: ClassVar[str] = "model"
    asks_an_engine: ClassVar[bool] = True
    pays: ClassVar[bool] = True
    parts: ClassVar[tuple[str, ...]] = PARTS
    operational: ClassVar[frozenset[str]] = frozenset({"base_url"})

    engine: str = Field("openai", description="a translator that asks a language model: openai, vllm")
    model: str = Field("", description="the model's id or folder")
    base_url: str = Field("", description="where the server is; otherwise the engine's own default")
    options: dict[str, Any] = Field({}, description="the engine's own: engine_args, max_cost, concurrency")
    prompt: str = Field("judge-faith", description="a judging prompt's name or file")
    least: float = Field(0.0, ge=0, le=5, description="what the row must reach; 0 for any")
    least_part: float = Field(0.0, ge=0, le=5, description="what each grade of each field must reach; 0 for any")
    retries: int = Field(2, ge=0, le=10, description="further requests for an answer that cannot be used")

    @property
    def license(self) -> str:
        return card_license(Path(self.model))

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether there is an engine to ask."""
        found = [name for name in ("openai", "vllm") if find_spec(name)]
        detail = f"by {' or '.join(found)}; needs judge:MODEL" if found else "neither openai nor vllm is installed"
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
        """Equal texts are asked for once; those without prose or target are not covered."""
        texts = [_text(unit) if covers(unit, force=True) else None for unit in units]
        asked = list(dict.fromkeys(text for text in texts if text))
        ratings = dict(zip(asked, self._hold(asked), strict=True)) if asked else {}
        return [ratings[text] if text else Rating(None) for text in texts]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        if unjudged := [rating for rating in ratings if rating.score is None and rating.note]:
            first = unjudged[0]
            reason = f"{first.of.field}: {first.note}" if self.least or self.least_part else ""
            return Verdict(self.name, not reason, None, reason, {"unjudged": len(unjudged)})
        rated = [(rating.score, rating) for rating in ratings if rating.score is not None]
        if not rated:
            return Verdict(self.name, True)
        total = round(math.fsum(score for score, _ in rated) / len(rated), 4)  # 4.7, not 4.699999999999999
        reason = self._low(rated, total) or self._weak(rated)
        return Verdict(self.name, not reason, total, reason)

    def deciding(self) -> dict[str, Any]:
        options = Engine(name=self.engine, options=self.options).deciding()["options"]
        return {**super().deciding(), "options": options, "prompt": load_prompt(self.prompt, "judges").signature}

    def account(self) -> dict[str, Any]:
        engine: LLM | None = self._heavy.made if self._heavy else None
        account = engine.account() if engine else {}
        return account if account.get("requests") else {}

    def caution(self, translator: str) -> str:
        if _bare(self.model) not in map(_bare, re.findall(r"\|model:([^|>]+)", translator)):
            return ""
        return f"{self.name}: {self.model} judges its own translations, and models favour their own; name another judge"

    def _low(self, rated: Rated, total: float) -> str:
        if total >= self.least:
            return ""
        score, rating = min(rated, key=lambda item: item[0])
        where = f"{rating.of.field}: scores {score:.2f}, the row {total:.2f}, below {self.least:.2f}"
        return f"{where}: {rating.note[:SHOWN]}"

    def _weak(self, rated: Rated) -> str:
        grades = [(rating.parts.get(part) or 0.0, part, rating) for _, rating in rated for part in self.parts]
        grade, part, rating = min(grades, key=lambda item: item[0])
        if grade >= self.least_part:
            return ""
        return f"{rating.of.field}: a grade below {self.least_part:g}: {rating.note[:SHOWN] or f'{part} {grade:g}'}"

    def _hold(self, texts: Sequence[Scored]) -> list[Rating]:
        prompt = load_prompt(self.prompt, "judges")
        engine: LLM = self.loaded
        talks = [self._counted(judged(text, prompt, self.retries, engine.temperature, engine.seed)) for text in texts]
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


def _text(unit: Scored) -> Scored:
    """What the model is shown of a unit."""
    return Scored(unit.source, unit.target, unit.pair, role=unit.role)


def _bare(model: str) -> str:
    """`_bare("models/Qwen3-8B#1f2e")` -> "qwen3-8b": the same model has other names in other engines."""
    return PurePath(model.partition("#")[0]).name.lower()
