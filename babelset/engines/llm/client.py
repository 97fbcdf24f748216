"""The client for every server that speaks OpenAI's chat protocol: one request in, one reply out, whatever happens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError

from babelset.engines.llm.budget import Budget, Usage
from babelset.engines.llm.completion import Completion
from babelset.engines.llm.concurrency import Concurrency
from babelset.engines.llm.faults import Down, Endpoint, Passing, Refused
from babelset.engines.llm.halt import Halt
from babelset.engines.llm.request import Reply, Request
from babelset.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from babelset.engines.llm.probe import Capabilities

PATIENCE = 20  # requests in a row that fail before the server counts as down
TURNED_AWAY = 30  # times that one request may meet 429: that is never the request's fault
LONGEST_PAUSE = 600.0  # seconds that Retry-After may ask for
LONGEST_WAIT = 30  # between two attempts, in units of `wait`
NOTICED = 5.0  # seconds of waiting that a user is told of

logger = logging.getLogger("babelset")


@dataclass(slots=True)
class _Attempts:
    """How often one request may still be sent; decides, as tenacity's hook, whether it is sent again."""

    left: int
    turned_away: int = TURNED_AWAY
    made: int = 0
    fault: Passing = field(default_factory=lambda: Passing(""))  # the last

    def __call__(self, error: BaseException) -> bool:
        if not isinstance(error, Passing):
            return False
        self.fault = error
        if error.status == 429:
            self.turned_away -= 1
        else:
            self.left -= 1
        return self.left > 0 and self.turned_away > 0


