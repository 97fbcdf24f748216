"""Plug-ins by name, held to their contracts: what is no Translator or no Filter is refused with the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from babelset import plugins
from babelset.contracts.filter import Filter
from babelset.contracts.translator import Translator
from babelset.doctor import Finding
from babelset.errors import ContractError

T = TypeVar("T")


def translator_class(name: str) -> type[Translator]:
    """The class of an installed translator; ConfigError for an unknown name, ContractError for a broken plug-in."""
    return plugin_class("translators", name, Translator)  # type: ignore[type-abstract]


def filter_class(name: str) -> type[Filter]:
    """The class of an installed filter; ConfigError for an unknown name, ContractError for a broken plug-in."""
    return plugin_class("filters", name, Filter)  # type: ignore[type-abstract]


def build_translator(name: str, options: Mapping[str, Any]) -> Translator:
    """A translator with its options; ConfigError names the option that is wrong."""
    translator_class(name)
    return cast(Translator, plugins.build("translators", name, options))


def build_filter(name: str, options: Mapping[str, Any]) -> Filter:
    """A filter with its options; ConfigError names the option that is wrong."""
    filter_class(name)
    return cast(Filter, plugins.build("filters", name, options))


def diagnoses() -> Iterator[Finding]:
    """What every translator and every filter says of itself here; a broken plug-in is a finding too."""
    for name in plugins.available("translators"):
        yield from _diagnosed(name, translator_class) or [Finding(name, True, "ready")]
    for name in plugins.available("filters"):
        yield from _diagnosed(name, filter_class)


def _diagnosed(name: str, load: Callable[[str], type[Translator] | type[Filter]]) -> list[Finding]:
    try:
        return list(load(name).diagnose())
    except ContractError as error:
        return [Finding(name, False, str(error))]


def plugin_class(group: str, name: str, base: type[T]) -> type[T]:
    """The class of an installed plug-in of a group; ConfigError for an unknown name, ContractError for a broken one."""
    found = plugins.load(group, name)
    if not (isinstance(found, type) and issubclass(found, base)):
        where = f"{base.__module__}.{base.__name__}"
        raise ContractError(f"the plug-in {name!r} is no {group.removesuffix('s')}: derive its class from {where}")
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        raise ContractError(f"the plug-in {name!r} is not complete: its class lacks {', '.join(missing)}")
    return found
