"""What the clients that stand on requests have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babelset.engines.paid.faults import Trouble

if TYPE_CHECKING:
    import requests

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
