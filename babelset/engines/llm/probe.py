"""What a server can do, found out by asking it: documents promise more than servers keep."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from babelset.engines.llm.client import Client, response_format
from babelset.engines.llm.completion import Completion
from babelset.engines.llm.faults import Down, Passing, Refused
from babelset.engines.llm.halt import Halt
from babelset.errors import ConfigError, EngineError, did_you_mean

ODD = "zyxglorp-7"  # no model says this unless it is made to
SCHEMA = {
    "type": "object",
    "properties": {"animal": {"type": "string", "enum": [ODD]}},
    "required": ["animal"],
    "additionalProperties": False,
}
NOT_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}
YES = "Say yes."
EMPTY: Mapping[str, Any] = {}
NO_LIST = (404, 405, 500, 501)  # of a server that has no list of models, or none that works
SHOWN = 20  # models in a message
SHORT, MOST_SLOTS = 10.0, 4096  # seconds for a question that most servers do not know; what no server has
ROOM = 512  # tokens for an answer that is looked at; models that think aloud need some


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What a request to the server may hold; `served_by` is the model's name in its answers.

    `thinking_switch`: the chat template may be told `enable_thinking`; `max_completion_tokens`: the name that
    `max_tokens` has there; `seed`: the same seed gave the same text; `slots`: requests that it works on at a time,
    where it says so as llama.cpp does, else 0.
    """

    schema: bool = True
    choices: bool = True
    seed: bool = True
    temperature: bool = True
    thinking_switch: bool = True
    max_completion_tokens: bool = False
    served_by: str = ""
    slots: int = 0

    def to_dict(self) -> dict[str, bool | str | int]:
        """For JSON."""
        return asdict(self)


async def health(
    base_url: str, model: str, key: str | None = None, *, timeout: float = 30, halt: Halt | None = None
) -> None:
    """
    Return if a server answers there, lets us in and has the model, as far as it says.

    Raises ConfigError that says which of the three it is.
    """
    client = Client(base_url, model, key=key, timeout=timeout, capabilities=Capabilities(), halt=halt)
    try:
        listed = await _models(client, timeout)
    finally:
        await client.close()
    if listed and model not in listed:
        shown = ", ".join(map(repr, listed[:SHOWN])) + (" ..." if len(listed) > SHOWN else "")
        raise ConfigError(f"{client.endpoint}: no model {model!r} but {shown}.{did_you_mean(model, listed)}")


async def probe(
    base_url: str,
    model: str,
    key: str | None = None,
    *,
    timeout: float = 120,
    wait: float = 1.0,
    halt: Halt | None = None,
) -> Capabilities:
    """
    What the server can do, from seven small requests.

    A request that the server refuses, or fails on repeatedly, shows that it lacks what was asked for. Raises
    ConfigError where not even a plain one is answered.
    """
    client = Client(
        base_url, model, key=key, timeout=timeout, attempts=3, wait=wait, capabilities=Capabilities(), halt=halt
    )
    try:
        return await _Probe(client, {"model": model}).run()
    finally:
        await client.close()


@dataclass(slots=True)
class _Probe:
    client: Client
    base: dict[str, Any]  # fields that the server accepts
    limit: str = "max_tokens"

    async def run(self) -> Capabilities:
        plain = await self._plain()
        thinking, temperature = await asyncio.gather(self._accepts(NOT_THINKING), self._accepts({"temperature": 0.0}))
        self.base |= NOT_THINKING if thinking else {}
        sampled = {"temperature": 1.0} if temperature else {}
        schema, choices, seed = await asyncio.gather(self._schema(), self._choices(), self._seed(sampled))
        return Capabilities(
            schema=schema,
            choices=choices,
            seed=seed,
            temperature=temperature,
            thinking_switch=thinking,
            max_completion_tokens=self.limit == "max_completion_tokens",
            served_by=plain.model or "",
            slots=await _slots(self.client),
        )

    async def _plain(self) -> Completion:
        """Some models refuse `max_tokens`, some servers `max_completion_tokens`."""
        with suppress(Refused):
            return await self._ask(YES, 16)
        self.limit = "max_completion_tokens"
        try:
            return await self._ask(YES, 16)
        except Refused as fault:
            raise EngineError(f"{self.client.endpoint}: not even a plain request is answered: {fault}") from None

    async def _accepts(self, asked: Mapping[str, Any]) -> bool:
        return await self._try(YES, 16, asked) is not None

    async def _schema(self) -> bool:
        found = await self._try("Name an animal, as JSON.", ROOM, {"response_format": response_format(SCHEMA)})
        return found is not None and _is_odd(found.texts[0])

    async def _choices(self) -> bool:
        found = await self._try(YES, 16, {"n": 2})
        return found is not None and len(found.choices) == 2

    async def _seed(self, sampled: Mapping[str, Any]) -> bool:
        asked = {"seed": 7, **sampled}
        one, other = await asyncio.gather(*(self._try("Invent a name for a village.", 32, asked) for _ in range(2)))
        return one is not None and other is not None and one.texts == other.texts

    async def _try(self, text: str, tokens: int, asked: Mapping[str, Any]) -> Completion | None:
        try:
            return await self._ask(text, tokens, asked)
        except Refused:
            return None

    async def _ask(self, text: str, tokens: int, asked: Mapping[str, Any] = EMPTY) -> Completion:
        """Raises Refused also where the server fails on the request, Down where it is not there at all."""
        message = {"role": "user", "content": text}
        try:
            return await self.client.complete({**self.base, "messages": [message], self.limit: tokens, **asked})
        except Passing as fault:
            if fault.status in (0, 429):
                raise Down(f"{self.client.endpoint}: the server is not usable: {fault}. See what ails it") from None
            raise Refused(str(fault)) from None


def _is_odd(text: str) -> bool:
    try:
        return bool(orjson.loads(text) == {"animal": ODD})
    except ValueError:
        return False


async def _slots(client: Client) -> int:
    """What llama.cpp says at /props, which stands beside /v1: those above wait in line, and their time runs."""
    import openai

    from babelset.engines.llm.http import Unreadable

    root = client.endpoint.base_url.rstrip("/").removesuffix("/v1")
    try:
        async with asyncio.timeout(SHORT):
            found = await client.openai.with_options(max_retries=0).get(f"{root}/props", cast_to=dict[str, Any])
        slots = found["total_slots"]
    except (TimeoutError, openai.OpenAIError, Unreadable, ValueError, KeyError, TypeError):
        return 0
    return slots if type(slots) is int and 0 < slots <= MOST_SLOTS else 0


async def _models(client: Client, timeout: float) -> list[str]:
    """The models that the server says it has, none where it does not say."""
    import openai

    from babelset.engines.llm.http import Unreadable

    try:
        async with asyncio.timeout(timeout):
            raw = await client.openai.models.with_raw_response.list()
        return [str(item["id"]).removeprefix("models/") for item in orjson.loads(raw.content)["data"]]
    except (TimeoutError, openai.OpenAIError, Unreadable) as error:
        if isinstance(error, openai.APIStatusError) and error.status_code in NO_LIST:
            return []
        fault = client.endpoint.fault(error)
    except (ValueError, KeyError, TypeError):  # it has another idea of a list
        return []
    if isinstance(fault, ConfigError):
        raise fault
    raise EngineError(f"{client.endpoint}: {fault}. Is the server running, and --base-url right?")
