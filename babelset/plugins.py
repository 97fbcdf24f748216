"""Plug-ins by name. Built-ins and strangers come through the same entry points."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from babelset.errors import ConfigError, ContractError, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel

TYPES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    dict: "a JSON object",
    **dict.fromkeys((list, tuple, set, frozenset), "a JSON list"),
}
GROUPS = ("translators", "filters", "steps", "schemas", "exports")


@cache
def available(group: str) -> Mapping[str, EntryPoint]:
    """Entry points of `babelset.<group>` by name."""
    return {point.name: point for point in entry_points(group=f"babelset.{group}")}


def load(group: str, name: str) -> Any:
    """
    What the entry point `name` of `babelset.<group>` names.

    >>> load("filters", "length")
    <class 'babelset.filters.length.Length'>

    Raises ConfigError for an unknown name, ContractError for a plug-in that cannot be imported.
    """
    points = available(group)
    if name not in points:
        raise ConfigError(
            f"unknown {group.removesuffix('s')} {name!r}.{did_you_mean(name, list(points))} "
            f"Installed: {', '.join(points)}. See: babelset plugins"
        )
    try:
        return points[name].load()
    except Exception as error:  # another's module: whatever it raises while it is imported
        reason = f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".")
        raise ContractError(
            f"the plug-in {name!r} ({points[name].value}) cannot be imported: {reason}. "
            f"Correct or reinstall the package that brings it"
        ) from error


def build(group: str, name: str, options: Mapping[str, Any]) -> Any:
    """The plug-in `name`, made with its own typed options; ConfigError names the option that is wrong."""
    from pydantic import ValidationError

    factory = load(group, name)
    try:
        return factory(**options)
    except ValidationError as error:
        raise ConfigError(f"{group.removesuffix('s')} {name!r}: {explain(error)}{_cure(error, factory)}") from None
    except TypeError as error:  # of a class that lacks a method of its contract
        if not inspect.isabstract(factory):
            raise
        raise ContractError(f"the plug-in {name!r} is not complete: {error}") from None


def _cure(error: Any, factory: Any) -> str:
    """Which option was meant, and which there are, where one is unknown."""
    unknown = [str(item["loc"][-1]) for item in error.errors() if item["type"] == "extra_forbidden"]
    if not unknown:
        return ""
    fields = list(factory.model_fields)
    known = f" Its options: {', '.join(fields)}" if fields else " It has no options"
    return f".{did_you_mean(unknown[0], fields)}{known}"


def read_option(model: type[BaseModel], name: str, text: str) -> Any:
    """
    The value that a text stands for, by the type of the model's field: JSON data, so that any manifest can hold it.

    >>> read_option(Shout, "ending", "1"), read_option(NLLB, "beam", "4"), read_option(VLLM, "engine_args", '{"a": 1}')
    ('1', 4, {'a': 1})

    ConfigError names the option and the type that is expected. An unknown option is for `build` to refuse.
    """
    from pydantic import TypeAdapter, ValidationError

    field = model.model_fields.get(name)
    if field is None:
        return text
    adapter = TypeAdapter[Any](field.annotation or Any)
    for value in _meant(text, field.annotation):
        try:
            return adapter.dump_python(adapter.validate_python(value), mode="json")
        except ValidationError:
            continue
    raise ConfigError(f"--option {name}={text}: {name} is {_wanted(field.annotation)}")


def _meant(text: str, annotation: Any) -> Iterator[Any]:
    """The text itself, and what it says as JSON; the latter first where anything goes."""
    try:
        parsed = [json.loads(text)]
    except ValueError:
        parsed = []
    yield from [*parsed, text] if annotation is Any else [text, *parsed]


def _wanted(annotation: Any) -> str:
    """What a type is called in a message: "a whole number", "a JSON object"."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _wanted(inner[0])
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin in (Union, UnionType):
        return " or ".join(_wanted(one) for one in inner if one is not NoneType)
    return TYPES.get(origin or annotation, str(annotation))


def options(group: str, name: str) -> dict[str, Any]:
    """The options of a plug-in, by name: pydantic's description of each."""
    return dict(getattr(load(group, name), "model_fields", {}))


def explain(error: Any) -> str:
    """A pydantic error in one line: "bema: unknown option; beam: should be greater than 0"."""
    parts = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        text = "unknown option" if item["type"] == "extra_forbidden" else item["msg"].lower()
        parts.append(f"{where}: {text}" if where else text)
    return "; ".join(parts)


def describe() -> dict[str, list[dict[str, str]]]:
    """Every plug-in by group: its name, the package that brings it and the first line of its docstring."""
    return {group: [_describe(group, point) for point in available(group).values()] for group in GROUPS}


def _describe(group: str, point: EntryPoint) -> dict[str, str]:
    try:
        found = load(group, point.name)
        text = found.description if group == "schemas" else found.__doc__  # its own: a class inherits no docstring
        promise = (text or "").strip().partition("\n")[0]
    except ContractError as error:
        promise = f"broken: {error}"
    return {"name": point.name, "package": point.dist.name if point.dist else "", "promise": promise}
