"""Addresses of services, and what the clients that stand on requests have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babelset.engines.paid.faults import Trouble
from babelset.errors import ConfigError

if TYPE_CHECKING:
    import requests

LOCAL = ("127.0.0.1", "localhost", "::1")
LOOK = 2000  # characters of an error's body


def trouble_of(error: requests.RequestException) -> Trouble:
    """What an error of requests comes down to."""
    import requests

    if error.response is not None:
        return Trouble(said_in(error.response), error.response.status_code, error.response.headers)
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return Trouble("no answer in time")
    unsent = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error.args)
    return Trouble("the service cannot be reached" if unsent else "the connection broke", unsent=unsent)


def said_in(response: Any) -> str:
    """The service's words in the body of an error."""
    try:
        body = response.json()
    except ValueError:
        return str(response.text[:LOOK])
    body = body.get("error", body) if isinstance(body, dict) else body
    words = [body.get(name) for name in ("message", "detail")] if isinstance(body, dict) else [body]
    return " ".join(str(word)[:LOOK] for word in words if word) or str(body)[:LOOK]


def check_address(base_url: str) -> None:
    """ConfigError for an address that cannot be one, or over which a key would travel in the open."""
    if not base_url:
        return
    try:
        parts = urlsplit(base_url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError("base_url: not an address; write it as https://translate.example.org")
    if "@" in parts.netloc:
        raise ConfigError("base_url: holds a password, which logs would show; keys go into the environment")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ConfigError("base_url: a key would travel unencrypted; write https://")
