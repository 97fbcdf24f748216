"""
What goes wrong between a client and a server, and whose fault it is.

Passing       the moment's: the same request may succeed later
Refused       the request's: it never will
ConfigError   the run's: wrong key, model or address; no request will
Down          the server's: it no longer answers
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from babelset.contracts.filter import shorten
from babelset.engines.address import check_address
from babelset.errors import ConfigError, EngineError

if TYPE_CHECKING:
    import openai

TOO_LONG = re.compile(
    r"too long|context[ _](length|size|window)|longer than the (model|maximum)|max_model_len"
    r"|maximum number of tokens|must be <=",
    re.I,
)
INVALID = re.compile(r"validation|json_schema|response_format|pydantic", re.I)
# of httpx: nothing has reached the server
UNSENT = frozenset(["ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"])
PATH = "/chat/completions"  # of a request, behind the base URL
SAYING = ("error", "message", "detail", "msg")  # fields of an error's body, the outer first
LOOK = 10_000  # characters of an error's body


class Down(EngineError):
    """The server is not usable any more; the run stops, and can be continued."""


class Passing(Exception):
    """
    Worth another try, after `wait` seconds where the server says so.

    `load`: fewer requests at a time might help. `unsent`: the request did not arrive. `unpaid`: it was not answered,
    so it costs nothing. `late`: no answer came in time.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        wait: float = 0.0,
        load: bool = False,
        unsent: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status, self.wait, self.load, self.unsent, self.late = status, wait, load, unsent, late
        self.unpaid = unsent or status >= 400


class Refused(Exception):
    """Not worth another try. `too_long`: the request does not fit the model's context."""

    def __init__(self, reason: str, *, too_long: bool = False) -> None:
        super().__init__(reason)
        self.too_long = too_long


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go; `key` is never shown."""

    base_url: str
    model: str
    key: str
    timeout: float

    @classmethod
    def of(cls, base_url: str, model: str, key: str | None, timeout: float) -> Endpoint:
        """Raises ConfigError for an address or a key that cannot be one."""
        key = (key or "").strip()
        check_address(base_url, "--base-url", "http://127.0.0.1:8000/v1", key="OPENAI_API_KEY")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ConfigError("OPENAI_API_KEY: holds characters that no key has; set it again")
        return cls(base_url, model, key, timeout)

    def __repr__(self) -> str:
        return f"{self.model} at {self}"

    def __str__(self) -> str:
        return self.base_url

    def fault(self, error: Exception, *, answered: bool = False, content: bytes = b"") -> Exception:
        """
        What an error of the openai package, a timeout or an answer that is none, of that `content`, means.

        Once the server has `answered`, 403 is about a request: firewalls and moderation look into texts.
        """
        import openai

        from babelset.engines.llm.http import Unreadable

        if isinstance(error, openai.APIStatusError):
            return self._of_status(error, answered)
        if isinstance(error, Unreadable):
            return Passing(str(error), status=200)
        if type(error.__cause__).__name__ in UNSENT:
            return Passing("the server cannot be reached", load=True, unsent=True)
        if isinstance(error, TimeoutError | openai.APITimeoutError):
            return Passing(f"no answer within {self.timeout:g} s", load=True, late=True)
        if isinstance(error, openai.APIConnectionError):
            return Passing("the connection broke", load=True)
        body = _body(content)
        said = f": {self._said(body)}" if body else ""
        return Passing(f"the answer is not a chat completion{said}", status=200)

    def _of_status(self, error: openai.APIStatusError, answered: bool) -> Exception:
        status, text = error.status_code, error.response.text[:LOOK]
        if 300 <= status < 400:
            return ConfigError(f"{self}: HTTP {status}: {_moved(error.response)}")
        reason = f"HTTP {status}: {self._said(error.body)}"
        if status in (400, 413, 422):
            return Refused(reason, too_long=status == 413 or bool(TOO_LONG.search(text)))
        if (status == 500 and INVALID.search(text)) or (status == 403 and answered):
            return Refused(reason)
        if status == 429 and "insufficient_quota" in text:
            return EngineError(f"{self}: the account has no credit left; the same command goes on once it has")
        if status in (408, 409, 425, 429) or status >= 500:
            load = status in (408, 429) or status >= 500
            return Passing(reason, status=status, wait=seconds_to_wait(error.response.headers), load=load)
        return ConfigError(self._advice(status, reason))

    def _advice(self, status: int, reason: str) -> str:
        if status in (401, 403):  # some servers repeat parts of the key in their answer: it is not shown
            sent = "the key in OPENAI_API_KEY is not accepted" if self.key else "it wants a key: set OPENAI_API_KEY"
            return f"{self}: HTTP {status}: {sent}, or the key may not use model {self.model!r}"
        if status == 404:
            return f"{self}: {reason}. Look at --model {self.model} and --base-url, which mostly ends in /v1"
        return f"{self}: {reason}. Look at --base-url: this is no answer of a chat server"

    def _said(self, body: object) -> str:
        text = server_text(body)
        return shorten(text.replace(self.key, "***") if self.key else text, 300)


def _moved(response: Any) -> str:
    from babelset.engines.llm.http import origin

    onward = response.next_request
    if onward is None:
        return "the server answers with a redirect that leads nowhere. Look at --base-url"
    there = shorten(str(onward.url).removesuffix(PATH), 200)
    if origin(onward.url) == origin(response.request.url):
        return f"the server sends requests on in a way that drops what is asked. If it is right, say --base-url {there}"
    return (
        f"the server sends requests on to another origin, {shorten(origin(onward.url), 200)}, which got nothing. "
        f"If your rows may go there, say --base-url {there}"
    )


def server_text(body: object) -> str:
    """
    What a server says about an error, "" where it says nothing; whoever shows it must escape it.

    >>> server_text({"error": {"message": "model overloaded", "code": 502}})  # OpenAI, vLLM, llama.cpp
    'model overloaded'
    >>> server_text({"error": "no such model"}), server_text({"detail": [{"msg": "too long"}]})  # Ollama, TGI
    ('no such model', 'too long')
    """
    for _ in range(5):  # what says it may stand within what says it
        if isinstance(body, list) and body:
            body = body[0]
        if isinstance(body, Mapping):
            body = next((body[name] for name in SAYING if body.get(name)), repr(dict(body)) if body else "")
    return body if isinstance(body, str) else "" if body is None else repr(body)


def _body(content: bytes) -> object:
    """The error in an answer that was sent as a success, None where it holds none."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) and any(body.get(name) for name in SAYING) else None


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """What Retry-After asks for, in seconds or as an HTTP date; 0 where nothing sensible stands there."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return seconds if seconds > 0 else 0.0
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
