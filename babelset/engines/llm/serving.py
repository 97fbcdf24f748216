"""
An inference server that babelset starts for itself, on loopback, and that never outlives it.

    port = free_port()
    with Server.start(vllm_command("Qwen/Qwen3-8B", port, {}), port=port, log=Path("vllm.log"), say=say) as server:
        client = OpenAI(base_url=server.base_url, api_key=server.key)

A guard process (`babelset.engines.llm.guard`) stands between babelset and the server: it ends the server and all of the
server's children as soon as babelset lets go of it, or is gone.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from babelset.errors import ConfigError, OutputError

HOST = "127.0.0.1"
KEY = "VLLM_API_KEY"  # the environment is for the user's eyes only, a command line for everybody's
GUARD = Path(__file__).with_name("guard.py")
OURS = frozenset({"host", "port", "uds", "api_key"})  # engine arguments that would open the server to others

LOOK = 0.1  # seconds between two looks at a server that is not ready
TELL = 30.0  # seconds between two words to the user meanwhile
TAIL = 1 << 16  # bytes of the log that are looked at for its last lines
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # colours and movements of the cursor
# vLLM prints the cause, then the tracebacks of two or three processes, each line behind the name of its process
FRAME = re.compile(r"(\([^)]* pid=\d+\) )?([A-Z]+ \S+ \S+ \[[^\]]*\] )?( {4}|  File \"|Traceback \(most recent)")


class Server:
    """
    A server that is ready, with `base_url` and `key` for an OpenAI client; close it, or leave its `with` block.

    with Server.start(command, port=8123, log=Path("server.log"), say=print) as server:
        server.ensure()                      # before or after a failed request: starts it again if it has died
    """

    def __init__(
        self,
        command: Sequence[str],
        ready: str,
        port: int,
        log: Path,
        deadline: float,
        say: Callable[[str], None],
        restarts: int,
        grace: float,
    ) -> None:
        self.command, self.port, self.log, self.key = tuple(command), port, log, secrets.token_urlsafe(32)
        self._ready, self._deadline, self._say, self._restarts, self._grace = ready, deadline, say, restarts, grace
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._guard: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        *,
        ready: str = "/health",
        port: int,
        log: Path,
        deadline: float = 1800,
        say: Callable[[str], None],
        restarts: int = 3,
        grace: float = 10,
    ) -> Server:
        """
        Start `command`, its output going to `log`, and wait until GET `ready` answers 200.

        `deadline` and `grace` are seconds: for a start, and between the signals that end the server. Raises
        ConfigError, with the last lines of the log, where it dies or is not ready in time, and where the port is
        taken; OutputError where the log cannot be written.
        """
        server = cls(command, ready, port, log, deadline, say, restarts, grace)
        try:
            server._launch("wb")
            if not server._wait():
                raise server._trouble(f"ended with {server._code()} before it was ready")
        except BaseException:  # an interrupt as well: nobody else has the server to stop it
            server.stop()
            raise
        return server

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}/v1"

    def alive(self) -> bool:
        """Whether the server's process runs, which says nothing about its health."""
        return self._guard is not None and self._guard.poll() is None

    def ensure(self) -> None:
        """
        Return when the server is healthy; one that has died is started again, `restarts` times in all.

        Any number of threads may call it. Raises ConfigError where the server keeps dying, or was stopped.
        """
        with self._lock:
            while not self._wait():
                if self._stopped.is_set():
                    raise ConfigError("the server was stopped; start another")
                if not self._restarts:
                    raise self._trouble(f"ended with {self._code()}, once too often")
                self._restarts -= 1
                self._say(f"the server ended with {self._code()}; starting it again")
                self._launch("ab")

    def stop(self) -> None:
        """End the server with all its children; an `ensure` in another thread ends as well."""
        self._stopped.set()
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, mode: str) -> None:
        self._end()
        _check_free(self.port)
        arguments = [sys.executable, "-I", str(GUARD), "--grace", str(self._grace), "--", *self.command]
        try:
            log = self.log.open(mode)
        except OSError as error:
            raise OutputError(f"{self.log}: cannot be written: {error.strerror}; name another place") from None
        with log:
            self._guard = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for babelset, which then ends the server in good order
                env={**os.environ, KEY: self.key},
            )

    def _wait(self) -> bool:
        """True when it is healthy, False when it has ended or is being stopped; ConfigError after the deadline."""
        began = told = time.monotonic()
        while not self._stopped.is_set() and self.alive():
            if self._healthy() and self.alive():  # what answers on the port of a dead server is somebody else
                return True
            now = time.monotonic()
            if now - began > self._deadline:
                self._end()
                raise self._trouble(f"was not ready after {self._deadline:.0f} s")
            if now - told > TELL:
                told = now
                self._say(f"waiting for the server, {now - began:.0f} s: {' '.join(last_lines(self.log, 1))}")
            self._stopped.wait(LOOK)
        return False

    def _healthy(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", self._ready)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _end(self) -> None:
        if self._guard is None or self._guard.stdin is None:
            return
        self._guard.stdin.close()
        try:
            self._guard.wait(3 * self._grace + 5)  # the guard gives each of its three signals that long
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
            self._say("the server could not be ended; look for it with: ps -ef")

    def _code(self) -> str:
        code = self._guard.returncode if self._guard else None
        return f"code {code}" + (" (killed, perhaps for want of memory)" if code == 137 else "")

    def _trouble(self, what: str) -> ConfigError:
        lines = "".join(f"\n  {line}" for line in last_lines(self.log))
        return ConfigError(
            f"the server {what}. Cure what its log says, then start again; to try it alone: "
            f"{shlex.join(self.command)}\n{self.log}:{lines or ' nothing'}"
        )


def vllm_command(model: str, port: int, engine_args: Mapping[str, Any]) -> list[str]:
    """
    The command line of `vllm serve` on loopback.

    >>> vllm_command("m", 8000, {"max_model_len": 4096, "enforce_eager": True, "enable_prefix_caching": False})[1:]
    ['serve', 'm', '--host', '127.0.0.1', '--port', '8000', '--max-model-len', '4096', '--enforce-eager',
     '--no-enable-prefix-caching']

    Mappings become JSON, lists several values. Raises ConfigError where vLLM is not installed, and for an argument
    that would open the server to others.
    """
    beside = shutil.which("vllm", path=str(Path(sys.executable).parent))
    if not (program := beside or shutil.which("vllm")):
        raise ConfigError("vLLM is not installed. Run: pip install 'babelset[vllm]'")
    return [program, "serve", model, "--host", HOST, "--port", str(port), *_options(engine_args)]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def last_lines(log: Path, most: int = 15) -> list[str]:
    """
    The last lines of a log, as a terminal may show them: printable, 300 characters each, none blank.

    The insides of tracebacks are left out: what they lead to is what helps.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            text = ANSI.sub("", file.read().decode("utf-8", "replace"))
    except FileNotFoundError:  # somebody tidied up while the server was running
        return []
    # a progress bar writes its line over and over, each time after a carriage return
    raw = (line.rstrip("\r").rpartition("\r")[2].replace("\t", " ") for line in text.split("\n"))
    lines = ("".join(filter(str.isprintable, line))[:300].rstrip() for line in raw if not FRAME.match(line))
    return [line for line in lines if line][-most:]


def _options(engine_args: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in engine_args.items():
        if name.replace("-", "_") in OURS:
            raise ConfigError(f"engine argument {name!r}: babelset sets it itself; leave it out")
        key = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{key}" if value else f"--no-{key}")
        elif isinstance(value, Mapping):
            words += [f"--{key}", json.dumps(value)]
        else:
            values = value if isinstance(value, list | tuple) else [value]
            words += [f"--{key}", *map(str, values)]
    return words


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an ended server may linger
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(f"port {port} of {HOST}: {error.strerror}; name another") from None
