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

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from babelset import plugins
from babelset.contracts.evidence import path_name
from babelset.errors import ConfigError, DataError
from babelset.languages import Language

Where = tuple[str | int, ...]
STEP = re.compile(r"\.?([^.\[\]]+)|\[(\*\*?)\]")
ENOUGH = 0.8  # of the sampled rows must have a schema's keys


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a row: `Field(("messages", 2, "content"), "messages[2].content", "turn/user", "Hello.")`."""

    path: Where
    name: str
    role: str
    text: str


def steps(path: str) -> tuple[str, ...]:
    """`steps("messages[*].content")` -> ("messages", "*", "content"); ConfigError for anything else."""
    found = STEP.findall(path)
    if not found or "".join(match[0] for match in STEP.finditer(path)) != path or path[0] in "[.":
        raise ConfigError(f"{path!r} is not a path; write it as 'instruction' or 'messages[*].content'")
    return tuple(key or star for key, star in found)


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to: the objects on the way, the innermost last; `missing` where the way breaks off."""

    path: Where
    value: Any
    around: tuple[Mapping[str, Any], ...] = ()
    missing: bool = False


def walk(data: Any, path: Sequence[str], at: Where = (), around: tuple[Any, ...] = ()) -> Iterator[Place]:
    """Every place in `data` that `path` leads to."""
    if not path:
        yield Place(at, data, around)
        return
    step, rest = path[0], path[1:]
    if step in ("*", "**"):
        if not isinstance(data, list):
            yield Place(at, data, around, missing=True)
            return
        for index, item in enumerate(data):
            yield from walk(item, rest, (*at, index), around)
            if step == "**" and isinstance(item, dict) and item.get(str(at[-1])):
                yield from walk(item[str(at[-1])], path, (*at, index, at[-1]), (*around, item))
    elif isinstance(data, dict) and step in data:
        yield from walk(data[step], rest, (*at, step), (*around, data))
    else:
        yield Place((*at, step), None, around, missing=True)


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


class Rewrite(BaseModel, extra="forbid", frozen=True):
    """A field that tells the row's language: it becomes the target's BCP-47 tag."""

    path: str


class Schema(BaseModel, extra="forbid", frozen=True):
    """
    The shape of a dataset: which fields of a row are text, and the role of each.

    >>> schema = load_schema("alpaca")
    >>> [field.name for field in schema.fields({"instruction": "Greet.", "input": "", "output": "Hello."})]
    ['instruction', 'output']
    """

    name: str
    description: str = ""
    keys: list[str] = []  # paths that rows of this shape have
    fields_: list[FieldRule]
    rewrites: list[Rewrite] = []

    def fields(self, data: Mapping[str, Any]) -> list[Field]:
        """
        The texts of a row that are to be translated, in the schema's order; blank ones are left out.

        Raises DataError, with the field, for a required text that is missing, for a value that is no text, and for
        a row of another shape, which would pass untranslated.
        """
        found = [field for rule in self.fields_ for field in self._fields_of(rule, data)]
        if not found and not any(self._reaches(rule, data) for rule in self.fields_):
            raise DataError("is missing", field=" or ".join(rule.path for rule in self.fields_))
        return found

    @staticmethod
    def _reaches(rule: FieldRule, data: Mapping[str, Any]) -> bool:
        """Whether the row has the field or, of a list, the list: a turn without text is no other shape."""
        missed = (place.path for place in walk(data, rule.steps) if place.missing)
        return all(any(isinstance(step, int) for step in path) for path in missed)

    def _fields_of(self, rule: FieldRule, data: Mapping[str, Any]) -> Iterator[Field]:
        for place in walk(data, rule.steps):
            if place.missing:
                if rule.required:
                    raise DataError("is missing", field=path_name(place.path))
                continue
            if place.value is None and not rule.required:
                continue
            role = rule.role_at(place)
            if role is None or self._elsewhere(rule, place.value):
                continue
            if not isinstance(place.value, str):
                kind = type(place.value).__name__.replace("NoneType", "null")
                raise DataError(f"is {kind}, not text", field=path_name(place.path))
            if place.value.strip():
                yield Field(place.path, path_name(place.path), role, place.value)

    def _elsewhere(self, rule: FieldRule, value: Any) -> bool:
        """Whether another rule goes into this list."""
        return isinstance(value, list) and any(other.path.startswith(f"{rule.path}[") for other in self.fields_)

    def replace(self, data: Mapping[str, Any], texts: Mapping[Where, str | None], target: Language) -> dict[str, Any]:
        """A new row with `texts` in their places and its language rewritten; `data` stays as it is."""
        changes: dict[Where, str | None] = dict(texts)
        for rewrite in self.rewrites:
            found = (place for place in walk(data, steps(rewrite.path)) if not place.missing)
            changes.update((place.path, target.bcp47) for place in found)
        new = dict(data)
        copied: dict[Where, Any] = {(): new}
        for path, text in changes.items():
            _container(copied, path[:-1])[path[-1]] = text
        return new


def _container(copied: dict[Where, Any], path: Where) -> Any:
    """The copy of the object or list at `path`, made the first time it is asked for."""
    if path not in copied:
        parent = _container(copied, path[:-1])
        parent[path[-1]] = copied[path] = parent[path[-1]].copy()
    return copied[path]


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
    if not schema.fields_:
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
    schema: Schema = plugins.load("schemas", name)
    return schema


def adhoc(paths: Sequence[str]) -> Schema:
    """The schema of `--field` options; the last key of a path is its role."""
    rules = [
        FieldRule(path=path, role=[key for key in steps(path) if "*" not in key][-1], required=True) for path in paths
    ]
    return Schema(name="fields", fields_=rules)


@dataclass(frozen=True, slots=True)
class Detection:
    """`message` says what was recognised, and why."""

    schema: Schema
    message: str


def detect(rows: Sequence[Mapping[str, Any]]) -> Detection:
    """
    The schema of a dataset, from its first rows: the one with the most keys that nearly all of them have.

    >>> detect([{"instruction": "Greet.", "output": "Hello."}]).message
    'recognised as alpaca: 1 of 1 rows have instruction, output'

    Raises ConfigError, with the keys seen, when none or several fit; DataError when there is no row.
    """
    if not rows:
        raise DataError("there is no readable row to detect a schema from; look at the input, or add --schema")
    schemas = [load_schema(name) for name in plugins.available("schemas")]
    fitting = []
    for schema in schemas:
        count = sum(_has(row, schema) for row in rows)
        if schema.keys and count >= ENOUGH * len(rows):
            fitting.append((len(schema.keys), count, schema))
    best = [item for item in fitting if item[:2] == max(found[:2] for found in fitting)]
    if len(best) != 1:
        raise ConfigError(_undecided([schema.name for _, _, schema in best], rows, [s.name for s in schemas]))
    _, count, schema = best[0]
    reason = f"{count} of {len(rows)} rows have {', '.join(schema.keys)}"
    return Detection(schema, f"recognised as {schema.name}: {reason}")


def _has(row: Mapping[str, Any], schema: Schema) -> bool:
    return all(any(not place.missing for place in walk(row, steps(key))) for key in schema.keys)


def _undecided(best: Sequence[str], rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    seen = ", ".join(dict.fromkeys(str(key) for row in rows for key in row))
    what = f"rows fit several schemas ({', '.join(best)})" if best else "rows fit no schema"
    return (
        f"{what}; they have the keys {seen[:300]}. Say --schema with one of {', '.join(names)}, "
        "or name what to translate, as --field 'messages[*].content'"
    )
