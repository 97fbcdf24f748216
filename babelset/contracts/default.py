"""
The translator of a run that names none: neural where its model is on this machine, else by rules where these are.

>>> choose(Pair(find("en"), find("pt-BR")))
Default(engine=Engine(name="firefox", options={}), why="translator: firefox, as its model is on this machine")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from babelset import plugins
from babelset.contracts.engine import Engine
from babelset.errors import ConfigError
from babelset.languages import Pair

PREFERRED = {  # the first that can; and why it can
    "firefox": "as its model is on this machine",
    "apertium": "as its rules are on this machine and no neural model is (babelset models get firefox {pair})",
}


@dataclass(frozen=True, slots=True)
class Default:
    """A translator that nobody named, and one line that says which and why."""

    engine: Engine
    why: str


def choose(pair: Pair, options: Mapping[str, Any] | None = None) -> Default:
    """The first of PREFERRED that has these options and translates the pair here; ConfigError where none does."""
    options, short = options or {}, f"{pair.source.bcp47}-{pair.target.bcp47}"
    for name in fitting(options):
        engine = Engine(name=name, options=dict(options))
        translator = engine.make()
        able = translator.supports(pair)
        translator.close()
        if able:
            return Default(engine, f"translator: {name}, {PREFERRED[name].format(pair=short)}")
    raise ConfigError(
        f"no translator on this machine does {pair.source.name} into {pair.target.name} by itself. Fetch a model: "
        f"babelset models get firefox {short}; see what else there is: babelset languages {pair.target.bcp47}; "
        f"or name a translator: --translator nllb --model DIR"
    )


def fitting(options: Mapping[str, Any]) -> Iterator[str]:
    """Those of PREFERRED that have all of these options; the first where none has, which then says what is wrong."""
    installed = [name for name in PREFERRED if name in plugins.available("translators")]
    able = [name for name in installed if options.keys() <= plugins.options("translators", name).keys()]
    yield from able or installed[:1]
