"""Options of steps as they are written on a command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from babelset import plugins
from babelset.contracts.step import Step
from babelset.errors import ConfigError, did_you_mean
from babelset.pipeline.recipe import Named, Pipeline, merged, step_class

TEXTS = (list[str], tuple[str, ...])  # options that are lists of texts


def given_of(pipeline: Pipeline, texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """
    Options by the name of their step, each value read by the type of its option.

    >>> given_of(pipeline, ["mix.share=ca:30,en:70", "seed=4"])
    {'mix': {'share': 'ca:30,en:70', 'seed': 4}}

    The step may be left out where one alone has the option. ConfigError names what is unknown or unclear.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text!r}: write it as STEP.KEY=VALUE")
        named, path = _place(pipeline, key)
        try:
            found[named.name] = merged(found.get(named.name, {}), _value(named, path, value))
        except ConfigError as error:
            raise ConfigError(f"--set {key}: {str(error).removeprefix('--option ')}") from None
    return found


def _place(pipeline: Pipeline, key: str) -> tuple[Named, list[str]]:
    first, *rest = key.split(".")
    if named := next((each for each in pipeline.steps if each.name == first and rest), None):
        return named, rest
    having = [each for each in pipeline.steps if first in _options(step_class(each.use))]
    if len(having) == 1:
        return having[0], [first, *rest]
    names = ", ".join(each.name for each in having or pipeline.steps)
    if having:
        raise ConfigError(f"--set {key}: of which step? Write it as STEP.{key}=VALUE; steps that have it: {names}")
    known = [option for each in pipeline.steps for option in _options(step_class(each.use))]
    raise ConfigError(f"--set {key}: no step has it.{did_you_mean(first, known)} Steps: {names}")


def _options(step: type[Step]) -> dict[str, str]:
    """The names of its fields by what a user calls them."""
    return {item.alias or name: name for name, item in step.model_fields.items()}


def _value(named: Named, path: Sequence[str], text: str) -> dict[str, Any]:
    """`_value(step, ["translator", "name"], "nllb")` -> {"translator": {"name": "nllb"}}."""
    step, (option, *inner) = step_class(named.use), path
    name = _options(step).get(option, option)
    if not inner:
        field = step.model_fields.get(name)
        listed = field is not None and field.annotation in TEXTS and text[:1] != "["
        return {option: listed_texts(text) if listed else plugins.read_option(step, name, text)}
    value: Any = _said(text)
    for key in reversed(path):
        value = {key: value}
    return dict(value)


def listed_texts(text: str) -> list[str]:
    """`listed_texts("instruction, output")` -> ["instruction", "output"]: a list need not be written as JSON."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _said(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
