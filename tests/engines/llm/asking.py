"""Asking a server in one line, as the tests of the client do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from babelset.engines.llm.client import Client
from babelset.engines.llm.probe import Capabilities
from babelset.engines.llm.request import Reply, Request
from tests.engines.llm.scripted_server import ScriptedServer

T = TypeVar("T")
KEY = "sk-secret-0123456789"
WAIT = 0.002
HELLO = "Uryyb gurer."  # the scripted server's answer to the request below


def request(text: str = "Hello there.", **fields: Any) -> Request:
    return Request(({"role": "user", "content": f"Translate:\n{text}"},), **{"max_tokens": 50, **fields})


def run(server: ScriptedServer | str, work: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    """What `work` does with a client of the server."""

    async def inside() -> T:
        base_url = server if isinstance(server, str) else server.base_url
        client = Client(base_url, "rot13", **{"capabilities": Capabilities(), "wait": WAIT, **options})
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(asyncio.wait_for(inside(), 30))


def ask(server: ScriptedServer | str, asked: Request | None = None, **options: Any) -> Reply:
    return run(server, lambda client: client.ask(asked or request()), **options)
