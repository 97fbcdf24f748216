"""Addresses of servers and services, as users write them."""

from __future__ import annotations

from urllib.parse import urlsplit

from babelset.errors import ConfigError

SCHEMES = ("http://", "https://")
LOCAL = ("127.0.0.1", "localhost", "::1")


def is_address(place: str) -> bool:
    """Whether it is meant as one, and not as a file or a name."""
    return place.startswith(SCHEMES)


def check_address(
    address: str, option: str, example: str, *, key: str = "the environment", encrypted: bool = False
) -> None:
    """
    ConfigError for what cannot be an address, for one that holds a password, as the `key` has a place of its own, and
    for one that is not `encrypted` but has to be.

    >>> check_address("http://a.org", "base_url", "https://translate.example.org", encrypted=True)
    ConfigError: base_url: a key would travel unencrypted; write https://
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{option}: not an address; write it as {example}")
    if "@" in parts.netloc:
        raise ConfigError(f"{option}: holds a password, which logs would show; a key goes into {key}")
    if encrypted and parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ConfigError(f"{option}: a key would travel unencrypted; write https://")
