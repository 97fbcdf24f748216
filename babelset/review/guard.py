"""
Who may talk to the review: pages of its own address that know the token. Everything else is refused.

A page of another site can send requests to this machine's loopback and, by a name that it lets point there, read the
answers; so the host and the origin of each request are looked at, and without the token there is nothing to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what asks for `/TOKEN/...` of this host, and puts the headers on every answer."""

    app: ASGIApp
    token: str
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refusal(Headers(scope=scope), scope["path"])
        await (refused or self.app)(scope, receive, with_headers)

    def _refusal(self, headers: Headers, path: str) -> JSONResponse | None:
        host = headers.get("host", "")
        if host not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            return _refuse(421, "this is not the address of the review")
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return _refuse(403, "another site may not ask this")
        token = path.removeprefix("/").partition("/")[0]
        if not compare_digest(token.encode("utf-8", "replace"), self.token.encode()):
            return _refuse(404, "there is nothing here; use the whole address that `babelset review` printed")
        return None


def _refuse(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status)
