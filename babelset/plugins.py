"""Plug-ins by name. Built-ins and strangers come through the same entry points."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from babelset.errors import ConfigError, ContractError, did_you_mean

GROUPS = ("translators", "filters", "schemas", "exports")


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
    except (ImportError, AttributeError) as error:
        raise ContractError(
            f"the plug-in {name!r} ({points[name].value}) cannot be imported: {error}. "
            f"Reinstall the package that brings it"
        ) from error


def build(group: str, name: str, options: Mapping[str, Any]) -> Any:
    """The plug-in `name`, made with its own typed options; ConfigError names the option that is wrong."""
    from pydantic import ValidationError

    factory = load(group, name)
    try:
        return factory(**options)
    except ValidationError as error:
        raise ConfigError(f"{group.removesuffix('s')} {name!r}: {explain(error)}") from None


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
        text = getattr(found, "description", "") or found.__doc__ or sys.modules[found.__module__].__doc__ or ""
        promise = text.strip().partition("\n")[0]
    except ContractError as error:
        promise = f"broken: {error}"
    return {"name": point.name, "package": point.dist.name if point.dist else "", "promise": promise}
