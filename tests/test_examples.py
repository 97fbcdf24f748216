"""The files in examples/ are what they are called."""

from __future__ import annotations

import tomllib
from pathlib import Path

from babelset.contracts.checks import DEFAULT, build_filters

EXAMPLES = Path(__file__).parents[1] / "examples"
HIGHER = ("least", "least_line", "least_left", "short")  # is stricter; of the others lower


def test_strict_is_stricter_than_the_defaults_in_every_line() -> None:
    given = tomllib.loads((EXAMPLES / "strict.toml").read_text("utf-8"))["filters"]
    usual = {each.name: each for each in build_filters({})}
    assert given.keys() <= set(DEFAULT)
    for name, options in given.items():
        for key, value in options.items():
            default = getattr(usual[name], key)
            assert value > default if key in HIGHER else value < default, (name, key, value, default)
    build_filters(given)
