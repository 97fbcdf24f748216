"""
Routes say which translator gets which rows, and which one is asked next where a row was done badly.

[engines.nllb]                any translator with its options, under a name that you choose
name = "nllb"
options = { model = "nllb-600M" }

[[routes]]                    the first rule that fits a row wins; all texts of a row go the same way
languages = ["ast", "oc"]     it fits these target languages,
roles = ["turn/*"]            rows with a field of such a role,
kinds = ["code", "latex"]     rows that hold a kept span of one of these kinds,
kept_share = { above = 0.3 }  rows with more of their characters in kept spans; or below
length = { above = 2000 }     rows with more characters in their text fields; or below
use = ["nllb", "llm"]         engines in order: the next one gets the rows that those before it did badly

[retry]                       when is a row done badly? When a check rejects it, or
below = { length = 0.5 }      when the mean of this filter's scores over the row is below
best_by = "language"          the score that is highest in the best of several candidates of equal standing

All conditions of a rule must hold, and its first engine must translate the language pair; other engines that don't
are left out. The last rule has no conditions, and is for everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, PrivateAttr

from babelset import plugins
from babelset.contracts.engine import Engine
from babelset.contracts.schema import COLUMNS, Schema, load_schema
from babelset.contracts.translator import Translator
from babelset.errors import ConfigError, did_you_mean
from babelset.files.toml import read_model
from babelset.languages import Language, Pair, find

Mistake = tuple[str, str]  # key, and what is wrong; "" for nothing
# kinds of kept spans, as the scanners call them
KINDS = (
    *("code", "csv", "email", "emoji", "formula", "handle", "hashtag", "header", "html"),
    *("identifier", "inline_code", "json", "label", "latex", "literal", "marker"),
    *("markup", "number", "path", "placeholder", "reasoning", "symbol", "table", "url", "xml", "yaml"),
    "speaker",
    "tool_call",
)


class Bounds(BaseModel, extra="forbid", frozen=True):
    above: float | None = None  # more than
    below: float | None = None  # less than

    def hold(self, value: float) -> bool:
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)

    @property
    def mistake(self) -> str:
        if self.above is None:
            return "say above or below" if self.below is None else ""
        empty = self.below is not None and self.below <= self.above
        return "nothing is above the one and below the other" if empty else ""


@dataclass(frozen=True, slots=True)
class Measures:
    """What the conditions of a rule look at in a row."""

    roles: frozenset[str]
    kinds: frozenset[str]  # of kept spans
    kept_share: float  # of the characters
    length: int  # characters of all text fields


class Rule(BaseModel, extra="forbid", frozen=True):
    languages: tuple[str, ...] | None = Field(None, min_length=1)  # only into one of these
    roles: tuple[str, ...] | None = Field(None, min_length=1)  # only rows with a field of such a role
    kinds: tuple[str, ...] | None = Field(None, min_length=1)  # only rows with a kept span of such a kind
    kept_share: Bounds | None = None  # share of the row's characters in kept spans
    length: Bounds | None = None  # characters in all text fields of the row
    use: tuple[str, ...] = Field(min_length=1)  # engines, in the order in which they are asked

    @property
    def conditions(self) -> list[str]:
        return list(self.model_dump(exclude={"use"}, exclude_none=True))

    def into(self, target: Language) -> bool:
        """Whether the rule is for this language; one for Portuguese is for Brazilian Portuguese too."""
        return self.languages is None or any(find(name) in (target, find(target.code)) for name in self.languages)

    def fits(self, row: Measures) -> bool:
        return (
            (self.roles is None or any(fnmatchcase(role, glob) for role in row.roles for glob in self.roles))
            and (self.kinds is None or not row.kinds.isdisjoint(self.kinds))
            and (self.kept_share is None or self.kept_share.hold(row.kept_share))
            and (self.length is None or self.length.hold(row.length))
        )

    def mistakes(self, engines: Collection[str]) -> Iterator[Mistake]:
        for name in self.use:
            yield "use", _unknown("engine", name, engines)
        twice = len(set(self.use)) < len(self.use)
        yield "use", "an engine is named twice: it would answer the same" if twice else ""
        for name in self.languages or ():
            yield "languages", _no_language(name)
        for name in self.kinds or ():
            yield "kinds", _unknown("kind of kept span", name, KINDS)
        for key, bounds in {"kept_share": self.kept_share, "length": self.length}.items():
            yield key, bounds.mistake if bounds else ""


class Retry(BaseModel, extra="forbid", frozen=True):
    below: dict[str, float] = {}  # filter -> the mean score below which the next engine is asked
    best_by: str | None = None  # filter whose score decides among candidates with equally many failed checks

    def mistakes(self, filters: Collection[str]) -> Iterator[Mistake]:
        for key, name in [*(("below", name) for name in self.below), ("best_by", self.best_by)]:
            if name in plugins.available("filters") and name not in filters:
                yield key, f"the filter {name!r} does not run; ask for it in the table of filters"
            elif name:
                yield key, _unknown("filter", name, filters)


@dataclass(frozen=True, slots=True)
class Way:
    """A rule in play: its place in the file, and those of its engines that translate the language pair, in order."""

    index: int
    rule: Rule
    engines: tuple[str, ...]


class Routes(BaseModel, extra="forbid"):
    """What a routes file says. Raises ConfigError, with the key, for what cannot be."""

    engines: dict[str, Engine] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1, alias="routes")
    retry: Retry = Retry()

    _file: str = PrivateAttr("")

    def model_post_init(self, context: Any) -> None:
        self._file = str(context or "")
        self._refuse(
            (f"engines.{name}.name", _unknown("translator", engine.name, plugins.available("translators")))
            for name, engine in self.engines.items()
        )
        for index, rule in enumerate(self.rules):
            self._refuse((f"routes.{index}.{key}", wrong) for key, wrong in rule.mistakes(self.engines))
        last = f"routes.{len(self.rules) - 1}"
        others = "the last rule is for all other rows, so it has no conditions; add one with `use` only"
        self._refuse((f"{last}.{key}", others) for key in self.rules[-1].conditions)

    def deciding(self) -> dict[str, Any]:
        """What the file says, without what changes no answer."""
        plain = self.model_dump(mode="json", by_alias=True)
        return {**plain, "engines": {name: engine.deciding() for name, engine in self.engines.items()}}

    def names(self, target: Language) -> list[str]:
        """The engines that rows may be sent to on their way into a language."""
        used = {name for rule in self.rules if rule.into(target) for name in rule.use}
        return [name for name in self.engines if name in used]

    def make(self, name: str) -> Translator:
        try:
            return self.engines[name].make()
        except ConfigError as error:
            raise self._error(f"engines.{name}", str(error)) from None

    def ways(self, pair: Pair, translators: Mapping[str, Translator]) -> list[Way]:
        """The rules in play for a language pair; ConfigError for one that must be and has no engine for it."""
        able = {name for name, translator in translators.items() if translator.supports(pair)}
        ways = []
        for index, rule in enumerate(self.rules):
            if not rule.into(pair.target):
                continue
            engines = tuple(name for name in rule.use if name in able)
            last = rule is self.rules[-1]
            if not engines and (last or rule.languages):
                raise self._error(f"routes.{index}.use", _unable(rule.use, pair))
            if last or rule.use[0] in able:
                ways.append(Way(index, rule, engines))
        return ways

    def check(self, schema: Schema, filters: Collection[str]) -> None:
        """ConfigError for a role that no field has, and for a score that no filter of the run gives."""
        self._refuse((f"retry.{key}", wrong) for key, wrong in self.retry.mistakes(filters))
        globs = [(f"routes.{index}.roles", glob) for index, rule in enumerate(self.rules) for glob in rule.roles or ()]
        roles = _roles(schema) if globs else []
        shown = ", ".join(roles)
        self._refuse(
            (key, f"no field has a role like {glob!r}. Roles: {shown}")
            for key, glob in globs
            if not any(fnmatchcase(role, glob) for role in roles)
        )

    def _refuse(self, mistakes: Iterable[Mistake]) -> None:
        for key, wrong in mistakes:
            if wrong:
                raise self._error(key, wrong)

    def _error(self, key: str, wrong: str) -> ConfigError:
        return ConfigError(": ".join(filter(None, (self._file, key, wrong))))


def read_routes(path: Path | str) -> Routes:
    """The routes of a TOML file; ConfigError says where in it what is wrong, and what to write."""
    return read_model(Routes, path)


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    """What is wrong with a name, "" where it is known."""
    if name in known:
        return ""
    return f"unknown {what} {name!r}.{did_you_mean(name, list(known))} There are: {', '.join(known)}"


def _no_language(name: str) -> str:
    try:
        find(name)
    except ConfigError as error:
        return str(error)
    return ""


def _unable(names: Iterable[str], pair: Pair) -> str:
    pair_names = f"{pair.source.name} into {pair.target.name}"
    see = f"See: babelset languages {pair.target.bcp47}; babelset plugins"
    return f"{', '.join(names)}: no engine here translates {pair_names}. {see}"


def _roles(schema: Schema) -> list[str]:
    """The roles of all schemas, since a file of routes may serve several datasets, and of this one."""
    schemas = [schema, COLUMNS, *map(load_schema, plugins.available("schemas"))]
    return sorted(set().union(*(each.roles() for each in schemas)))
