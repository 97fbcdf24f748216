"""
Commands of babelset, each in a process of its own that need not import anything: a fork of one that has.

    python -m tests.forkserver HANDLE [MODULE...]

It takes the orders of tests/forked.py from the socket that listens under that handle, until its standard input ends.
Each MODULE is imported as well.
The fork ends as a process of Python ends: threads are waited for, what is to be done at exit is done.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import marshal
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from typer.main import get_command

from babelset import plugins
from tests.crash import durable

HEAVY = (
    "openai",
    "stamina",
    "httpx",
    "openpyxl",
    "pyarrow.parquet",
    "starlette.applications",
    "uvicorn",
    "sentencex",
)
LEFT = ("babelset.__main__",)
MOST = 1 << 18  # bytes of an order
FIRST = 3  # the first handle that is no standard stream


def warm() -> None:
    """Import all of babelset and what it imports late, and translate once: grammars and tables are loaded then."""
    import babelset
    from babelset.cli import app as cli
    from babelset.engines.llm.generation import astray
    from babelset.languages import find

    for found in pkgutil.walk_packages(babelset.__path__, "babelset."):
        if found.name not in LEFT:
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(found.name)
    for name in (*HEAVY, *sys.argv[2:]):
        with suppress(ImportError):
            importlib.import_module(name)
    cli.app = get_command(cli.app)  # type: ignore[assignment]  # made anew in each process, it takes as long as a run
    astray("The river is cold.", find("ca"))  # loads what tells languages
    engines = [["echo"]]
    if server := os.environ.get("CRASH_SERVER"):
        engines += [["openai", "--model", "rot13", "-O", f"base_url={server}"]]
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        rows, config = Path(folder, "in.jsonl"), Path(folder, "c.toml")
        rows.write_text('{"instruction": "Say `a` and $b$.", "input": "", "output": "It is ```\\nx = 1\\n``` so."}\n')
        config.write_text("[filters]\nlanguage = false\n")
        for engine in engines:
            with suppress(SystemExit):
                output = ["-o", f"{folder}/{engine[0]}.jsonl", "--config", str(config), "-q"]
                cli.app(["translate", str(rows), "--to", "ca", *output, "--translator", *engine])


def run(argv: list[str], cwd: str, environment: dict[str, str], streams: dict[int, int]) -> None:
    """Do what is ordered, and end; this does not return."""
    code: Any = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(cwd)
        _settle(environment)
        _open(streams)
        durable.from_environment()
        sys.argv = ["babelset", *argv]
        runpy.run_module("babelset", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - as Python does with what nobody caught
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        gc.collect()  # closes what was left open, as the end of a process does
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)


def _settle(environment: dict[str, str]) -> None:
    """Into that environment: plug-ins are looked for anew where it has other folders of modules."""
    path = environment.get("PYTHONPATH", "")
    if path != os.environ.get("PYTHONPATH", ""):
        sys.path[:0] = path.split(os.pathsep)
        plugins.available.cache_clear()
    os.environ.clear()
    os.environ.update(environment)


def _open(streams: dict[int, int]) -> None:
    """The standard streams of this process; those that are not given are closed."""
    for number in range(FIRST):
        os.close(number)
    for number, handle in streams.items():
        os.dup2(handle, number)
        os.close(handle)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(number, getattr(sys, f"__{name}__")) if number in streams else None
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(number: int, like: io.TextIOWrapper) -> io.TextIOWrapper:
    file = os.fdopen(number, "rb" if number == 0 else "wb", closefd=False)
    by_line = number == 2 or os.isatty(number)
    return io.TextIOWrapper(file, like.encoding, like.errors, line_buffering=by_line)


def start(listener: socket.socket, heard: selectors.BaseSelector) -> None:
    """A fork for the next order; its end is told, and the end of who ordered it is its own."""
    asker, _ = listener.accept()
    order, handles, _, _ = socket.recv_fds(asker, MOST, FIRST)
    if not order:  # it was killed before it could ask
        return asker.close()
    argv, cwd, environment, numbers = marshal.loads(order)
    process = os.fork()
    if process == 0:
        run(argv, cwd, environment, dict(zip(numbers, handles, strict=True)))
    for handle in handles:
        os.close(handle)
    ended = os.pidfd_open(process)

    def tell() -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with suppress(OSError):
            asker.send(code.to_bytes(4, "little", signed=True))
        heard.unregister(ended)
        if asker in heard.get_map():
            heard.unregister(asker)
        os.close(ended)
        asker.close()

    def kill() -> None:
        heard.unregister(asker)
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)

    heard.register(ended, selectors.EVENT_READ, tell)
    heard.register(asker, selectors.EVENT_READ, kill)
    with suppress(OSError):
        asker.send(process.to_bytes(4, "little", signed=True))


def serve(listener: socket.socket) -> None:
    """Until standard input ends."""
    warm()
    gc.collect()
    gc.freeze()  # what is never looked at is never copied
    with selectors.DefaultSelector() as heard:
        heard.register(listener, selectors.EVENT_READ, lambda: start(listener, heard))
        heard.register(sys.stdin, selectors.EVENT_READ, sys.exit)
        while True:
            event, *_ = heard.select()
            event[0].data()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
