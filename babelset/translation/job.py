"""What a user asks for, typed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from babelset import plugins
from babelset.contracts.engine import Engine
from babelset.contracts.filter import Filter
from babelset.languages import Pair, find
from babelset.translation.routes import Routes


class Job(BaseModel, extra="forbid", frozen=True):
    """
    One dataset into one language. Everything that decides the output, and where to put it.

    >>> Job(inputs=("alpaca.jsonl",), output="ca.jsonl", target="ca", translator=Engine(name="echo"))

    `filters` names what differs from the defaults: {"length": {"tolerance": 3.0}, "task": False}.
    """

    inputs: tuple[str, ...]  # files
    output: str  # of accepted rows; other files are written next to it
    target: str  # language
    source: str = "eng_Latn"  # language
    translator: Engine = Engine(name="apertium")
    fallback: Engine | None = None  # second translator, for what the first cannot do
    routes: Routes | None = None  # in place of translator and fallback
    filters: dict[str, bool | dict[str, Any]] = {}  # options of checks by name; False turns one off
    schema_name: str | None = None  # shape of the rows; detected when not given
    fields: tuple[str, ...] = ()  # paths to translate, in place of a schema
    format: str | None = None  # of the input, where the file name does not tell
    translate_reasoning: bool = False  # translate the text in <think> blocks too
    translate_comments: bool = False  # translate comments in fenced code
    keep_numbers: bool = False  # protect numbers, versions and units like code
    chunk: int | None = Field(default=None, ge=1)  # rows; without it as many as the translator wants
    memory: str | None = None  # translation memory; by default next to the output
    strict: bool = False  # stop at the first row that cannot be read
    force: bool = False  # replace an existing output or unfinished run
    data_license: str | None = None  # of the inputs, for the record

    @property
    def pair(self) -> Pair:
        return Pair(find(self.source), find(self.target))

    def deciding(self) -> dict[str, Any]:
        """The options, but those of filters, that decide which bytes are written; what a resumed run must agree on."""
        plain = self.model_dump(mode="json", exclude={"output", "memory", "force", "strict", "filters", "data_license"})
        plain["translator"] = self.translator.deciding()
        plain["fallback"] = self.fallback and self.fallback.deciding()
        if self.routes:
            plain |= {"translator": None, "routes": self.routes.deciding()}
        return plain


def build_filters(config: Mapping[str, bool | dict[str, Any]]) -> list[Filter]:
    """
    Every installed filter with its defaults, changed as `config` says; `False` leaves one out.

    A filter whose class says `opt_in = True` runs only when it is named. ConfigError names what is wrong.
    """
    unknown = [name for name in config if name not in plugins.available("filters")]
    for name in unknown:
        plugins.load("filters", name)  # raises, and says what there is
    return [
        plugins.build("filters", name, wanted if isinstance(wanted, dict) else {})
        for name in plugins.available("filters")
        if (wanted := config[name] if name in config else _by_default(name)) is not False
    ]


def _by_default(name: str) -> bool:
    return not getattr(plugins.load("filters", name), "opt_in", False)
