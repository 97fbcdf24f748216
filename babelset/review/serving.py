"""Serves a review on this machine's loopback until Ctrl-C; what a restart needs to have the same address is kept."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import sys
from threading import Thread
from typing import TYPE_CHECKING

from babelset.errors import ConfigError
from babelset.review.server import Setting, app_of
from babelset.review.store import Store

if TYPE_CHECKING:
    import uvicorn

__all__ = ["Setting", "address", "listen", "open_browser", "serve", "server_of", "token_of"]

HOST = "127.0.0.1"


def token_of(store: Store) -> str:
    """The secret part of the address, 256 bits, the same for every start."""
    if not (token := store.setting("token")):
        token = secrets.token_urlsafe(32)
        store.set("token", token)
    return token


def listen(store: Store, port: int | None = None) -> socket.socket:
    """
    A socket at the port of the last start, so that open pages find the review again, or at `port`; 0 is any.

    Raises ConfigError where the review is being served already, or another program has the port.
    """
    if served := _served_at(store):
        raise ConfigError(f"{store.path} is under review already: open {served}, or end it there with Ctrl-C")
    wanted = int(store.setting("port") or 0) if port is None else port
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, wanted))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"port {wanted} cannot be used ({error.strerror}); end the program that uses it, or give --port 0 for "
            "another. Pages that are still open send what they have not saved to the old address only"
        ) from None
    listening.listen(128)
    store.set("port", str(listening.getsockname()[1]))
    return listening


def address(setting: Setting) -> str:
    return f"http://{HOST}:{setting.port}/{setting.token}/"


def serve(store: Store, setting: Setting, listening: socket.socket) -> None:
    """Answer until Ctrl-C or SIGTERM, then raise KeyboardInterrupt."""
    server_of(store, setting).run(sockets=[listening])


def server_of(store: Store, setting: Setting) -> uvicorn.Server:
    """A server that logs nothing of what is asked."""
    import uvicorn

    config = uvicorn.Config(
        app_of(store, setting),
        access_log=False,
        log_level="error",
        lifespan="off",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def open_browser(url: str) -> None:
    """In the background, and only where there is a screen: a text browser would take the terminal."""
    import webbrowser

    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        Thread(target=webbrowser.open, args=[url], name="open browser", daemon=True).start()


def _served_at(store: Store) -> str:
    """The address at which this review answers now, "" where it does not."""
    port, token = store.setting("port"), store.setting("token")
    if not port or not token:
        return ""
    connection = http.client.HTTPConnection(HOST, int(port), timeout=2)
    try:
        connection.request("GET", f"/{token}/changes?since=-1")
        return f"http://{HOST}:{port}/{token}/" if connection.getresponse().status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
