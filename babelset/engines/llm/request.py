"""
What is asked of a language model, and what comes back; engines carry these two and nothing else.

A `Talk` needs no engine to be tested: it yields requests that may be sent together, takes their replies in order,
and returns what it has made of them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
import xxhash


@dataclass(frozen=True, slots=True)
class Request:
    """
    One chat completion.

    Request(({"role": "system", "content": "Translate ..."}, {"role": "user", "content": '{"1":"Hello."}'}),
            max_tokens=200, schema={"type": "object", ...})

    `schema` is the JSON schema of the wanted answer, None for plain text. `extra` are fields of the request's body
    that a model family wants. Equal requests have equal keys, in every process.
    """

    messages: tuple[Mapping[str, Any], ...]
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    temperature: float = 0.0
    seed: int = 0
    n: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    def key(self, model: str) -> bytes:
        """128-bit xxh3 of the model and everything that is asked."""
        asked = [model, self.messages, self.max_tokens, self.schema, self.temperature, self.seed, self.n, self.extra]
        return xxhash.xxh3_128_digest(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True, slots=True)
class ChatChoice:
    """One answer; `finish` is "stop", or "length" where it was cut, or what the server says."""

    text: str
    finish: str = "stop"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What a request brought: choices, or none and the `error` for which it is not sent again now.

    `too_long` says that the request does not fit the model's context. Tokens are those that the engine counted.
    """

    choices: tuple[ChatChoice, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""
    too_long: bool = False


T = TypeVar("T")
Talk = Generator[list[Request], list[Reply], T]
