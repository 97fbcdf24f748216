"""
Characters and money: counted before a request is sent, and kept, so that a killed run never exceeds its limits.

>>> budget = Budget("deepl", max_characters=100)
>>> with budget.claim(60): pass
>>> budget.claim(60)                                    # Spent
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from babelset.engines.paid.faults import Trouble
from babelset.errors import ConfigError, EngineError
from babelset.files.toml import read_model

MILLION = 1_000_000
COUNTED = ("characters", "requests", "retries")


class Spent(EngineError):
    """The run has sent as many characters, or spent as much money, as it was allowed."""


class Prices(BaseModel, extra="forbid", frozen=True):
    """
    What a million characters cost at each service; copy it from the service's price list.

    currency = "EUR"
    [characters]
    deepl = 20.00
    google = 18.50
    """

    currency: str
    characters: Mapping[str, float]

    @classmethod
    def read(cls, file: Path, service: str) -> Self:
        """ConfigError for a file that is wrong or has no price of `service`."""
        prices = read_model(cls, file)
        if not 0 <= prices.characters.get(service, -1) < float("inf"):
            raise ConfigError(
                f"{file}: no price of a million characters of {service}: under [characters] say {service} = ..."
            )
        return prices


@dataclass
class Budget:
    """
    Characters as they are sent, markup among them: services that do not charge for it make a run cheaper than it says.

    Raises Spent where a request would exceed a limit, ConfigError for a limit of cost without prices. `keep` is
    called with all counts before a request is sent and after it has failed. Threads may share it.
    """

    service: str
    max_characters: int | None = None
    max_cost: float | None = None
    prices: Prices | None = None
    keep: Callable[[Mapping[str, float]], None] = lambda counts: None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    _open: int = 0  # requests in flight
    _settled: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        if self.max_cost is not None and self.prices is None:
            raise ConfigError("max_cost: nothing is known of what a character costs; add a price file: -O prices=FILE")

    @contextmanager
    def claim(self, characters: int, retry: bool = False) -> Iterator[None]:
        """
        Leave to send so many; they are given back where a Trouble says that they are not charged.

        Near a limit it waits for those in flight, which may give theirs back.
        """
        self._take(characters, retry)
        charged = characters
        try:
            yield
        except Trouble as trouble:
            charged = 0 if trouble.free else characters
            raise
        finally:
            self._settle(characters - charged)

    def cost(self, characters: int) -> float:
        """In the currency of the prices."""
        return characters * self.prices.characters[self.service] / MILLION if self.prices else 0.0

    def account(self) -> dict[str, int | float | str]:
        money = {"cost": round(self.cost(self.counts["characters"]), 6)} if self.prices else {}
        return {**self.counts, **money, **({"currency": self.prices.currency} if self.prices else {})}

    def _take(self, characters: int, retry: bool) -> None:
        with self._settled:
            while (reached := self._reached(characters)) and self._open:
                self._settled.wait()
            if reached:
                raise Spent(self._message(*reached, characters))
            self._open += 1
            self.counts["requests"] += 1
            self.counts["retries"] += retry
            self.counts["characters"] += characters
            self.keep(self.counts)

    def _settle(self, free: int) -> None:
        with self._settled:
            self._open -= 1
            self._settled.notify_all()
            if free:
                self.counts["characters"] -= free
                self.keep(self.counts)

    def _reached(self, characters: int) -> tuple[str, str] | None:
        """The limit that so many more would exceed."""
        total = self.counts["characters"] + characters
        if self.max_characters is not None and total > self.max_characters:
            return "max_characters", str(self.max_characters)
        if self.max_cost is not None and self.cost(total) > self.max_cost:
            return "max_cost", f"{self.max_cost:g}"
        return None

    def _message(self, option: str, limit: str, characters: int) -> str:
        sent = self.counts["characters"]
        money = f", {self.cost(sent):.4f} {self.prices.currency}" if self.prices else ""
        return (
            f"{option} {limit} is reached (characters sent: {sent}{money}; the next request has {characters}). "
            f"The same command with a larger {option} goes on where this one stopped"
        )
