"""TOML files of the user's, and errors that say where in them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from babelset import plugins
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")


def text_of(path: Path | str) -> str:
    """A file as text; ConfigError where it cannot be read."""
    try:
        return Path(path).read_bytes().decode()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8: {error}") from None


def table_of(text: str, file: Path | str) -> dict[str, Any]:
    """What TOML text says; ConfigError names the file it is from."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def read_table(path: Path | str) -> dict[str, Any]:
    """What a TOML file says; ConfigError where it is none."""
    return table_of(text_of(path), path)


def as_model(model: type[Model], table: Mapping[str, Any], file: Path | str) -> Model:
    """The table of that file as a model, which gets the file as its context; ConfigError names file and field."""
    from pydantic import ValidationError

    try:
        return model.model_validate(table, context=file)
    except ValidationError as error:
        raise ConfigError(f"{file}: {plugins.explain(error)}") from None
    except ConfigError as error:
        raise error if str(error).startswith(str(file)) else ConfigError(f"{file}: {error}") from None


def read_model(model: type[Model], path: Path | str) -> Model:
    """A TOML file as a model; ConfigError says where in it what is wrong: `prices.toml: currency: field required`."""
    return as_model(model, read_table(path), path)
