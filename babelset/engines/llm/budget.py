"""
What a run may ask for and spend, and what it did.

A request claims its worst price before it is sent, so that requests in flight cannot spend more than is allowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field

from babelset.errors import ConfigError, EngineError, did_you_mean
from babelset.files.toml import read_model

MILLION = 1_000_000
Amount = Field(ge=0, allow_inf_nan=False)


class Spent(EngineError):
    """The run has asked for, or spent, as much as it was allowed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, as the server counted them; `cached` are those of the prompt that it had read before."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0


class _Price(BaseModel, extra="forbid", frozen=True):
    input: float = Amount
    output: float = Amount
    cached_input: float | None = Field(None, ge=0, allow_inf_nan=False)


class Prices(_Price, frozen=True):
    """
    What a million tokens of a model cost.

    Prices.read(Path("prices.toml"), "gpt-x").cost(Usage(2000, 1000))    # 0.0009 where the file says

    currency = "USD"
    [models."gpt-x"]
    input = 0.15
    output = 0.60
    cached_input = 0.075        # if it is cheaper
    """

    currency: str = "USD"

    @classmethod
    def read(cls, file: Path, model: str) -> Self:
        """The prices of `model`; ConfigError for a file that is wrong or does not name it."""
        table = read_model(_Table, file)
        if model not in table.models:
            known = ", ".join(map(repr, table.models)) or "none"
            hint = did_you_mean(model, list(table.models))
            raise ConfigError(f"{file}: no price of {model!r}, only of {known}.{hint} Add [models.{model!r}]")
        return cls(**table.models[model].model_dump(), currency=table.currency)

    def cost(self, usage: Usage) -> float:
        """In `currency`."""
        cached = min(usage.cached, usage.prompt)
        cheap = self.input if self.cached_input is None else self.cached_input
        return ((usage.prompt - cached) * self.input + cached * cheap + usage.completion * self.output) / MILLION


class _Table(BaseModel, extra="forbid"):
    currency: str
    models: dict[str, _Price]


@dataclass(slots=True)
class Claim:
    """The worst that one request can cost; give it the `usage`, or the worst is what is counted."""

    worst: Usage
    usage: Usage | None = None
    sent: bool = True

    def free(self) -> None:
        """The server did no work for this request."""
        self.usage = Usage()

    def unsend(self) -> None:
        """The request never left: it is none."""
        self.usage, self.sent = Usage(), False


@dataclass(slots=True)
class Budget:
    """
    Counts requests, tokens and money, and stops the run before it exceeds `max_requests` or `max_cost`.

    async with budget.claim(Usage(prompt=800, completion=400)) as claim:
        claim.usage = Usage(prompt=203, completion=180)

    Where the limit of cost is near, a claim waits for those before it: they rarely cost their worst. Raises Spent
    where it cannot be had, ConfigError for a limit of cost without prices. For one event loop.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    prices: Prices | None = None
    requests: int = 0  # sent, repeated ones among them
    retries: int = 0
    uncounted: int = 0  # requests whose tokens nobody counted; of the cost, they have the worst price
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    _open: int = 0
    _claimed: float = 0.0
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        if self.max_cost is not None and self.prices is None:
            raise ConfigError("max_cost: nothing is known of what the model costs; add a price file: -O prices=FILE")

    @asynccontextmanager
    async def claim(
        self, worst: Usage, *, retry: bool = False, check: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Claim]:
        """Leave to send one request; it counts as sent. `check` may raise before it does: a claim may have to wait."""
        price = self._price(worst)
        await self._affordable(price)
        check()
        self.requests += 1
        self.retries += retry
        self._open += 1
        self._claimed += price
        claim = Claim(worst)
        try:
            yield claim
        finally:
            self._settle(claim, price, retry)

    def add(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt
        self.completion_tokens += usage.completion
        self.cost += self._price(usage)

    def _price(self, usage: Usage) -> float:
        return self.prices.cost(usage) if self.prices else 0.0

    async def _affordable(self, price: float) -> None:
        while True:
            if self.max_requests is not None and self.requests >= self.max_requests:
                raise Spent(self._message("max_requests", str(self.max_requests)))
            if self.max_cost is None or self.cost + self._claimed + price <= self.max_cost:
                return
            if not self._open:
                raise Spent(self._message("max_cost", f"{self.max_cost:g}", next=price))
            await self._settled.wait()

    def _settle(self, claim: Claim, price: float, retry: bool) -> None:
        if claim.usage is None:  # tokens that nobody counted are no tokens, but they may have cost money
            self.cost += price
            self.uncounted += 1
        else:
            self.add(claim.usage)
        self.requests -= not claim.sent
        self.retries -= retry and not claim.sent
        self._open -= 1
        self._claimed = self._claimed - price if self._open else 0.0  # sums of fractions do not return to zero
        self._settled.set()
        self._settled = asyncio.Event()

    def _message(self, option: str, limit: str, next: float = 0.0) -> str:
        money = f", {self.cost:.4f} {self.prices.currency} spent" if self.prices else ""
        more = f", and the next may cost up to {next:.4f}" if next else ""
        return (
            f"{option} {limit} is reached (requests sent: {self.requests}{money}{more}). "
            f"The same command with a larger {option} goes on where this one stopped"
        )
