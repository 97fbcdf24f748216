"""Any server that speaks OpenAI's chat protocol: vLLM, llama.cpp, SGLang, Ollama, hosted ones."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from babelset.doctor import Finding
from babelset.engines.llm.budget import Prices
from babelset.engines.llm.client import Client
from babelset.engines.llm.concurrency import Concurrency
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.probe import Capabilities, health, probe
from babelset.engines.llm.replies import KeptBudget
from babelset.engines.llm.request import Reply, Request, T, Talk
from babelset.errors import ConfigError, Stopped

CURE = "pip install 'babelset[openai]'"
KEY = "OPENAI_API_KEY"
START = 8  # requests in flight at first: on a server that answers one by one, the time of the others runs too
SILENT = 1.0  # seconds that the end may wait for answers before the user is told

logger = logging.getLogger("babelset")


class OpenAI(LLM):
    """
    Translate with a language model behind an OpenAI-compatible server; its key is read from OPENAI_API_KEY.

    >>> OpenAI(model="Qwen/Qwen3-8B", base_url="http://127.0.0.1:8000/v1")

    Every reply is stored before it is used, so nothing that was paid for is asked again. Raises ConfigError where the
    server, the model or the key is wrong, Spent where the budget is.
    """

    batch: ClassVar[int] = 1_000_000  # replies are stored one by one, so a whole chunk may be under way
    chunk: ClassVar[int] = 256  # and chunks overlap
    parallel: ClassVar[int] = 4  # chunks: the slowest request of one must not leave the server idle
    operational: ClassVar[frozenset[str]] = frozenset(
        ("base_url", "timeout", "attempts", "wait", "concurrency", "max_requests", "max_cost", "prices")
    )

    base_url: str = Field("http://127.0.0.1:8000/v1", description="where the server is")
    timeout: float = Field(300, gt=0, description="seconds that one request may take")
    attempts: int = Field(6, ge=1, description="times that a request is sent when the server fails")
    wait: float = Field(1.0, gt=0, description="seconds before the second attempt; further ones wait longer")
    concurrency: int = Field(0, ge=0, description="requests in flight; 0: as many as the server is fast with")
    max_requests: int | None = Field(None, ge=0)
    max_cost: float | None = Field(None, ge=0, description="in the currency of the price file")
    prices: str | None = Field(None, description="TOML: [models.NAME] input and output, a million tokens each")

    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _connected: tuple[Client, Capabilities] | None = PrivateAttr(None)
    _cause: BaseException | None = PrivateAttr(None)
    _under_way: dict[bytes, asyncio.Task[Reply]] = PrivateAttr(default_factory=dict)
    _telling: bool = PrivateAttr(False)

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if find_spec("openai") is None or find_spec("tenacity") is None:
            raise ConfigError(f"the client for OpenAI-compatible servers is not installed: {CURE}")
        _ = self._budget  # a wrong price file is found before the run

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """The client, and whether there is a key."""
        there = find_spec("openai") is not None
        key = "with a key" if os.environ.get(KEY) else f"no {KEY}, which servers of one's own rarely want"
        detail = f"installed; {key}; needs --model" if there else "not installed"
        yield Finding("openai", there, detail, "" if there else CURE)

    def keep_replies(self, folder: Path | None, name: str = "replies") -> None:
        super().keep_replies(folder, name)
        self._budget.keep_in(self._replies)

    def account(self) -> dict[str, Any]:
        self._replies.flush()
        spent = self._budget
        found: dict[str, Any] = {
            "requests": spent.requests,
            "retries": spent.retries,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
        }
        if spent.uncounted:
            found["uncounted_requests"] = spent.uncounted
        if spent.prices:
            found |= {"cost": round(spent.cost, 6), "currency": spent.prices.currency}
            if spent.uncounted:
                found["cost_note"] = "at most: requests that nobody counted are priced at their worst"
        found |= self._guarded()
        if self._connected:
            found["server"] = self._connected[1].to_dict()
            if late := self._connected[0].late:
                found["advice"] = (
                    f"{late} requests got no answer within {self.timeout:g} s, in which they may have waited in the "
                    "server's line; ask for fewer at a time (-O concurrency=1), or wait longer (-O timeout=...)"
                )
        return found

    def halt(self) -> None:
        super().halt()
        if "_loop" in self.__dict__:
            with suppress(RuntimeError):  # it has been closed
                self._loop[0].call_soon_threadsafe(self._tell_later)

    def close(self) -> None:
        self.halt()
        if "_loop" in self.__dict__:
            loop, thread = self._loop
            try:
                if thread.is_alive():
                    self._await(self._end())
            finally:
                if thread.is_alive():
                    loop.call_soon_threadsafe(loop.stop)
                    thread.join()
        super().close()

    async def _end(self) -> None:
        """What is in flight is paid for: wherever an interrupt struck, it is awaited and kept."""
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        if self._connected:
            await self._connected[0].close()

    def _tell_later(self) -> None:
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_later(SILENT, self._tell)

    def _tell(self) -> None:
        if count := self._connected[0].limiter.in_flight if self._connected else 0:
            what = "%s: stopping when the answers in flight (%d) have come, within %g s; Ctrl-C again loses them"
            logger.warning(what, self.base_url, count, self.timeout)

    def hold(self, talks: Sequence[Talk[T]]) -> list[T]:
        try:
            client, capabilities = self._connection()
            return self._await(_all(self._hold_one(talk, client, capabilities) for talk in talks))
        except Stopped:
            raise self._cause or Stopped from None  # why the others stopped, which may be known in another thread

    async def _hold_one(self, talk: Talk[T], client: Client, capabilities: Capabilities) -> T:
        try:
            asked = next(talk)
            while True:
                asked = talk.send(await _all(self._reply(request, client, capabilities) for request in asked))
        except StopIteration as end:
            result: T = end.value
            return result
        except BaseException as error:
            self._fail(error)
            raise

    async def _reply(self, request: Request, client: Client, capabilities: Capabilities) -> Reply:
        if request.n > 1 and not capabilities.choices:
            alone = [replace(request, n=1, seed=request.seed + 1000 * number) for number in range(request.n)]
            return _merged(await _all(self._reply(one, client, capabilities) for one in alone))
        [key], known = self._remembered([request])
        if key in known:
            return known[key]
        if key not in self._under_way:  # rows in flight at the same time may hold the same text
            self._under_way[key] = asyncio.ensure_future(self._ask(key, request, client))
        return await self._under_way[key]

    async def _ask(self, key: bytes, request: Request, client: Client) -> Reply:
        try:
            reply = await client.ask(request)
            await self._replies.keep((key, reply))
            return reply
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            del self._under_way[key]

    def _fail(self, error: BaseException) -> None:
        """The first error ends the run: every dialogue stops before its next request."""
        if self._cause is None and not isinstance(error, Stopped):
            self._cause = error
        self.halt()

    def _connection(self) -> tuple[Client, Capabilities]:
        with self._lock:
            if self._halted.is_set():
                raise Stopped
            try:
                self._connected = self._connected or self._connect()
            except BaseException as error:
                self._fail(error)
                raise
            return self._connected

    def _connect(self) -> tuple[Client, Capabilities]:
        base_url, key = self.base_url, os.environ.get(KEY)
        self._await(health(base_url, self.model, key, halt=self._halted))
        capabilities = self._await(probe(base_url, self.model, key, wait=self.wait, halt=self._halted))
        limiter = _limiter(self.concurrency, capabilities.slots)
        client = Client(
            base_url, self.model, key=key, timeout=self.timeout, attempts=self.attempts, wait=self.wait,
            limiter=limiter, budget=self._budget, capabilities=capabilities, halt=self._halted,
        )  # fmt: skip
        return client, capabilities

    @cached_property
    def _budget(self) -> KeptBudget:
        prices = Prices.read(Path(self.prices), self.model) if self.prices else None
        return KeptBudget(self.max_requests, self.max_cost, prices)

    @cached_property
    def _loop(self) -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_turn, args=[loop], name="babelset-openai", daemon=True)
        thread.start()
        return loop, thread

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop[0])
        try:
            return future.result()
        except KeyboardInterrupt:
            self.halt()  # what is in flight is paid for: `close` awaits it, and keeps it
            raise


def _limiter(fixed: int, slots: int) -> Concurrency:
    """As the user says, or as the server does: one more than its slots, so that none stands idle between two."""
    if most := fixed or (slots and slots + 1):
        return Concurrency(least=fixed or 1, start=most, most=most)
    return Concurrency(start=START)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all. An error is raised when the last has ended: what is in flight is paid for, and kept."""
    done = await asyncio.gather(*works, return_exceptions=True)
    for item in done:
        if isinstance(item, BaseException):
            raise item
    return [item for item in done if not isinstance(item, BaseException)]


def _merged(replies: Sequence[Reply]) -> Reply:
    good = [reply for reply in replies if reply.choices] or [replies[0]]
    return replace(
        good[0],
        choices=tuple(choice for reply in good for choice in reply.choices),
        prompt_tokens=sum(reply.prompt_tokens for reply in good),
        completion_tokens=sum(reply.completion_tokens for reply in good),
    )
