"""
The journal of an output on its way: `OUT.work/`, which makes it survive being killed at any moment.

OUT.work/run.json             what is being done, with the hashes of the inputs; a resumed run must agree
OUT.work/chunk-00000003.jsonl rows 768..1023, finished; it appears by rename, so existence means done
OUT.work/try-00000004         how often a worker of a cluster has begun with a chunk; see translation.cluster
OUT.work/*.sqlite             replies that were paid for; they stay whatever becomes of the rest, and go last
OUT.work/lock                 held while a process works here

Each has a checksum, of the run too: what is damaged, or of another run, is set aside, and its rows are done again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from filelock import FileLock, Timeout

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, OutputError
from babelset.files.lossless import loads, spelt
from babelset.files.writing import make_folder, sync, write_whole
from babelset.work.damage import (
    SEAL,
    Damaged,
    check_lines,
    checksum,
    read_sealed,
    sealed_lines,
    set_aside,
    write_sealed,
)

LOCK, RUN, PUBLISH = "lock", "run.json", "publish.json"
_CHUNK = re.compile(r"chunk-(\d{8})\.jsonl")
_TRY = re.compile(r"try-\d+(\.\d+)?")
_PAID = re.compile(r".*\.sqlite(-\w+)?")
_OURS = re.compile(rf"({_CHUNK.pattern}|{PUBLISH}|{RUN})(\.part)?|{_TRY.pattern}|{_PAID.pattern}|{LOCK}")


class Entry(TypedDict):
    """What became of a row: its status, and the row itself or a line of the failed ledger."""

    status: str  # "accepted", "rejected", "scored", "used", "written" or "failed"
    data: dict[str, Any]
    file: NotRequired[str]  # where it goes, when its status does not tell
    place: NotRequired[list[int | str]]  # in the output, of what is sorted


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where finished chunks of one run are; of a run that several processes work on, each has a copy of this."""

    folder: Path
    run: str  # its checksum

    def write(self, chunk: int, entries: Iterable[Entry]) -> None:
        write_whole(self.path(chunk), sealed_lines(map(spelt, entries), self.of(chunk)))

    def path(self, chunk: int) -> Path:
        return self.folder / f"chunk-{chunk:08d}.jsonl"

    def of(self, chunk: int) -> str:
        """What a chunk's checksum is of, besides its lines."""
        return f"{self.run} {chunk}"


class Journal:
    """
    Finished chunks of one output. `replace` begins anew where the folder holds another one.

    Raises ConfigError when the folder holds another run (the difference is shown) or files of somebody else,
    OutputError when it cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, replace: bool = False) -> None:
        self.folder = folder
        self.chunks = Chunks(folder, checksum("run", json.dumps(identity, sort_keys=True).encode()).hex())
        self._lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
        try:
            make_folder(folder)
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
        before = self._before()
        differences = [] if before is None else compare(before, json.loads(json.dumps(identity)))
        if differences and not replace:
            raise ConfigError(
                f"{self.folder} holds an unfinished run with other options or inputs:",
                *(f"  {line}" for line in differences),
                "Repeat the old command to resume it, or start again with --force",
            )
        if differences:
            (self.folder / PUBLISH).unlink(missing_ok=True)
            _empty(self.folder)
        if before is None or differences:
            write_sealed(self.folder / RUN, identity)
        for chunk in sorted(self.done()):
            try:
                check_lines(self.chunks.path(chunk), self.chunks.of(chunk))
            except Damaged as damaged:
                set_aside(self.chunks.path(chunk), str(damaged))

    def _before(self) -> dict[str, Any] | None:
        """What was being done here, None where nothing was, or nobody can tell."""
        try:
            return read_sealed(self.folder / RUN)
        except Damaged as damaged:
            set_aside(self.folder / RUN, str(damaged))
        except FileNotFoundError:
            pass
        if strange := next((path for path in self.folder.iterdir() if not _OURS.fullmatch(path.name)), None):
            raise ConfigError(f"{strange} is nothing of ours, and the folder would be emptied; move it away")
        return None

    @property
    def empty(self) -> bool:
        """Whether the folder holds nothing that a resumed run could use."""
        return not self.folder.exists() or {path.name for path in self.folder.iterdir()} <= {LOCK, RUN}

    def done(self) -> set[int]:
        names = (_CHUNK.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(match[1]) for match in names if match}

    def read(self) -> Iterator[Entry]:
        """Every entry of every chunk, in order; OutputError where one was damaged since."""
        for chunk in sorted(self.done()):
            path = self.chunks.path(chunk)
            try:
                check_lines(path, self.chunks.of(chunk))
            except Damaged as damaged:
                set_aside(path, str(damaged), "to be made again")
                raise OutputError(f"{path} was damaged just now: look at the disk, then run the same command") from None
            with path.open("rb") as file:
                yield from map(_entry, filter(lambda line: not line.startswith(SEAL), file))

    def remove(self, *, keep_paid: bool = False) -> None:
        """Take the journal away, the lock with the folder; all of it, or all but what was paid for, if there is any."""
        if not self.folder.is_dir():  # it has gone already
            return
        _empty(self.folder)
        if not (keep_paid and any(_PAID.fullmatch(path.name) for path in self.folder.iterdir())):
            _remove(self.folder)


def _entry(line: bytes) -> Entry:
    """Nothing keeps the line while its entry is written, or makes copies of it: of a row of 30 MB it is 500."""
    entry: Entry = loads(line)
    return entry


def clear(folder: Path) -> None:
    """Remove what a finished output left; not what somebody works in, nor what is still to replace that output."""
    if not folder.is_dir() or ((folder / RUN).exists() and not (folder / PUBLISH).exists()):
        return
    with suppress(Timeout, OSError), FileLock(folder / LOCK, timeout=0):
        if all(_OURS.fullmatch(path.name) for path in folder.iterdir()):
            _remove(folder)


def _remove(folder: Path) -> None:
    """What was paid for goes late, the lock last; whoever is killed leaves what `clear` knows."""
    last = (RUN, PUBLISH, LOCK)
    for path in sorted(folder.iterdir(), key=lambda path: last.index(path.name) if path.name in last else -1):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # gone, or somebody begins anew in it
        folder.rmdir()
        sync(folder.parent)


def _empty(folder: Path) -> None:
    """Remove all but what was paid for, and what says whose it is and how far it came."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in (RUN, PUBLISH, LOCK) and not _PAID.fullmatch(path.name):
            path.unlink(missing_ok=True)


def compare(old: Any, new: Any, where: str = "") -> list[str]:
    """`compare({"beam": 1}, {"beam": 4})` -> ["beam: 1 -> 4"]."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [line for key in keys for line in compare(old.get(key), new.get(key), f"{where}.{key}".strip("."))]
    return [] if old == new else [f"{where}: {shorten(old)} -> {shorten(new)}"]
