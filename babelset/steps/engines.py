"""Engines that a step translates with, through the translation memory of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from babelset.contracts.engine import Engine
from babelset.contracts.loading import translator_class
from babelset.contracts.step import Running, Stage
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.translation.ladder import Ladder
from babelset.work.memory import Memory
from babelset.work.places import Places


def listed(names: str | Sequence[str]) -> list[str]:
    """`listed("apertium, nllb:models/nllb")` -> ["apertium", "nllb:models/nllb"]."""
    split = names.split(",") if isinstance(names, str) else names
    return [name.strip() for name in split if name.strip()]


def engine_of(name: str, options: Mapping[str, Mapping[str, Any]]) -> Engine:
    """
    The engine that a text names, a model behind its colon, with the options under the whole text or the name.

    >>> engine_of("nllb:models/nllb", {"nllb": {"beam": 4}})
    Engine(name='nllb', options={'beam': 4, 'model': 'models/nllb'})

    Raises ConfigError for an unknown engine, and for a model of one that has none.
    """
    plain, colon, model = name.partition(":")
    if colon and "model" not in translator_class(plain).model_fields:
        raise ConfigError(f"{name}: {plain} takes no model; write {plain} alone")
    given = options.get(name, options.get(plain, {}))
    return Engine(name=plain, options={**given, **({"model": model} if colon else {})})


def pair_of(stage: Stage) -> Pair:
    return Pair(find(stage.source), find(stage.target))


@contextmanager
def ladders(engines: Mapping[str, Engine], pair: Pair, running: Running) -> Iterator[dict[str, Ladder]]:
    """The engines by name, ready to translate; what they are and what they cost goes into rows and manifest."""
    stage = running.stage
    with ExitStack() as stack:
        memory = stack.enter_context(closing(Memory(stage.memory or Places.of(stage.output).memory)))
        made: dict[str, Ladder] = {}
        for number, (name, engine) in enumerate(engines.items()):
            translator = stack.enter_context(closing(engine.make()))
            translator.keep_replies(running.work, f"replies-{number}")
            made[name] = Ladder(translator, memory)
            running.models[name] = translator.signature_for(pair)
            running.licenses[name] = translator.license or ""
        try:
            yield made
        except BaseException:
            for ladder in made.values():
                ladder.translator.halt()
            raise
        accounts = {name: account for name, ladder in made.items() if (account := ladder.translator.account())}
        if accounts:
            running.tell["accounts"] = accounts
