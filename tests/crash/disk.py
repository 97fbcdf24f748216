"""
A disk as it is after a power cut, from what strace saw of a process.

    disk = Disk(Path("work"), Path("before"))
    for call in calls(Path("strace.txt"), Path("work")):
        disk.do(call)
        for name, files in disk.cuts():       # what may be there if the power fails now
            restore(files, Path("work"), Path("killed"))

Data that no fsync of the file followed may be lost, or be zeros; a name that was made, changed or taken away may be as
before until the folder is fsynced. Nothing is assumed of the order in which a disk writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DURABLE = (
    *("openat", "open", "creat", "write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "truncate"),
    *("fsync", "fdatasync", "sync_file_range", "rename", "renameat", "renameat2", "link", "linkat", "symlink"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "sendfile", "copy_file_range", "fallocate", "lseek", "chdir"),
)
STRACE = ("strace", "-f", "-y", "-xx", "-s", "10000000", "--seccomp-bpf", "-e", f"trace={','.join(DURABLE)}", "-o")
LINE = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+=\s+(-?\d+)(?:<([^>]*)>)?")
UNFINISHED = re.compile(r"(\d+)\s+(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"(\d+)\s+<\.\.\. \w+ resumed>(.*)$")
ARGUMENT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?|(\w+)<((?:\\x[0-9a-f]{2}|[^>])*)>|([^,\s][^,]*)')
SAME = {"openat": "open", "renameat": "rename", "renameat2": "rename", "mkdirat": "mkdir", "unlinkat": "unlink",
        "rmdir": "unlink", "truncate": "ftruncate", "fdatasync": "fsync"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """`Call("rename", ("/w/a.part", "/w/a"))`: paths are whole, data is bytes, a handle is the path it stands for."""

    name: str
    arguments: tuple[Any, ...]
    result: int = 0
    handle: int = -1


def calls(log: Path, cwd: Path, *more: Path) -> Iterator[Call]:
    """Those that succeeded, of processes that ran in `cwd`, about something in it or in the other folders."""
    roots, inside = tuple(map(str, (cwd, *more))), False
    for line in _whole_lines(log):
        if not (found := LINE.match(line)) or int(found[4]) < 0:
            continue
        call = _call(found[2], found[3], int(found[4]), str(cwd))
        if call.name == "chdir":
            inside = call.arguments[0] == str(cwd)
        elif inside and any(isinstance(each, str) and each.startswith(roots) for each in call.arguments):
            yield call


def _whole_lines(log: Path) -> Iterator[str]:
    """Lines, those put together that a call of another thread cut in two."""
    begun: dict[str, str] = {}
    for line in log.read_text("ascii", "replace").splitlines():
        if found := UNFINISHED.match(line):
            begun[found[1]] = found[2]
        elif found := RESUMED.match(line):
            yield f"{found[1]} {begun.pop(found[1], '')}{found[2]}"
        else:
            yield line


def _call(name: str, told: str, result: int, base: str) -> Call:
    name, handle, values = SAME.get(name, name), -1, list[Any]()
    for text, number, of, word in (match.groups() for match in ARGUMENT.finditer(told)):
        if number is not None:
            base = _bytes(of).decode("utf-8", "replace")
            if number.isdigit():
                handle = int(number)
                values.append(base)
        elif word is not None:
            values.append(word.strip())
        else:
            values.append(_bytes(text))
    if name not in ("write", "pwrite64"):  # texts are paths
        values = [
            os.path.normpath(Path(base, os.fsdecode(each))) if isinstance(each, bytes) else each for each in values
        ]
    return Call(name, tuple(values), result, result if name == "open" else handle)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", "")) if text.startswith("\\x") else text.encode()


@dataclass(eq=False, slots=True)
class File:
    """What it holds, and what of that is on the disk."""

    now: bytes = b""
    kept: bytes = b""


Names = dict[str, "File | None"]  # None for a folder


@dataclass
class Disk:
    """Starts with what is in the folder `before`, as if it were `root`, all of it on the disk."""

    root: Path
    before: Path
    now: Names = field(default_factory=dict)
    kept: Names = field(default_factory=dict)
    at: dict[int, int] = field(default_factory=dict)  # offsets of open files

    def __post_init__(self) -> None:
        for path in sorted(self.before.rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            self.now[str(self.root / path.relative_to(self.before))] = None if path.is_dir() else File(data, data)
        self.kept = dict(self.now)

    def do(self, call: Call) -> None:
        """AssertionError for a call that this disk does not know."""
        does = getattr(self, f"_{call.name}", None)
        assert does, f"unknown to this disk: {call}"
        does(call)

    def _open(self, call: Call) -> None:
        path, flags = call.arguments[:2]
        if "O_TMPFILE" in flags:  # it has no name
            return
        if "O_CREAT" in flags and path not in self.now:
            self.now[path] = File()
        file = self.now.get(path)
        if file and "O_TRUNC" in flags:
            file.now = b""
        self.at[call.handle] = len(file.now) if file and "O_APPEND" in flags else 0

    def _lseek(self, call: Call) -> None:
        self.at[call.handle] = call.result

    def _write(self, call: Call) -> None:
        at = self.at.get(call.handle, 0)
        self._put(call.arguments[0], at, call.arguments[1][: call.result])
        self.at[call.handle] = at + call.result

    def _pwrite64(self, call: Call) -> None:
        self._put(call.arguments[0], int(call.arguments[3]), call.arguments[1][: call.result])

    def _put(self, path: str, at: int, data: bytes) -> None:
        if file := self.now.get(path):
            before = file.now.ljust(at, b"\0")
            file.now = before[:at] + data + before[at + len(data) :]

    def _ftruncate(self, call: Call) -> None:
        if file := self.now.get(call.arguments[0]):
            size = int(call.arguments[1])
            file.now = file.now[:size].ljust(size, b"\0")

    def _fsync(self, call: Call) -> None:
        path = call.arguments[0]
        if file := self.now.get(path):
            file.kept = file.now
            return
        inside = {name for name in (*self.now, *self.kept) if os.path.dirname(name) == path}  # noqa: PTH120
        for name in inside:
            if name in self.now:
                self.kept[name] = self.now[name]
            else:
                self.kept.pop(name)

    def _rename(self, call: Call) -> None:
        old, new = call.arguments[:2]
        for name in [name for name in self.now if name == old or name.startswith(f"{old}/")]:
            self.now[new + name[len(old) :]] = self.now.pop(name)

    def _unlink(self, call: Call) -> None:
        self.now.pop(call.arguments[0], None)

    def _mkdir(self, call: Call) -> None:
        self.now[call.arguments[0]] = None

    def cuts(self) -> Iterator[tuple[str, dict[str, bytes | None]]]:
        """What may be there if the power fails now: the whole of some ways in which a disk may be behind."""
        gone = {name: file for name, file in self.kept.items() if name in self.now}
        yield "nothing that was not synced", _files(self.kept, lambda file: file.kept)
        yield "all names, no data", _files(self.now, lambda file: file.kept)
        yield "all names, zeros for data", _files(self.now, _zeros)
        yield "all data, no names", _files(self.kept, lambda file: file.now)
        yield "what was taken away, nothing that was made", _files(gone, lambda file: file.kept)


def _zeros(file: File) -> bytes:
    return file.kept[: len(file.now)].ljust(len(file.now), b"\0")


def _files(names: Names, data: Any) -> dict[str, bytes | None]:
    """By path, None for a folder; without the memory that processes share."""
    return {
        name: None if file is None else data(file) for name, file in sorted(names.items()) if not name.endswith("-shm")
    }


def restore(files: dict[str, bytes | None], root: Path, folder: Path) -> None:
    """That, as the folder; what was in a folder whose own name is not on the disk is lost with it."""
    folder.mkdir()
    for name, data in files.items():
        path = folder / Path(name).relative_to(root)
        if not path.parent.is_dir():
            continue
        if data is None:
            path.mkdir()
        else:
            path.write_bytes(data)
