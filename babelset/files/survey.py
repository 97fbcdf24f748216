"""What is known of input files before the work begins, from one look at them: which they are, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import IO, Any, NotRequired, TypedDict

from babelset.errors import DataError
from babelset.files.compression import opened, size_of
from babelset.files.hub import Blob, HubName, blobs, cached, is_hub, local
from babelset.files.hubsplits import expanded
from babelset.files.reading import PASSING, count_of, format_of, note_on, rows_of
from babelset.files.row import BadRow, Row
from babelset.files.shard import Shard, Within
from babelset.files.state import State

FIRST = 20  # rows that a schema is recognised from
COUNTED = 50_000_000  # bytes of input whose rows are counted, to tell how long the work will take


class Fingerprint(TypedDict):
    """
    How a file is known again: name, of the hub with its commit, size in bytes, and one hash.

    It is 128 bits of xxh3; of a file of the hub what the hub knows it by, before anything of it is fetched.
    """

    file: str
    bytes: int
    xxh3_128: NotRequired[str]
    sha256: NotRequired[str]
    git_sha1: NotRequired[str]


def digest_of(known: Mapping[str, Any]) -> str:
    """The hash in a fingerprint, or in what a manifest holds of one."""
    return str(next((known[kind] for kind in ("xxh3_128", "sha256", "git_sha1") if kind in known), ""))


@dataclass
class Survey:
    """`first` are the rows at the beginning; `total` is None where there is too much to count."""

    paths: list[Path] = field(default_factory=list)
    files: list[Fingerprint] = field(default_factory=list)
    first: list[Row | BadRow] = field(default_factory=list)
    total: int | None = None
    notes: list[str] = field(default_factory=list)  # what to know of how the files are read
    counts: list[int] = field(default_factory=list)  # rows of each file, where they were counted
    states: dict[Path, tuple[State | None, Fingerprint]] = field(default_factory=dict)  # None: not looked at yet
    format: str | None = None

    def check(self, rows: Iterable[Row | BadRow] | None = None) -> None:
        """
        Raise DataError for a file that has changed since; with `rows` look only at those that they came from.

        Rows that are checked after they were read are rows of the files whose hashes are in `files`.
        """
        for path in self.states if rows is None else {Path(row.file) for row in rows}:
            state, known = self.states[path]
            if state is not None:
                state.check(path)
            if state is None or state.touched(path):
                self.states[path] = self._again(path, known), known

    def within(self, shard: Shard | None, chunk: int) -> Within | None:
        """The rows of a shard, which are counted already; None for all rows."""
        return None if shard is None else Within(shard.rows(self.total or 0, chunk), self.counts)

    def left(self, within: Within | None, done: Container[int], chunk: int) -> tuple[int, Within | None]:
        """
        The first chunk that is not `done`, and the rows from there on; all rows where none can be passed over.

        So a run that was killed goes on nearly as soon after ten million rows as after ten thousand.
        """
        first = next(number for number in count() if number not in done)
        passing = all(isinstance(format_of(path, self.format), PASSING) and not is_hub(path) for path in self.paths)
        if not first or not passing:
            return 0, within
        self.counts = self.counts or [self._count(path) for path in self.paths]
        rows = within.rows if within else range(sum(self.counts))
        first = min(first, len(rows) // chunk)
        return first, Within(rows[first * chunk :], self.counts)

    def _count(self, path: Path) -> int:
        with opened(path) as file:
            return count_of(file, path, self.format)

    def _again(self, path: Path, known: Fingerprint) -> State:
        with opened(path) as file:
            state = State.of(file)
            if _fingerprint(str(path), file, known) != known:
                what = "has changed while it was read: it holds something else, though size and time are as before"
                here = f"{what}; start again" if not is_hub(path) else f"is not what the hub has: remove {local(path)}"
                raise DataError(here, file=str(path))
            self._note(path, file)
            return state

    def _note(self, path: Path, file: IO[bytes]) -> None:
        file.seek(0)
        note = note_on(file, path, self.format)
        if note and note not in self.notes:
            self.notes.append(note)

    def look(self, path: str, file: IO[bytes], count: bool) -> None:
        """At the first rows of an open file, where they are among the first of all, and how many it has."""
        self._note(Path(path), file)
        file.seek(0)
        self.first += islice(rows_of(file, Path(path), self.format, len(self.first)), FIRST - len(self.first))
        if count:
            file.seek(0)
            self.counts.append(count_of(file, Path(path), self.format))


def survey(
    paths: Sequence[str], *, format: str | None = None, count: bool = True, shard: Shard | None = None
) -> Survey:
    """
    Look at the files once: each is opened one time. For a `shard` rows are counted, however many. Raises as `read`.

    >>> survey(["alpaca.jsonl"]).total
    999

    Of files of the hub only those are fetched that hold the first rows, unless rows are counted.
    """
    paths = expanded(paths)
    found = Survey(list(map(Path, paths)), format=format)
    there = blobs([path for path in paths if is_hub(path)])
    counted = shard is not None or (count and _small(paths, there))
    for path in paths:
        if blob := there.get(path):
            format_of(Path(path), format)
            found.files.append(_known_as(path, blob.bytes, blob.kind, blob.digest))
            found.states[Path(path)] = None, found.files[-1]
            if counted or len(found.first) < FIRST:
                with opened(Path(path)) as file:
                    found.look(path, file, counted)
            continue
        with opened(Path(path)) as file:
            state = State.of(file)
            found.files.append(_fingerprint(path, file))
            found.states[Path(path)] = state, found.files[-1]
            found.look(path, file, counted)
    found.total = sum(found.counts) if counted else None
    return found


def _small(paths: Sequence[str], there: Mapping[str, Blob]) -> bool:
    """Whether the rows can be counted in no time: the files are small, and no more than the first is to be fetched."""
    if not all(cached(name, name.path) for name in map(HubName.of, filter(is_hub, paths[1:]))):
        return False
    local_paths = (Path(path) for path in paths if path not in there)
    sizes = [path.stat().st_size for path in local_paths if path.is_file()]
    return sum(sizes) + sum(blob.bytes for blob in there.values()) <= COUNTED


def first_rows(paths: Sequence[str], format: str | None = None) -> list[Row | BadRow]:
    """The rows at the beginning; each file is opened, but none is read to its end. Raises as `read`."""
    found: list[Row | BadRow] = []
    for path in expanded(paths):
        with opened(Path(path)) as file:
            note_on(file, Path(path), format)  # which refuses a format that is not known
            file.seek(0)
            found += islice(rows_of(file, Path(path), format, len(found)), FIRST - len(found))
    return found


def fingerprint(path: Path) -> Fingerprint:
    """Raises DataError for a file that cannot be read."""
    with opened(path) as file:
        return _fingerprint(str(path), file)


def _fingerprint(path: str, file: IO[bytes], like: Mapping[str, Any] | None = None) -> Fingerprint:
    """Of an open file; with the kind of hash that it has in `like`."""
    import xxhash

    file.seek(0)
    kind = next((kind for kind in ("sha256", "git_sha1") if kind in (like or {})), "xxh3_128")
    digest: Any = xxhash.xxh3_128() if kind == "xxh3_128" else hashlib.new(kind.removeprefix("git_"))
    if kind == "git_sha1":
        digest.update(b"blob %d\0" % size_of(file))
    size = 0
    while block := file.read(1 << 20):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return _known_as(path, size, kind, digest.hexdigest())


def _known_as(path: str, size: int, kind: str, digest: str) -> Fingerprint:
    name = path if is_hub(path) else Path(path).name
    return {"file": name, "bytes": size, kind: digest}  # type: ignore[misc]
