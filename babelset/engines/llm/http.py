"""
The connection to a server that is not trusted: it never leaves the server's origin, and reads no answer without end.

What is sent holds the rows of a dataset, so a redirect is followed only where scheme, host and port stay and the
request stays what it is. `Refresh` headers are not looked at. A proxy that the environment names is the user's own
and is used, but never for this machine. Answers are asked for uncompressed.

Needs the openai package, so it is imported where a client is made.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import openai

LARGEST = 32 << 20  # bytes of an answer, decompressed: a hundred times what a model writes
REDIRECTS = 5
HERE = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))  # by no proxy
ENCODINGS = ("", "identity", "gzip", "deflate")  # one of them; others inflate without a bound, as do several together


class Unreadable(Exception):
    """An answer that is not read to its end, and why."""


class OneOrigin(openai.DefaultAsyncHttpxClient):
    """
    OneOrigin(timeout=30)

    A redirect that is not followed comes back as the answer, `next_request` says where it leads. Raises Unreadable
    for an answer of more than 32 MiB, and for one that is encoded in a way nobody asked for.
    """

    def __init__(self, **options: Any) -> None:
        headers = {"Accept-Encoding": "identity"}
        super().__init__(**options, headers=headers, mounts=HERE, follow_redirects=False, verify=_certificates())

    async def send(self, request: Any, **options: Any) -> Any:
        for _ in range(REDIRECTS):
            response = await super().send(request, **{**options, "stream": True, "follow_redirects": False})
            onward = response.next_request
            if onward is None or onward.method != request.method or origin(onward.url) != origin(request.url):
                return await _read(response)
            await response.aclose()
            request = onward
        raise Unreadable(f"the server sends the request on in a circle ({REDIRECTS} times)")


@cache
def _certificates() -> Any:
    """Whom a connection trusts, as openai's HTTP library says; read once, since it takes 30 ms and a run has three."""
    [library] = {kind.__module__ for kind in OneOrigin.__mro__ if kind.__name__ == "AsyncClient"}
    return import_module(library.partition(".")[0]).create_ssl_context()


def origin(url: Any) -> str:
    """`origin(URL("https://a.example:443/v1"))` -> "https://a.example"."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{f'[{url.host}]' if ':' in url.host else url.host}{port}"


async def _read(response: Any) -> Any:
    """The same answer with its body in memory."""
    try:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            raise Unreadable("the answer is encoded in a way that was not asked for")
        body = bytearray()
        async for block in response.aiter_bytes():
            body += block
            if len(body) > LARGEST:
                raise Unreadable(f"the answer is longer than {LARGEST >> 20} MiB")
    finally:
        await response.aclose()
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _OF_THE_WIRE]
    whole = type(response)(response.status_code, headers=headers, content=bytes(body), request=response.request)
    whole.next_request = response.next_request
    return whole


_OF_THE_WIRE = frozenset(("content-encoding", "content-length", "transfer-encoding"))
