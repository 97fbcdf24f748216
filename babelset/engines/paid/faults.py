"""
What a service says when it does not translate, and whose fault it is.

Trouble       as the client of the service tells it, with the status that it comes down to
Refused       the text's: it will never be translated; 400, 413, 422
ConfigError   the run's: wrong key, glossary, project or address; 3xx and the other 4xx
EngineError   the account's: nothing is left of it
All other troubles pass: 408, 425, 429, 5xx, and broken connections.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, EngineError

REFUSING, TOO_LARGE = (400, 413, 422), 413
MEANWHILE = (408, 425, 429)
QUOTA = 456  # DeepL's own; what other services say about a quota that is used up is given this status
TOO_LONG = re.compile(r"too (long|large)|exceed\w* the (maximum|limit)|size limit", re.I)
WORD = re.compile(r"[\w+-]{8,}")


class Trouble(Exception):
    """No answer. `status` 0: the connection broke, or never was (`unsent`); `wait`: as the service asks for."""

    def __init__(
        self, said: str, status: int = 0, headers: Mapping[str, str] | None = None, unsent: bool = False
    ) -> None:
        super().__init__(said)
        self.said, self.status, self.unsent = said, status, unsent
        self.wait = seconds_to_wait(headers or {})

    @property
    def free(self) -> bool:
        """Whether the characters are not charged: who answers with an error has translated nothing."""
        return self.unsent or self.status >= 300

    @property
    def passes(self) -> bool:
        return self.status < 300 or self.status in MEANWHILE or self.status >= 500


class Refused(Exception):
    """The service does not take these texts; `too_long` where shorter ones would do."""

    def __init__(self, reason: str, too_long: bool) -> None:
        super().__init__(reason)
        self.too_long = too_long


def meaning(trouble: Trouble, service: str, variables: Iterable[str], secrets: Iterable[str]) -> Exception:
    """What a trouble that does not pass means for the run; nothing that is said holds a part of a secret."""
    said = shorten(redacted(trouble.said, secrets), 300)
    reason = f"{service}: HTTP {trouble.status}: {said}"
    if trouble.status in REFUSING:
        return Refused(reason, trouble.status == TOO_LARGE or bool(TOO_LONG.search(said)))
    if trouble.status == QUOTA:
        return EngineError(f"{service}: nothing is left of the account: {said}. The same command goes on once there is")
    if trouble.status in (401, 403):
        return ConfigError(f"{reason}. Look at the key in {' and '.join(variables)}, and at what it may do")
    if trouble.status < 400:
        return ConfigError(f"{reason}. The server sends requests on to another place, which got nothing: see base_url")
    return ConfigError(f"{reason}. Look at the options, the glossary above all, and at base_url")


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Without secrets, and without words that are a part of one."""
    hidden = [secret for secret in secrets if secret]
    for secret in hidden:
        text = text.replace(secret, "***")
    return WORD.sub(lambda word: "***" if any(word[0] in secret for secret in hidden) else word[0], text)


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """What Retry-After asks for, in seconds or as an HTTP date; 0 where nothing sensible stands there."""
    value = headers.get("retry-after") or headers.get("Retry-After") or ""
    try:
        return max(0.0, float(value)) if float(value) < float("inf") else 0.0
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
