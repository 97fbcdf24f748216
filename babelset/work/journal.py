"""
The journal of an output on its way: `OUT.work/`, which makes it survive being killed at any moment.

OUT.work/run.json             what is being done, with the hashes of the inputs; a resumed run must agree
OUT.work/chunk-00000003.jsonl rows 768..1023, finished; it appears by rename, so existence means done
OUT.work/lock                 held while a process works here
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from filelock import FileLock, Timeout

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, OutputError
from babelset.files.lossless import dumps, loads
from babelset.files.writing import appear, part_of

LOCK, RUN = "lock", "run.json"
_CHUNK = re.compile(r"chunk-(\d{8})\.jsonl")


class Entry(TypedDict):
    """What became of a row: its status, and the row itself or a line of the failed ledger."""

    status: str  # "accepted", "rejected", "scored", "written" or "failed"
    data: dict[str, Any]
    file: NotRequired[str]  # where it goes, when its status does not tell


class Journal:
    """
    Finished chunks of one output. `replace` begins anew where the folder holds another one.

    Raises ConfigError when the folder holds another run (the difference is shown), OutputError when it
    cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, replace: bool = False) -> None:
        self.folder = folder
        self._lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise ConfigError(f"{folder}: another process works on this output; wait for it to end") from None
        except OSError as error:
            raise OutputError(f"{folder}: cannot make the work folder ({error.strerror})") from None
        try:
            self._claim(identity, replace)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _claim(self, identity: Mapping[str, Any], replace: bool) -> None:
        run = self.folder / RUN
        differences = (
            compare(json.loads(run.read_text("utf-8")), json.loads(json.dumps(identity))) if run.exists() else []
        )
        if differences and not replace:
            raise ConfigError(
                f"{self.folder} holds an unfinished run with other options or inputs:",
                *(f"  {line}" for line in differences),
                "Repeat the old command to resume it, or start again with --force",
            )
        if differences:
            _empty(self.folder)
        if not run.exists():
            write_whole(run, [json.dumps(identity, indent=1, sort_keys=True)])

    @property
    def empty(self) -> bool:
        """Whether the folder holds nothing that a resumed run could use."""
        return {path.name for path in self.folder.iterdir()} <= {LOCK, RUN}

    def done(self) -> set[int]:
        names = (_CHUNK.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(match[1]) for match in names if match}

    def write(self, chunk: int, entries: Iterable[Entry]) -> None:
        write_whole(self._path(chunk), (dumps(entry) for entry in entries))

    def read(self) -> Iterator[Entry]:
        """Every entry of every chunk, in order."""
        for chunk in sorted(self.done()):
            with self._path(chunk).open(encoding="utf-8", newline="\n") as file:
                for line in file:
                    yield loads(line)

    def remove(self) -> None:
        """Take the journal away, the lock with the folder: who comes meanwhile begins with a folder of their own."""
        clear(self.folder)

    def _path(self, chunk: int) -> Path:
        return self.folder / f"chunk-{chunk:08d}.jsonl"


def clear(folder: Path) -> None:
    """Remove a work folder that nobody needs any more, its lock last."""
    if not folder.exists():
        return
    _empty(folder)
    (folder / LOCK).unlink(missing_ok=True)
    with suppress(OSError):  # gone, or somebody begins anew in it
        folder.rmdir()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != LOCK:
            path.unlink(missing_ok=True)


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write a file that exists only when it is complete."""
    try:
        with part_of(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        appear(path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); make room, then run the same command again"
        ) from None


def compare(old: Any, new: Any, where: str = "") -> list[str]:
    """`compare({"beam": 1}, {"beam": 4})` -> ["beam: 1 -> 4"]."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [line for key in keys for line in compare(old.get(key), new.get(key), f"{where}.{key}".strip("."))]
    return [] if old == new else [f"{where}: {shorten(old)} -> {shorten(new)}"]
