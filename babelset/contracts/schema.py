"""
A schema says which fields of a row are text to translate, and what role each plays. Data, not code.

[[fields]]
path = "conversations[*].value"      every item of a list; [**] goes into its items' lists of the same name too
role_from = "from"                   the key, here or in the objects around, that tells the role ...
roles = { human = "turn/user" }      ... which babelset calls so
leave = ["observation"]              with these roles the text stays as it is
where = { type = "text" }            only in objects that have these values
required = true                      a row without it is a failed row

Labels are told in `[[labels]]` (labels.py), what no translation keeps in `[[bound]]` (bound.py).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from babelset import plugins
from babelset.contracts.bound import Bound, demand_json
from babelset.contracts.columns import ColumnSet, column, column_sets, vocabulary
from babelset.contracts.evidence import path_name
from babelset.contracts.joined import joined
from babelset.contracts.labels import Label
from babelset.contracts.links import named_alike, offsets, worded
from babelset.contracts.paths import steps, walk
from babelset.contracts.rules import FieldRule, Rewrite
from babelset.contracts.shape import Field, Look, Rules, Where, named_language
from babelset.contracts.walk import look
from babelset.errors import ConfigError, DataError, did_you_mean
from babelset.files.encoded import placed, value_at
from babelset.files.toml import table_of, text_of
from babelset.languages import Language, Pair, find


class Schema(BaseModel, extra="forbid", frozen=True):
    """
    Rules for some columns (`fields_`, `rewrites`, `leave`), and with `vocabulary` what it knows of the others.

    >>> schema = load_schema("alpaca")
    >>> [field.name for field in schema.fields({"instruction": "Greet.", "input": "", "output": "Hello."})]
    ['instruction', 'output']

    Every text of a row is translated or left by a rule: prose in a column that neither knows is an error.
    """

    name: str
    description: str = ""
    keys: list[str] = []  # paths that rows of this shape have
    required: list[str] = []  # paths that must hold text
    fields_: list[FieldRule] = []
    rewrites: list[Rewrite] = []
    leave: list[str] = []  # columns that stay as they are
    labels: list[Label] = []  # what names an option or a class
    bound: list[Bound] = []  # values that no translation keeps
    json_: list[str] = []  # cells that must be JSON
    marks: list[str] = []  # literals that stay wherever they are in a text: "[title]"
    arguments: bool = False  # words under names such as `keywords` must be in another text: translated always
    vocabulary: bool = False
    leave_unknown: bool = False
    speakers: dict[str, str] = {}  # "chatgpt": "turn/assistant"
    reasoning: bool = False

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other rules; pydantic would copy the cached ones of the original too."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("rules", None)
        return copy

    @cached_property
    def rules(self) -> Rules:
        leave = tuple(self.leave)
        return Rules(self.vocabulary, leave, self.leave_unknown, self.speakers, self.reasoning, self.arguments)

    def look(self, data: Mapping[str, Any]) -> Look:
        """What the row holds; DataError, with the field, for a missing or wrong value and an unknown speaker."""
        for path in self.required:
            self._demand(data, path)
        demand_json(data, self.json_)
        decided = {} if not (self.fields_ or self.rewrites) else self._decided(data)
        found = look(data, self.rules, decided)
        if right := {path for label in self.labels for path in label.right(data)}:
            found.fields = [replace(each, right=each.path in right) for each in found.fields]
        return found

    def broken(self, data: Mapping[str, Any], pair: Pair) -> str:
        """Which value of a row no translation keeps, and why; "" where there is none."""
        return next(filter(None, (rule.broken(data, pair) for rule in self.bound)), "")

    def fields(self, data: Mapping[str, Any]) -> list[Field]:
        """
        The texts of a row that are to be translated, in reading order; blank ones are left out.

        Raises DataError, with the field, for a required text that is missing, for a value that is no text, for prose
        in a column that nobody knows, and for a row of another shape, which would pass untranslated.
        """
        return self.taken(data, self.look(data))

    def taken(self, data: Mapping[str, Any], found: Look) -> list[Field]:
        """The same of a row that was looked at."""
        for name, example in found.unknown.items():
            say = f"--field {shlex.quote(name)} or --leave {shlex.quote(name)}"
            raise DataError(f"holds prose that no rule knows ({example!r}); say {say}", field=name)
        if not found.fields and not found.seen and not self._reached(data):
            raise DataError("is missing", field=self._texts())
        return found.fields

    def roles(self) -> set[str]:
        """Every role that its texts may have."""
        own = {role for rule in self.fields_ for role in (rule.roles.values() if rule.role_from else [rule.role])}
        known = {kind.role for kind in vocabulary().values() if kind.role} if self.vocabulary else set()
        return own | known - {"turn"} | ({"turn/user", "turn/assistant", "turn/other"} if self.vocabulary else set())

    def _texts(self) -> str:
        paths = [rule.path for rule in self.fields_] + self.required + ([] if self.required else self.keys)
        return " or ".join(paths) or "a column of text"

    def _reached(self, data: Mapping[str, Any]) -> bool:
        """Whether the row has a field of the rules or, of a list, the list: a turn without text is no other shape."""
        return any(
            all(any(isinstance(step, int) for step in place.path) for place in walk(data, rule.steps) if place.missing)
            for rule in self.fields_
        )

    def _demand(self, data: Mapping[str, Any], path: str) -> None:
        for place in walk(data, steps(path)):
            if place.missing and isinstance(place.value, str):
                raise DataError(
                    'is text, not a list; a list in a cell is written as ["a", "b"]', field=path_name(place.path)
                )
            if place.missing:
                raise DataError("is missing", field=path_name(place.path))
            if not isinstance(place.value, str | list | dict):
                raise DataError(f"is {_kind(place.value)}, not text", field=path_name(place.path))

    def _decided(self, data: Mapping[str, Any]) -> dict[Where, Field | str]:
        """What the schema's own rules say of the places in a row: a field, or why it is left."""
        found: dict[Where, Field | str] = {}
        for rule in self.fields_:
            for path, decision in self._decisions(rule, data):
                found.setdefault(path, decision)
        for rewrite in self.rewrites:
            found.update((place.path, "language") for place in walk(data, steps(rewrite.path)) if not place.missing)
        return found

    def _decisions(self, rule: FieldRule, data: Mapping[str, Any]) -> Iterator[tuple[Where, Field | str]]:
        for place in walk(data, rule.steps):
            if place.missing:
                if rule.required:
                    raise DataError("is missing", field=path_name(place.path))
                continue
            if place.value is None and not rule.required:
                continue
            role = rule.role_at(place)
            if role is None:
                yield place.path, rule.left_by(place)
            elif not self._elsewhere(rule, place.value):
                if not isinstance(place.value, str):
                    raise DataError(f"is {_kind(place.value)}, not text", field=path_name(place.path))
                yield place.path, Field(place.path, path_name(place.path), role, place.value)

    def _elsewhere(self, rule: FieldRule, value: Any) -> bool:
        """Whether another rule, or the vocabulary, goes into this list."""
        inside = any(other.path.startswith((f"{rule.path}[", f"{rule.path}.")) for other in self.fields_)
        return isinstance(value, list | dict) and (inside or (self.vocabulary and not rule.required))

    def replace(
        self,
        data: Mapping[str, Any],
        texts: Mapping[Where, str | None],
        target: Language,
        source: Language | None = None,
        found: Look | None = None,
    ) -> dict[str, Any]:
        """
        A new row with `texts` in their places; `data` stays as it is.

        What depends on the texts follows them: columns made of them, offsets of answers, the row's language. `found`
        is what a look at the row gave.
        """
        found = found or self.look(data)
        changes: dict[Where, Any] = dict(texts)
        changes.update((path, joined(pieces, texts)) for path, pieces in found.joined.items())
        for place in (place for rewrite in self.rewrites for place in walk(data, steps(rewrite.path))):
            if not place.missing:
                changes[place.path] = named_alike(place.value if isinstance(place.value, str) else "-", target)
        for path in found.languages:
            said = str(value_at(data, path))
            if named_language(said) == (source or find("eng_Latn")):
                changes[path] = named_alike(said, target)
        changes.update(worded([(field.path, field.role, field.text) for field in found.fields], texts))
        new = placed(data, changes)
        return placed(new, offsets(new))


