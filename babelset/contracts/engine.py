"""A translator as a user names it, with its options, before it is made."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, model_validator

from babelset.contracts.loading import build_translator, translator_class
from babelset.contracts.translator import Translator
from babelset.errors import ConfigError
from babelset.languages import Pair


class Engine(BaseModel, extra="forbid", frozen=True):
    """
    A translator by name, with its own options: `Engine(name="nllb", options={"beam": 4})`.

    `build(pair)` makes it; raises ConfigError for an unknown name or option, and where it does not translate the pair.
    """

    name: str  # of a translator
    options: dict[str, Any] = {}  # its own

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """`Job(translator="echo")`: a name alone will do."""
        return {"name": given} if isinstance(given, str) else given

    def make(self) -> Translator:
        return build_translator(self.name, self.options)

    def build(self, pair: Pair) -> Translator:
        """The translator; ConfigError where it does not translate `pair`."""
        translator = self.make()
        if not translator.supports(pair):
            raise ConfigError(
                f"{self.name} does not translate {pair.source.name} into {pair.target.name}. "
                f"See: babelset languages {pair.target.bcp47}; babelset plugins"
            )
        return translator

    def deciding(self) -> dict[str, Any]:
        """Name and options without those that the translator's class calls `operational`, as a time limit is."""
        leave = translator_class(self.name).operational
        options = {key: value for key, value in self.options.items() if key not in leave}
        return {"name": self.name, "options": options}
