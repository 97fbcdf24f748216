"""
Run a command that must not outlive babelset: `python -m babelset.engines.llm.guard --grace 10 -- COMMAND...`

The guard's standard input is the lifeline, a pipe whose other end only babelset holds. However babelset ends, kill -9
included, the kernel closes that end, and the guard ends the command with all its descendants: SIGINT, SIGTERM,
SIGKILL, up to `grace` seconds apart. A signal to the guard does the same. It exits with the command's code.

Only the standard library, and little of it: the guard starts in an instant, and stays as long as the server.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

LIFELINE = 0  # standard input
TICK = 0.05  # seconds between two looks
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>


def main(arguments: Sequence[str]) -> int:
    """The exit code of the command, 128 + N where signal N killed it."""
    options = _options(arguments)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: asked.append(number))
    parent = os.getppid()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans become the guard's children, also those with a session of their own
    command = _start(options.command)
    try:
        # a forked worker of babelset may hold a copy of the lifeline: so look at the parent as well
        while command.poll() is None and not asked and os.getppid() == parent and _held():
            pass
    finally:
        end(command, options.grace)
    with suppress(ChildProcessError):  # bury the orphans too: process 1 of a container may not do it
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    code = command.returncode if command.returncode is not None else -signal.SIGKILL
    return code if code >= 0 else 128 - code


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGTERM),  # for the guard may be killed as well
        )
    except OSError as error:
        sys.exit(f"{command[0]}: cannot be started: {error.strerror}")


def end(command: subprocess.Popen[bytes], grace: float) -> None:
    """Return when nothing is left of the command, or three times `grace` seconds have passed in vain."""
    for number in (signal.SIGINT, signal.SIGTERM):
        _send(number, survivors(command))
        if _gone(command, grace):
            return
    give_up = time.monotonic() + grace
    while (rest := survivors(command)) and time.monotonic() < give_up:
        _send(signal.SIGKILL, rest)  # again and again, for some may just have been forked
        time.sleep(TICK)


def _gone(command: subprocess.Popen[bytes], grace: float) -> bool:
    give_up = time.monotonic() + grace
    while survivors(command):
        if time.monotonic() > give_up:
            return False
        time.sleep(TICK)
    return True


def survivors(command: subprocess.Popen[bytes]) -> list[int]:
    """The process ids of what still lives of the command; where there is no /proc, minus the id of its group."""
    command.poll()
    children = defaultdict(list)
    guard = os.getpid()
    for process, state, parent, session in _processes():
        children[guard if session == command.pid else parent].append((process, state))
    if not children:
        return _group(command.pid)
    found = []
    frontier = children[guard]
    while frontier:
        found += [process for process, state in frontier if state not in (b"Z", b"X")]
        frontier = [child for process, _ in frontier for child in children.pop(process, ())]
    return found


def _processes() -> Iterator[tuple[int, bytes, int, int]]:
    """(id, state, parent, session) of every process."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # it has just ended, or is another's
            state, parent, _, session, *_ = file.read_bytes().rpartition(b")")[2].split()  # a name may hold anything
            yield int(file.parent.name), state, int(parent), int(session)


def _group(leader: int) -> list[int]:
    try:
        os.kill(-leader, 0)
    except OSError:
        return []
    return [-leader]


def _send(number: int, processes: Sequence[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):  # it has just ended, or changed its user
            os.kill(process, number)


def _held() -> bool:
    """Look at the lifeline for at most a tick."""
    readable, _, _ = select.select([LIFELINE], [], [], TICK)
    return not readable or bool(os.read(LIFELINE, 1024))


def _prctl(option: int, value: int) -> None:
    """Where the system knows no such thing, the guard has less to go by and does what it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("guard", description="Run a command until standard input is closed.")
    parser.add_argument("--grace", type=float, default=10, help="seconds between SIGINT, SIGTERM and SIGKILL")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
