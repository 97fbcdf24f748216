"""Inference servers of others on this machine, for as long as a test, or a benchmark, needs one; and waiting for them."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from babelset.engines.processes import Child

HOST = "127.0.0.1"
READY_WITHIN = 300  # seconds; two free cores need 30
GRACE = 30  # seconds from SIGINT to SIGKILL


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float = READY_WITHIN) -> None:
    """Waits for something that another thread or process does, however busy the machine is."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"it has not happened in {seconds} seconds"
        time.sleep(0.02)


@contextmanager
def serving(command: Sequence[str], log: Path) -> Iterator[str]:
    """The base URL of a server that `command` starts, with --host and --port added, once its /health answers."""
    port = free_port()
    with Child([*command, "--host", HOST, "--port", str(port)], log=log.open("w+b")) as server:
        deadline = time.monotonic() + READY_WITHIN
        while not _answers(f"http://{HOST}:{port}/health"):
            ended = server.code(patience=0.2) is not None or time.monotonic() > deadline
            assert not ended, "no server:\n" + log.read_text("utf-8", "replace")[-3000:]
        yield f"http://{HOST}:{port}/v1"
        os.kill(server.pid, signal.SIGINT)  # in good order first: its shared memory is given back
        server.code(patience=GRACE)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False
