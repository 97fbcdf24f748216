"""What a user asks for, typed once."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, model_validator

from babelset import plugins
from babelset.contracts.default import choose
from babelset.contracts.engine import Engine
from babelset.errors import ConfigError
from babelset.files.shard import Shard
from babelset.languages import Pair, find
from babelset.translation.routes import Routes

APART = {
    "output",
    "memory",
    "force",
    "strict",
    "filters",
    "data_license",
    "glossary",
    "shard",
    "ray",
    "workers",
}  # decide nothing, or elsewhere


class HowToTranslate(BaseModel, extra="forbid", frozen=True):
    """What a job and a step of a pipeline may say of how rows are translated."""

    translator: Engine | None = None  # without one: firefox where its model is here, else apertium
    fallback: Engine | None = None  # second translator, for what the first cannot do
    glossary: str | None = None  # a file of terms, for the translator where it reads one, and for the filter `terms`
    filters: dict[str, bool | dict[str, Any]] = {}  # options of checks by name; False turns one off
    schema_name: str | None = None  # a well-known set of columns, or a TOML file; detected when not given
    fields: tuple[str, ...] = ()  # columns to translate besides the known ones
    leave: tuple[str, ...] = ()  # columns to leave as they are
    leave_unknown: bool = False  # leave every column that no rule knows
    roles: dict[str, str] = {}  # speakers by name: {"chatgpt": "assistant"}
    translate_reasoning: bool = False  # translate the text in <think> blocks too
    translate_comments: bool = False  # translate comments and docstrings in code
    keep_numbers: bool = False  # protect numbers, versions and units like code
    beside: str = ""  # a new column for the translation, beside the texts themselves
    chunk: int | None = Field(default=None, ge=1)  # rows; without it as many as the translator wants


class Job(HowToTranslate, extra="forbid", frozen=True):
    """
    One dataset into one language. Everything that decides the output, and where to put it.

    >>> Job(inputs=("alpaca.jsonl",), output="ca.jsonl", target="ca", translator="echo")

    `filters` names what differs from the defaults: {"length": {"tolerance": 3.0}, "task": False}. A `glossary` is for
    the translator, where it reads one, and for the filter `terms`. Raises ConfigError for routes next to a translator
    or a fallback: routes name theirs.
    """

    inputs: tuple[str, ...]  # files
    output: str  # of accepted rows; other files are written next to it
    target: str  # language
    source: str = "eng_Latn"  # language
    routes: Routes | None = None  # in place of translator and fallback
    format: str | None = None  # of the input, where the file name does not tell
    memory: str | None = None  # translation memory; by default next to the output
    shard: Shard | None = None  # the rows to translate, of all those in the inputs
    ray: str | None = None  # the address of a cluster to work on; "local" starts one here
    workers: int | None = Field(default=None, ge=1)  # of a cluster; without it one a GPU, or a processor
    strict: bool = False  # stop at the first row that cannot be read
    force: bool = False  # replace an existing output or unfinished run
    data_license: str | None = None  # of the inputs, for the record

    @model_validator(mode="before")
    @classmethod
    def _with_glossary(cls, given: dict[str, Any]) -> dict[str, Any]:
        if not (glossary := given.get("glossary")):
            return given
        filters = {"terms": {"glossary": glossary}, **given.get("filters", {})}
        if given.get("translator") is None:
            return {**given, "filters": filters}
        engine = Engine.model_validate(given["translator"])
        if "glossary" in plugins.options("translators", engine.name):
            engine = Engine(name=engine.name, options={"glossary": glossary, **engine.options})
            return {**given, "filters": filters, "translator": engine}
        return {**given, "filters": filters}

    @model_validator(mode="after")
    def _either_routes_or_a_translator(self) -> Job:
        if self.routes and (beside := {"translator", "fallback"} & self.model_fields_set):
            raise ConfigError(
                f"routes name their translators, with their options: leave out {' and '.join(sorted(beside))}"
            )
        return self

    @property
    def pair(self) -> Pair:
        return Pair(find(self.source), find(self.target))

    @property
    def engine(self) -> Engine:
        """The translator, or the default one; ConfigError where there is none for the pair."""
        return self.translator or choose(self.pair).engine

    def deciding(self) -> dict[str, Any]:
        """The options, but those of filters, that decide which bytes are written; what a resumed run must agree on."""
        plain = self.model_dump(mode="json", exclude=APART)
        plain["translator"] = None if self.routes else self.engine.deciding()
        plain["fallback"] = self.fallback and self.fallback.deciding()
        if self.routes:
            plain["routes"] = self.routes.deciding()
        return plain
