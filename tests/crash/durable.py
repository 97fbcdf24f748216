"""
Every durable call of this process, counted, and death at one of them.

    install(Path("out"), at=17, how="KILL", log=Path("calls.txt"))

A durable call changes what another process finds later: opening a file for writing, write, truncate, fsync, rename,
link, unlink, mkdir, rmdir, an SQL statement that is no query, closing a database. Points are counted in order: an odd
one is before a call, an even one after it. `log` gets the name of each point that was passed, the one of death last.

Calls are seen where Python makes them, not inside SQLite or Arrow; what they write goes through Python's files, but
for SQLite, whose statements are points of their own. A test holds the count against strace.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

NAMED = ("rename", "replace", "link", "symlink", "unlink", "remove", "rmdir", "mkdir", "truncate", "utime", "chmod")
OF_HANDLES = ("write", "fsync", "fdatasync", "ftruncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
JUMPS = (0.0, -3 * 86400.0, 400 * 86400.0, -0.5, 7200.0)  # seconds, over and over


class Points:
    """Counts, and ends the process at the point that was asked for."""

    def __init__(self, folder: Path, at: int, how: str, log: Path) -> None:
        self.folder, self.at, self.how = os.path.realpath(folder), at, how
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._write, self._lock, self.count = os.write, threading.Lock(), 0

    def reach(self, what: str) -> None:
        with self._lock:
            self.count += 1
            self._write(self._log, f"{what}\n".encode("utf-8", "replace"))
            if self.count == self.at:
                os.kill(os.getpid(), getattr(signal, f"SIG{self.how}"))

    def watches(self, path: Any) -> bool:
        if isinstance(path, int):
            path = self.path_of(path)
        found = os.path.realpath(os.fsdecode(path))
        return found.startswith(self.folder) and not found.endswith(" (deleted)")

    def name(self, path: Any) -> str:
        path = self.path_of(path) if isinstance(path, int) else os.fsdecode(path)
        return os.path.relpath(os.path.realpath(path), self.folder)

    @staticmethod
    def path_of(handle: int) -> str:
        with suppress(OSError):
            return str(Path(f"/proc/self/fd/{handle}").readlink())
        return ""

    def around(self, what: str, call: Callable[..., Any]) -> Any:
        self.reach(f"before {what}")
        result = call()
        self.reach(f"after {what}")
        return result


def install(folder: Path, *, at: int = 0, how: str = "KILL", log: Path, clock: bool = False) -> Points:
    """From here on; `at` 0 only counts. With `clock` the time of day jumps at every look at it."""
    points = Points(folder, at, how, log)
    for name in NAMED:
        setattr(os, name, _named(points, name, getattr(os, name)))
    for name in OF_HANDLES:
        setattr(os, name, _of_handle(points, name, getattr(os, name)))
    os.open = _opening_handle(points, os.open)
    files = _files(points)
    io.FileIO = files  # type: ignore[misc]
    builtins.open = io.open = _opening(points, files, io.open)  # type: ignore[assignment]
    sqlite3.connect = _connecting(points, sqlite3.connect)  # type: ignore[assignment]
    if clock:
        jumps, real = cycle(JUMPS), time.time
        time.time = lambda: real() + next(jumps)
    return points


def _named(points: Points, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any, *more: Any, **options: Any) -> Any:
        paths = [path, *(each for each in more[:1] if isinstance(each, str | bytes | os.PathLike))]
        if "dir_fd" in options and options["dir_fd"] is not None:
            paths[0] = Path(points.path_of(options["dir_fd"]), os.fsdecode(path))
        if not any(map(points.watches, paths)):
            return real(path, *more, **options)
        what = f"{name} {' '.join(map(points.name, paths))}"
        return points.around(what, lambda: real(path, *more, **options))

    return call


def _of_handle(points: Points, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(handle: int, *more: Any) -> Any:
        if not points.watches(handle):
            return real(handle, *more)
        return points.around(f"{name} {points.name(handle)}", lambda: real(handle, *more))

    return call


def _opening_handle(points: Points, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any, flags: int, *more: Any, **options: Any) -> Any:
        nameless = flags & os.O_TMPFILE == os.O_TMPFILE
        if not flags & WRITING or nameless or not points.watches(path):
            return real(path, flags, *more, **options)
        return points.around(f"open {points.name(path)}", lambda: real(path, flags, *more, **options))

    return call


def _files(points: Points) -> type[io.FileIO]:
    class File(io.FileIO):
        """A file whose every write is a point."""

        def __init__(self, file: Any, mode: str = "r", closefd: bool = True, opener: Any = None) -> None:
            make = super().__init__
            if mode != "r" and points.watches(file) and not isinstance(file, int) and opener is None:
                points.around(f"open {points.name(file)}", lambda: make(file, mode, closefd, opener))
            else:
                make(file, mode, closefd, opener)
            self._watched = mode != "r" and points.watches(self.fileno())

        def write(self, data: Any) -> Any:
            real = super().write
            if not self._watched:
                return real(data)
            return points.around(f"write {points.name(self.fileno())}", lambda: real(data))

        def truncate(self, size: int | None = None) -> int:
            real = super().truncate
            return int(points.around(f"truncate {points.name(self.fileno())}", lambda: real(size)))

    return File


def _opening(points: Points, files: type[io.FileIO], real: Callable[..., Any]) -> Callable[..., Any]:
    def call(
        file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None,
        newline: Any = None, closefd: bool = True, opener: Any = None,
    ) -> Any:  # fmt: skip
        if not set(mode) & set("wax+") or not points.watches(file):
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = files(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        buffer = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        text = io.TextIOWrapper(buffer, encoding, errors, newline, line_buffering=buffering == 1)
        text.mode = mode  # type: ignore[misc]
        return text

    return call


def _connecting(points: Points, real: Callable[..., Any]) -> Callable[..., Any]:
    def say(when: str, sql: str, place: str) -> None:
        words = sql.split(None, 2) or [""]
        if words[0].upper() not in ("SELECT", "--"):
            points.reach(f"{when} {' '.join(words[:2])} in {place}")

    class Connection(sqlite3.Connection):
        """A connection whose every statement, but for queries, is a point; so is each row of `executemany`."""

        def __init__(self, database: Any, *more: Any, **options: Any) -> None:
            super().__init__(database, *more, **options)
            self.place = place = points.name(database)
            self.set_trace_callback(lambda sql: say("before", sql, place))  # not `self`: it would never be closed

        def execute(self, sql: str, *more: Any) -> Any:
            result = super().execute(sql, *more)
            say("after", sql, self.place)
            return result

        def executemany(self, sql: str, *more: Any) -> Any:
            result = super().executemany(sql, *more)
            say("after", sql, self.place)
            return result

        def executescript(self, sql: str) -> Any:
            result = super().executescript(sql)
            say("after", sql, self.place)
            return result

        def close(self) -> None:
            points.around(f"close {self.place}", super().close)

    def connect(database: Any, *more: Any, **options: Any) -> Any:
        if str(database) == ":memory:" or not points.watches(database):
            return real(database, *more, **options)
        return points.around(
            f"connect {points.name(database)}", lambda: real(database, *more, **{"factory": Connection, **options})
        )

    return connect


def from_environment(environment: Sequence[tuple[str, str]] | None = None) -> Points | None:
    """As the environment says: CRASH_FOLDER, CRASH_AT, CRASH_HOW, CRASH_LOG, CRASH_CLOCK; None where it says nothing."""
    told = dict(environment or os.environ)
    if not told.get("CRASH_FOLDER"):
        return None
    return install(
        Path(told["CRASH_FOLDER"]),
        at=int(told.get("CRASH_AT", 0)),
        how=told.get("CRASH_HOW", "KILL"),
        log=Path(told["CRASH_LOG"]),
        clock=bool(told.get("CRASH_CLOCK")),
    )
