"""What steps that ask a language model share: which one, how, and what a prompt is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from pydantic import Field

from babelset import plugins
from babelset.contracts.loading import translator_class
from babelset.contracts.step import NameOrPath, RowStep, Running, Stage, StepRow
from babelset.engines.llm.generation import Manners
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.prompt import Brief, Prompt, load
from babelset.engines.llm.request import Talk
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.languages import find
from babelset.work.watch import Ahead

T = TypeVar("T")
CHARACTERS_PER_TOKEN = 4.0  # of English, under today's tokenizers: a rule of thumb


class Asking(RowStep, frozen=True):
    """A step that asks a language model. Every reply is stored before it is used: nothing is asked again."""

    engine: str = "openai"  # a translator that asks a language model: openai, vllm
    model: str = ""  # its id or folder
    base_url: str = ""  # where the server is; otherwise the engine's own default
    options: dict[str, Any] = Field({})  # the engine's own: max_cost, concurrency, engine_args
    prompt: NameOrPath = ""  # a prompt's name, or a *.jinja file
    hide: list[str] = Field([])  # columns that the model is not shown: a reference, what is to be replaced
    temperature: float = Field(0.0, ge=0, le=2)
    retries: int = Field(2, ge=0, le=10)  # further requests for an answer that cannot be used

    @cached_property
    def asks(self) -> Prompt:
        """The prompt; ConfigError for one that does not ask for something new."""
        return load(self.prompt or self.usual, "generates")

    @property
    def usual(self) -> str:
        """The prompt where the user names none."""
        raise ConfigError("which prompt? Name it with the option `prompt`; see: babelset prompts list")

    def check(self, stage: Stage) -> None:
        _ = self.asks
        self._made().close()

    def _made(self) -> LLM:
        if not self.model:
            raise ConfigError("which model? Name it with the option `model`")
        if not issubclass(translator_class(self.engine), LLM):
            names = [name for name in plugins.available("translators") if issubclass(translator_class(name), LLM)]
            raise ConfigError(f"{self.engine} asks no language model. Engines: {', '.join(names)}")
        if wrong := sorted(self.options.keys() & LLM.model_fields.keys()):
            raise ConfigError(f"options.{wrong[0]} is about translating, or is said outside of options")
        where = {"base_url": self.base_url} if self.base_url else {}
        engine: LLM = plugins.build("translators", self.engine, {**self.options, **where, "model": self.model})
        return engine

    @contextmanager
    def asking(self, running: Running) -> Iterator[LLM]:
        """The engine, whose replies are kept until the output is made; what it cost is in the manifest."""
        engine = self._made()
        try:
            engine.keep_replies(running.work)
            running.models[running.stage.name] = f"{self.engine}|model:{self.model}|prompt:{self.asks.signature}"
            running.licenses[running.stage.name] = engine.license or ""
            yield engine
            running.tell["engine"] = engine.account()
        except BaseException:
            engine.halt()
            raise
        finally:
            engine.close()

    def held(self, talks: Sequence[Talk[T]], rows: Sequence[StepRow], engine: LLM, running: Running) -> Iterator[T]:
        """What the talks about these rows return; as they end, the rows are heard of."""
        ahead = Ahead(rows=running.heard)
        ahead.begin(len(talks), len(rows))
        return iter(engine.hold([_heard(talk, ahead) for talk in talks]))

    def manners(self, running: Running, what: str) -> Manners:
        """How a request about `what`, a row's id and number, is made: each with a seed of its own."""
        seed = running.stage.draw(what).getrandbits(31)
        return Manners(self.temperature, seed, self.retries)

    def brief(self, row: StepRow, stage: Stage, given: Mapping[str, Any]) -> Brief:
        """What the prompt is told of a row."""
        data = {key: value for key, value in row.data.items() if key not in (KEY, *self.hidden)}
        return Brief(data, row.language or find(stage.source), find(stage.target or stage.source), given)

    @property
    def hidden(self) -> Sequence[str]:
        """Columns that the model is not shown."""
        return self.hide

    def tokens(self, rows: Sequence[StepRow], stage: Stage) -> float:
        """Of the requests about these rows, about."""
        texts = (self.asks.render(self.brief(row, stage, {}))[0] for row in rows)
        return sum(len(str(message["content"])) for text in texts for message in text) / CHARACTERS_PER_TOKEN


def _heard(talk: Talk[T], ahead: Ahead) -> Talk[T]:
    result = yield from talk
    ahead.heard(1)
    return result
