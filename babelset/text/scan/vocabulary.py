"""What `code.toml` says of languages, their grammars and shell commands."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

WORDS: dict[str, Any] = tomllib.loads(files("babelset.text.scan").joinpath("code.toml").read_text("utf-8"))


def joined(patterns: list[str]) -> str:
    return "|".join(patterns)