class Client:
    """
    Asks one model behind one address, many requests at a time, on one event loop.

    client = Client("http://127.0.0.1:8000/v1", "qwen3", key=None, capabilities=await probe(...))
    reply = await client.ask(Request(({"role": "user", "content": "Hello"},), max_tokens=20))
    await client.close()

    `timeout` is seconds for one attempt from its first byte to its last; `attempts` are made `wait`, twice `wait` ...
    seconds apart, with jitter. Where it waits for the server it says so, and `halt` ends that at once. Raises
    ConfigError for an address or a key that cannot be one, or without the extra.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        key: str | None = None,
        capabilities: Capabilities,
        timeout: float = 120,
        attempts: int = 6,
        wait: float = 1.0,
        limiter: Concurrency | None = None,
        budget: Budget | None = None,
        halt: Halt | None = None,
    ) -> None:
        self.endpoint = Endpoint.of(base_url, model, key, timeout)
        self.capabilities, self.limiter, self.budget = capabilities, limiter or Concurrency(), budget or Budget()
        self.halt = halt or Halt()
        self._attempts, self._timeout, self._wait, self._told = attempts, timeout, wait, 0.0
        self._answered, self._refusals, self._failures = False, 0, 0  # failures in a row
        self.late = 0  # requests that got no answer in time
        try:
            import openai
            import tenacity  # noqa: F401

            from babelset.engines.llm.http import OneOrigin
        except ImportError:
            raise ConfigError("asking a server needs an extra: pip install 'babelset[openai]'") from None
        self.openai = openai.AsyncOpenAI(
            api_key=self.endpoint.key or "none", base_url=base_url, timeout=timeout, max_retries=0,
            http_client=OneOrigin(timeout=timeout),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Client({self.endpoint!r})"

    async def ask(self, request: Request) -> Reply:
        """
        The reply; with `error` where the server refuses this request, or fails on it while it answers others.

        Fewer choices than `request.n` are possible. Raises ConfigError where no request can succeed, Down (a
        ConfigError) where the server no longer answers, Spent, and Stopped where `halt` is set before it is sent.
        """
        try:
            completion = await self.complete(self._body(request))
        except Refused as fault:
            return self._refused(fault)
        except Passing as fault:
            return self._failed(fault)
        self._answered, self._failures = True, 0
        return completion.reply()

    async def complete(self, body: Mapping[str, Any]) -> Completion:
        """
        Send a body as it is, again and again where that may help.

        Raises Refused, the last Passing when the attempts are used up, and what `ask` raises.
        """
        import tenacity

        try:
            size = len(orjson.dumps(body))
        except TypeError as error:  # half a surrogate pair in a text
            raise Refused(f"cannot be sent: {error}") from None
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
        worst = Usage(size, limit * body.get("n", 1))  # a token is at least a byte
        tries = _Attempts(self._attempts)
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(tries),
            wait=tenacity.wait_exponential(self._wait, LONGEST_WAIT * self._wait) + tenacity.wait_random(0, self._wait),
            sleep=partial(self._back_off, tries),
            reraise=True,
        )
        return await retrying(self._attempt, body, worst, tries)

    async def close(self) -> None:
        await self.openai.close()

    async def _back_off(self, tries: _Attempts, seconds: float) -> None:
        if tries.fault.load:
            self._tell(str(tries.fault), seconds)
        await self.halt.sleep(seconds)

    async def _attempt(self, body: Mapping[str, Any], worst: Usage, tries: _Attempts) -> Completion:
        async with self.limiter.slot(self.halt.sleep) as slot:
            self.halt.check()
            async with self.budget.claim(worst, retry=tries.made > 0, check=self.halt.check) as claim:
                try:
                    completion = await self._post(body)
                except Passing as fault:
                    if fault.unsent:
                        claim.unsend()
                    elif fault.unpaid:
                        claim.free()
                    if fault.load:
                        slot.refused = True
                    self.late += fault.late
                    self._pause(fault)
                    raise
                except (Refused, ConfigError):
                    claim.free()
                    raise
                finally:
                    tries.made += claim.sent
                claim.usage = completion.counted()
            slot.tokens = claim.usage.completion if claim.usage else sum(map(len, completion.texts)) // 4
            return completion

    async def _post(self, body: Mapping[str, Any]) -> Completion:
        import openai

        from babelset.engines.llm.http import Unreadable

        chat, content = self.openai.chat.completions.with_raw_response, b""
        try:
            async with asyncio.timeout(self._timeout):  # over all: a byte a second is no answer either
                # everything goes as extra_body: the package spends a fifth of its time on checking messages
                raw = await chat.create(model=self.endpoint.model, messages=[], extra_body=body)
            content = raw.content
            return Completion.model_validate_json(content)
        except (TimeoutError, openai.OpenAIError, ValidationError, Unreadable) as error:
            fault = self.endpoint.fault(error, answered=self._answered, content=content)
        raise fault  # outside of the handler: the error in hand holds the key in its request

    def _pause(self, fault: Passing) -> None:
        """Retry-After speaks of the server: it holds for every request."""
        if fault.wait > LONGEST_PAUSE:
            hours = fault.wait / 3600
            long = f"{hours:.1f} hours" if hours <= 72 else "days"
            raise Down(
                f"{self.endpoint}: the server wants no request for {long} ({fault}). The same command goes on then"
            )
        if fault.wait:
            self._tell(f"HTTP {fault.status}: Retry-After {fault.wait:.0f} s", fault.wait)
            self.limiter.pause(fault.wait)

    def _tell(self, why: str, seconds: float) -> None:
        """A line for a wait that a user would notice; one, however many requests wait."""
        until = time.time() + seconds
        if seconds >= NOTICED and until > self._told + NOTICED:
            self._told = until
            clock = time.strftime("%H:%M" if seconds > 60 else "%H:%M:%S", time.localtime(until))
            logger.warning("%s: %s: waiting until %s", self.endpoint, why, clock)

    def _refused(self, fault: Refused) -> Reply:
        self._failures = 0
        self._refusals += not fault.too_long
        if self._refusals >= PATIENCE and not self._answered:
            raise EngineError(f"{self.endpoint}: the server refuses every request, the last one with {fault}")
        return Reply(error=str(fault), too_long=fault.too_long)

    def _failed(self, fault: Passing) -> Reply:
        self._failures += 1
        if fault.unsent or fault.status == 429 or self._failures >= PATIENCE:
            raise Down(
                f"{self.endpoint}: the server is not usable: {fault}. See what ails it; "
                "the same command goes on where this one stopped"
            )
        return Reply(error=str(fault))

    def _body(self, request: Request) -> dict[str, Any]:
        can = self.capabilities
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": list(request.messages),
            "max_completion_tokens" if can.max_completion_tokens else "max_tokens": request.max_tokens,
        }
        if can.temperature:
            body["temperature"] = request.temperature
        if can.seed:
            body["seed"] = request.seed
        if can.choices and request.n > 1:
            body["n"] = request.n
        if can.schema and request.schema is not None:
            body["response_format"] = response_format(request.schema)
        lacking = () if can.thinking_switch else ("chat_template_kwargs",)
        return body | {name: value for name, value in request.extra.items() if name not in lacking}


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": _portable(schema)}}


def _portable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without limits of length: hosted servers refuse a strict schema that has them."""
    inner = {key: _portable(value) if isinstance(value, Mapping) else value for key, value in schema.items()}
    return {key: value for key, value in inner.items() if key != "maxLength"}
