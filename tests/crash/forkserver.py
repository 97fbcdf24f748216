"""
Commands of babelset, each in a process of its own that need not import anything: a fork of one that has.

    echo '{"argv": ["translate", ...], "cwd": "...", "environment": {...}, "output": "said.txt"}' | python -m tests.crash.forkserver

An order a line on standard input; the exit code of each, negative for a signal, a line on standard output. The child
ends as a process of Python ends: threads are waited for, what is to be done at exit is done.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import sys
import tempfile
import threading
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from typer.main import get_command

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
    "huggingface_hub",
)
LEFT = ("babelset.__main__",)


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
    for name in HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)
    cli.app = get_command(cli.app)  # type: ignore[assignment]  # made anew in each process, it takes as long as a run
    astray("The river is cold.", find("ca"))  # loads what tells languages
    engines = [["echo"], ["openai", "--model", "rot13", "-O", f"base_url={os.environ['CRASH_SERVER']}"]]
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        rows, config = Path(folder, "in.jsonl"), Path(folder, "c.toml")
        rows.write_text('{"instruction": "Say `a` and $b$.", "input": "", "output": "It is ```\\nx = 1\\n``` so."}\n')
        config.write_text("[filters]\nlanguage = false\n")
        for engine in engines:
            with suppress(SystemExit):
                output = ["-o", f"{folder}/{engine[0]}.jsonl", "--config", str(config), "-q"]
                cli.app(["translate", str(rows), "--to", "ca", *output, "--translator", *engine])


def child(order: dict[str, Any]) -> None:
    """Do what is ordered, and end; this does not return."""
    from babelset.cli.app import main

    code: Any = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(order["cwd"])
        os.environ.update(order["environment"])
        said = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        durable.from_environment()
        sys.argv = ["babelset", *order["argv"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        gc.collect()  # closes what was left open, as the end of a process does
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    warm()
    gc.freeze()  # what is never looked at is never copied
    print("ready", file=answers)
    for line in iter(orders.readline, ""):
        order = json.loads(line)
        number = os.fork()
        if number == 0:
            child(order)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), file=answers)


if __name__ == "__main__":
    serve()
