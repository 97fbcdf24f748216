"""`-O KEY=VALUE` is read by the type of the option."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from babelset.cli import options as o
from babelset.errors import ConfigError
from babelset.plugins import read_option


class Options(BaseModel):
    ending: str = ""
    prices: str | None = None
    beam: int = 1
    most: float | None = None
    serve: bool = False
    family: Literal["auto", "nllb"] = "auto"
    folder: Path = Path()
    engine_args: dict[str, Any] = {}
    roles: frozenset[str] = frozenset()
    providers: tuple[str, ...] = ()
    anything: Any = None


READ = [
    *(
        (name, text, text)
        for name in ("ending", "prices")
        for text in ("1", "true", "null", "", "1.50", "[1]", "a=b", '"')
    ),
    ("beam", "4", 4),
    ("most", "0.5", 0.5),
    ("most", "3", 3.0),
    ("most", "null", None),
    ("serve", "true", True),
    ("serve", "no", False),
    ("family", "nllb", "nllb"),
    ("folder", "/usr/share", "/usr/share"),
    ("engine_args", '{"max_model_len": 8192}', {"max_model_len": 8192}),
    ("roles", '["input"]', ["input"]),
    ("providers", '["CPU", "CUDA"]', ["CPU", "CUDA"]),
    ("anything", "4", 4),
    ("anything", "four", "four"),
    ("unknown", "4", "4"),
]


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_a_text_is_read_by_the_type_of_the_option(name: str, text: str, value: Any) -> None:
    found = read_option(Options, name, text)
    assert found == value and type(found) is type(value)


WRONG = [
    ("beam", "fast", "--option beam=fast: beam is a whole number"),
    ("beam", "1.5", "beam is a whole number"),
    ("most", "much", "most is a number"),
    ("serve", "perhaps", "serve is true or false"),
    ("family", "bert", "family is one of auto, nllb"),
    ("engine_args", "a=1", "engine_args is a JSON object"),
    ("engine_args", "[1]", "engine_args is a JSON object"),
    ("providers", "CPU", "providers is a JSON list"),
]


@pytest.mark.parametrize(("name", "text", "said"), WRONG)
def test_a_text_of_another_type_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_option(Options, name, text)


def test_options_of_a_translator_are_read_by_its_fields() -> None:
    assert o.engine_options("apertium", ["deadline=3", "modes=7"], model=None) == {"deadline": 3.0, "modes": "7"}
    with pytest.raises(ConfigError, match="write it as KEY=VALUE"):
        o.engine_options("echo", ["beam"])
