"""
A schema says which fields of a row are text to translate, and what role each plays. Data, not code.

[[fields]]
path = "conversations[*].value"      every item of a list; [**] goes into its items' lists of the same name too
role_from = "from"                   the key, here or in the objects around, that tells the role ...
roles = { human = "turn/user" }      ... which babelset calls so
leave = ["observation"]              with these roles the text stays as it is
where = { type = "text" }            only in objects that have these values
required = true                      a row without it is a failed row
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from babelset import plugins
from babelset.contracts.columns import ColumnSet, column, column_sets, vocabulary
from babelset.contracts.evidence import path_name
from babelset.contracts.joined import joined
from babelset.contracts.links import offsets
from babelset.contracts.paths import Place, steps, walk
from babelset.contracts.shape import Field, Look, Rules, Where, named_language
from babelset.contracts.walk import look
from babelset.errors import ConfigError, DataError, did_you_mean
from babelset.files.encoded import placed, value_at
from babelset.languages import Language, find


class FieldRule(BaseModel, extra="forbid", frozen=True):
    """A `[[fields]]` table of a schema: texts of a row, and their role."""

    path: str  # "messages[*].content"; [**] also goes into lists of the same name inside the items
    role: str = "text"  # "instruction", "input", "output", "system", "turn/user", "turn/assistant" ...
    role_from: str | None = None  # the key, here or in the objects around, whose value tells the role
    roles: dict[str, str] = {}  # with role_from: value -> role
    leave: list[str] = []  # with role_from: values whose text is left as it is
    where: dict[str, str] = {}  # only in objects that have these values
    required: bool = False  # a row without this field is a failed row

    @cached_property
    def steps(self) -> tuple[str, ...]:
        return steps(self.path)

    def role_at(self, place: Place) -> str | None:
        """The role of the text there, None when it is to be left alone; DataError for a role nobody named."""
        inner = place.around[-1] if place.around else {}
        if any(inner.get(key) != value for key, value in self.where.items()):
            return None
        if self.role_from is None:
            return self.role
        said = next((obj[self.role_from] for obj in reversed(place.around) if self.role_from in obj), None)
        if said in self.leave:
            return None
        if said not in self.roles:
            known = ", ".join([*self.roles, *self.leave])
            where = path_name(place.path[:-1])
            raise DataError(f"{self.role_from} is {said!r}, which the schema does not know ({known})", field=where)
        return self.roles[said]

    def left_by(self, place: Place) -> str:
        """Why the text there is left alone."""
        said = next((obj[self.role_from] for obj in reversed(place.around) if self.role_from in obj), "")
        return f"{self.role_from} {said}" if said in self.leave else "schema"


class Rewrite(BaseModel, extra="forbid", frozen=True):
    """A field that tells the row's language: it becomes the target's BCP-47 tag."""

    path: str


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
    vocabulary: bool = False
    leave_unknown: bool = False
    speakers: dict[str, str] = {}  # "chatgpt": "turn/assistant"
    reasoning: bool = False

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.vocabulary, tuple(self.leave), self.leave_unknown, self.speakers, self.reasoning)

    def look(self, data: Mapping[str, Any]) -> Look:
        """What the row holds; DataError, with the field, for a missing or wrong value and an unknown speaker."""
        for path in self.required:
            self._demand(data, path)
        decided = {} if not (self.fields_ or self.rewrites) else self._decided(data)
        return look(data, self.rules, decided)

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
        for rewrite in self.rewrites:
            places = (place for place in walk(data, steps(rewrite.path)) if not place.missing)
            changes.update((place.path, target.bcp47) for place in places)
        for path in found.languages:
            said = str(value_at(data, path))
            if named_language(said) == (source or find("eng_Latn")):
                changes[path] = _named_alike(said, target)
        new = placed(data, changes)
        return placed(new, offsets(new)) if _has_offsets(data) else new


def _kind(value: Any) -> str:
    return type(value).__name__.replace("NoneType", "null")


def _has_offsets(data: Any) -> bool:
    inner = data.values() if isinstance(data, dict) else data
    return (isinstance(data, dict) and "answer_start" in data) or any(
        _has_offsets(item) for item in inner if isinstance(item, dict | list)
    )


def _named_alike(said: str, target: Language) -> str:
    """The target's name in the form in which the source is named: eng_Latn, eng, en or English."""
    if "_" in said:
        return target.code
    if len(said) == 3:
        return target.code[:3]
    if len(said) == 2 or "-" in said:
        return target.bcp47
    return target.name.lower() if said.islower() else target.name


def parse_schema(name: str, text: str) -> Schema:
    """The schema that a TOML text describes; ConfigError for anything it cannot hold."""
    try:
        table = tomllib.loads(text)
        table["fields_"] = table.pop("fields", [])
        schema = Schema.model_validate({**table, "name": name})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"schema {name!r}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"schema {name!r}: {plugins.explain(error).replace('fields_', 'fields')}") from None
    if not schema.fields_ and not schema.vocabulary:
        raise ConfigError(f"schema {name!r}: it names no text; add a [[fields]] table with a path")
    for path in [rule.path for rule in schema.fields_] + [rewrite.path for rewrite in schema.rewrites]:
        steps(path)
    return schema


def load_schema(name: str) -> Schema:
    """The schema of that name, or in that TOML file; ConfigError where there is none."""
    if name.endswith(".toml"):
        path = Path(name)
        try:
            return parse_schema(path.stem, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}: cannot be read: {error}") from None
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
        }
    )


def role_of(path: str) -> str:
    """The role of what `--field` names: that of the column, or its own name."""
    key = [key for key in steps(path) if "*" not in key][-1]
    known = column(key)
    return known.role if known and known.kind == "text" and known.role != "turn" else key


def adhoc(paths: Sequence[str]) -> Schema:
    """The schema of `--field` options alone; the last key of a path is its role."""
    rules = [FieldRule(path=path, role=role_of(path), required=True) for path in paths]
    return Schema(name="fields", fields_=rules)