def _kind(value: Any) -> str:
    return type(value).__name__.replace("NoneType", "null")


def parse_schema(name: str, text: str) -> Schema:
    """The schema that a TOML text describes; ConfigError for anything it cannot hold."""
    table = table_of(text, f"schema {name!r}")
    try:
        table |= {"fields_": table.pop("fields", []), "json_": table.pop("json", [])}
        schema = Schema.model_validate({**table, "name": name})
    except ValidationError as error:
        reason = re.sub(r"\b(fields|json)_", r"\1", plugins.explain(error))
        raise ConfigError(f"schema {name!r}: {reason}") from None
    if not schema.fields_ and not schema.vocabulary:
        raise ConfigError(f"schema {name!r}: it names no text; add a [[fields]] table with a path")
    own: list[FieldRule | Rewrite | Label | Bound] = [*schema.fields_, *schema.rewrites, *schema.labels, *schema.bound]
    for rule in own:
        steps(rule.path)
    return schema


def load_schema(name: str) -> Schema:
    """The schema of that name, or in that TOML file; ConfigError where there is none."""
    if name.endswith(".toml"):
        return parse_schema(Path(name).stem, text_of(name))
    if name == COLUMNS.name:
        return COLUMNS
    if (known := column_sets().get(name)) is not None:
        return of_set(known)
    if name not in plugins.available("schemas"):
        known_names = [*column_sets(), *plugins.available("schemas"), COLUMNS.name]
        near = did_you_mean(name, known_names)
        raise ConfigError(f"unknown schema {name!r}.{near} There are: {', '.join(dict.fromkeys(known_names))}")
    schema: Schema = plugins.load("schemas", name)
    return schema


COLUMNS = Schema(name="columns", description="Any columns that the vocabulary knows", vocabulary=True)


def of_set(known: ColumnSet) -> Schema:
    """The schema of a well-known set of columns: the vocabulary, and what rows must have."""
    return COLUMNS.model_copy(
        update={
            "name": known.name,
            "description": known.description,
            "keys": list(known.keys),
            "required": list(known.required),
            "leave": list(known.leave),
            "fields_": [FieldRule(path=path) for path in known.take],
        }
    )


def role_of(path: str) -> str:
    """The role of what `--field` names: that of the column, or its own name."""
    key = [key for key in steps(path) if "*" not in key][-1]
    known = column(key)
    return known.role if known and known.kind == "text" and known.role != "turn" else key
