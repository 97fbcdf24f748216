"""What is known of input files before the work begins, from one look at them: which they are, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, TypedDict

from babelset.errors import DataError
from babelset.files.compression import opened
from babelset.files.hub import is_hub, local
from babelset.files.hubsplits import expanded
from babelset.files.reading import count_of, note_on, rows_of
from babelset.files.row import BadRow, Row
from babelset.files.shard import Shard, Within
from babelset.files.state import State

FIRST = 20  # rows that a schema is recognised from
COUNTED = 50_000_000  # bytes of input whose rows are counted, to tell how long the work will take


class Fingerprint(TypedDict):
    """How a file is known again: name, of the hub with its commit, size in bytes, and 128 bits of xxh3."""

    file: str
    bytes: int
    xxh3_128: str


@dataclass
class Survey:
    """`first` are the rows at the beginning; `total` is None where there is too much to count."""

    files: list[Fingerprint] = field(default_factory=list)
    first: list[Row | BadRow] = field(default_factory=list)
    total: int | None = None
    notes: list[str] = field(default_factory=list)  # what to know of how the files are read
    counts: list[int] = field(default_factory=list)  # rows of each file, where they were counted
    states: dict[Path, tuple[State, Fingerprint]] = field(default_factory=dict)

    def check(self, rows: Iterable[Row | BadRow] | None = None) -> None:
        """
        Raise DataError for a file that has changed since; with `rows` look only at those that they came from.

        Rows that are checked after they were read are rows of the files whose hashes are in `files`.
        """
        for path in self.states if rows is None else {Path(row.file) for row in rows}:
            state, known = self.states[path]
            state.check(path)
            if state.touched(path):
                self.states[path] = self._again(path, known), known

    def within(self, shard: Shard | None, chunk: int) -> Within | None:
        """The rows of a shard, which are counted already; None for all rows."""
        return None if shard is None else Within(shard.rows(self.total or 0, chunk), self.counts)

    def _again(self, path: Path, known: Fingerprint) -> State:
        with opened(path) as file:
            state = State.of(file)
            if _fingerprint(str(path), file) != known:
                what = "it holds something else, though size and time are as before"
                raise DataError(f"has changed while it was read: {what}; start again", file=str(path))
            return state


def survey(
    paths: Sequence[str], *, format: str | None = None, count: bool = True, shard: Shard | None = None
) -> Survey:
    """
    Look at the files once: each is opened one time. For a `shard` rows are counted, however many. Raises as `read`.

    >>> survey(["alpaca.jsonl"]).total
    999
    """
    found, number, paths = Survey(), 0, expanded(paths)
    small = count and sum(path.stat().st_size for path in map(local, paths) if path.is_file()) <= COUNTED
    counted = small or shard is not None
    for path in paths:
        with opened(Path(path)) as file:
            state = State.of(file)
            found.files.append(_fingerprint(path, file))
            found.states[Path(path)] = state, found.files[-1]
            if note := note_on(file, Path(path), format):
                found.notes.append(note)
            file.seek(0)
            rows = rows_of(file, Path(path), format, number)
            found.first += islice(rows, FIRST - len(found.first))
            if counted:
                file.seek(0)
                found.counts.append(count_of(file, Path(path), format))
            number = max(sum(found.counts), len(found.first))
    found.total = sum(found.counts) if counted else None
    return found


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


def _fingerprint(path: str, file: IO[bytes]) -> Fingerprint:
    import xxhash

    digest, size = xxhash.xxh3_128(), 0
    while block := file.read(1 << 20):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return {"file": path if is_hub(path) else Path(path).name, "bytes": size, "xxh3_128": digest.hexdigest()}
