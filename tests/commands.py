"""Commands of babelset: in this process, as most tests give them, and in a process of their own."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from babelset.cli.app import app
from tests import forked

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = dict(os.environ)  # before a test changes it
PROGRAM = '#!/bin/sh\nexec {} "$@"\n'


def run(*arguments: str | Path, code: int = 0) -> str:
    """`run("score", path, "-o", other)` -> what it says; it ends with `code`."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def ended(command: str) -> tuple[int, str]:
    """`ended("score x.jsonl")` -> its exit code, and what it says; no other exception leaves it."""
    result = CliRunner().invoke(app, command.split())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@cache
def program() -> str:
    """
    The path of a `babelset` that starts at once: each time it is a fork of one process that has imported everything.

    For tests of what a command does to other processes, streams and signals. Tests of the start itself, and of what
    is read at import, start `python -m babelset`.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    folder = Path(tempfile.mkdtemp(prefix="babelset-"))
    stack.callback(shutil.rmtree, folder)
    stack.enter_context(fork_server(folder / "socket", ENVIRONMENT))
    command = [sys.executable, "-I", "-S", forked.__file__, str(folder / "socket")]
    (folder / "babelset").write_text(PROGRAM.format(shlex.join(command)))
    (folder / "babelset").chmod(0o755)
    return str(folder / "babelset")


@contextmanager
def fork_server(
    path: Path, environment: Mapping[str, str], modules: Sequence[str] = (), prefix: Sequence[str] = ()
) -> Iterator[None]:
    """A fork server that listens at `path`; `prefix` is a command that runs it, as strace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(64)
        handle = listener.fileno()
        command = [*prefix, sys.executable, "-m", "tests.forkserver", str(handle), *modules]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, pass_fds=[handle], start_new_session=True
        )
    with process:
        yield
