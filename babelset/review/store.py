"""
What is reviewed and what was decided: one SQLite file beside the run.

>>> store = Store.open(Path("es.review.sqlite"))
>>> store.add(items)
>>> said = {"item": "7c1f...", "verdict": "reject", "reason": "unnatural", "targets": {}, "reviewer": "Anna"}
>>> store.decide(said, based_on=0)["version"]
1

Decisions are only ever added: the versions of an item count from 1, and the newest one counts. What a call has
returned from is kept, also when the process is killed; threads and processes may share the file.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, DataError, OutputError
from babelset.files.lossless import dumps
from babelset.files.writing import part_of
from babelset.review import keeping
from babelset.review.keeping import FORMAT, SIGN, TABLES, saved, unsealed, valid, write_decision, write_item
from babelset.review.record import (
    VERDICTS,
    Conflict,
    Decision,
    Item,
    Said,
    Sort,
    Status,
    Summary,
    Verdict,
    check,
    content,
)
from babelset.work.chunks import chunked
from babelset.work.damage import Damaged, checksum
from babelset.work.database import NAMES
from babelset.work.salvage import exchange

SORTS: Mapping[Sort, str] = {
    "order": "number",
    "worst": "quality IS NULL, quality, failed DESC, number",
    "place": "run, row, number",
}
COLUMNS = "id, number, place, run, verdict, reviewer, excerpt, target, kinds"  # of a summary
IN_ORDER = "SELECT body FROM decisions ORDER BY sequence"
ADDED = 200  # items per transaction
STREAMED = 200  # decisions held in memory


class Store:
    """Raises OutputError where the file cannot be written, and what each method says."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.path, self.mended = path, False
        self._db, self._lock = db, threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Store:
        """
        The store in `path`, made where there is none; ConfigError for a file that is something else.

        One that a disk has damaged is set aside, and said; what can be read of it goes into a new one.
        """
        try:
            return cls._open(path)
        except Damaged as damaged:
            part = part_of(path)
            part.unlink(missing_ok=True)
            with closing(cls._open(part)) as new, new._transaction() as db:
                kept = saved(path, db)
            exchange(path, part, damaged.reason, f"{kept:,} decisions are kept: look whether that is all of them")
            store = cls._open(path)
            store.mended = True
            return store

    @classmethod
    def _open(cls, path: Path) -> Store:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.OperationalError) as error:
            raise OutputError(f"{path}: cannot open the review ({error}); look at the folder's rights") from None
        store = cls(db, path)
        try:
            with store._session():
                store._prepare()
                keeping.check(db)
        except BaseException:
            db.close()
            raise
        return store

    def _prepare(self) -> None:
        self._db.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut, too
        with self._transaction():  # two processes may open a new file at once
            sign, form = (
                self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            if not sign and not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id={SIGN}")
                self._db.execute(f"PRAGMA user_version={FORMAT}")
            elif (sign, form) != (SIGN, FORMAT):
                raise ConfigError(f"{self.path}: not a review of this version of babelset; move it out of the way")
        self._db.execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; its errors name the file."""
        try:
            with self._lock:
                yield self._db
        except sqlite3.OperationalError as error:
            raise OutputError(f"{self.path}: cannot be read or written ({error}); make room, then continue") from None
        except sqlite3.DatabaseError as error:
            where = str(self.path)
            if self.path.suffix not in NAMES:
                raise ConfigError(f"{where}: not a review ({error}); move it out of the way") from None
            raise Damaged(
                f"is damaged ({error}); start the command again, which saves what it can", file=where
            ) from None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._session() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # SQLite itself takes it back where the disk is full
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add(self, items: Iterable[Item]) -> None:
        """Put the items behind those that are there; one whose id is there already stays as it is."""
        for some in chunked(items, ADDED):
            with self._transaction() as db:
                number = db.execute("SELECT coalesce(max(number) + 1, 0) FROM items").fetchone()[0]
                for item in some:
                    number += write_item(db, item, number)

    def listing(self, *, status: Status = "", search: str = "", sort: Sort = "order") -> list[tuple[str, Verdict]]:
        """
        Id and state of all items: a list that keeps its places while rows are decided.

        `search` is looked for in place, id, sources and targets, in either case. "worst" begins with the items of the
        least quality. Raises DataError for an unknown status or order.
        """
        if sort not in SORTS:
            raise DataError(f"unknown order {shorten(sort)}; known: {', '.join(SORTS)}")
        where, values = _where(status, search)
        return self._rows(f"SELECT id, verdict FROM items WHERE {where} ORDER BY {SORTS[sort]}", *values)

    def summaries(self, ids: Sequence[str]) -> list[Summary]:
        """Those of the items that are there, in no order."""
        query = f"SELECT {COLUMNS} FROM items WHERE id IN ({', '.join('?' * len(ids))})"
        return [_summary(row) for row in self._rows(query, *ids)]

    def get(self, id: str) -> Item | None:
        query = "SELECT body FROM bodies WHERE number = (SELECT number FROM items WHERE id = ?)"
        return next((json.loads(body) for (body,) in self._rows(query, id)), None)

    def items(self) -> Iterator[Item]:
        """All of them, in order, one at a time."""
        return (item for id, _ in self.listing() if (item := self.get(id)))

    def decision(self, id: str, version: int | None = None) -> Decision | None:
        """The newest one, or that version of it."""
        query = (
            "SELECT body FROM decisions WHERE item = ? AND version = ifnull(?, version) ORDER BY version DESC LIMIT 1"
        )
        return next((unsealed(body) for (body,) in self._rows(query, id, version)), None)

    def decide(self, said: Said, *, based_on: int) -> Decision:
        """
        Add a version to those of the item, and take back the reviewer's draft.

        `based_on` is the version that the reviewer saw, 0 for none: raises Conflict where there is a newer one, but
        gives back that one where it says the same, so that a repeated call is harmless. Raises DataError for an
        unknown item or verdict, segments that the item has not, and corrections that are none or nobody's.
        """
        item = self.get(said["item"])
        if item is None:
            raise DataError(f"there is no item {shorten(said['item'])} in {self.path}")
        check(said, item)
        with self._transaction() as db:
            newest: Decision | None = self.decision(said["item"])
            version = newest["version"] if newest else 0
            if newest and version == based_on + 1 and content(newest) == content(said):
                return newest
            if newest and version != based_on:
                raise Conflict(newest)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            made: Decision = {**content(said), "version": version + 1, "at": now}
            write_decision(db, made)
        return made

    def draft(self, id: str, reviewer: str) -> dict[str, Any] | None:
        """What the reviewer has not yet saved."""
        query = "SELECT body FROM drafts WHERE item = ? AND reviewer = ?"
        return next((json.loads(body) for (body,) in self._rows(query, id, valid(reviewer))), None)

    def keep_draft(self, id: str, reviewer: str, draft: dict[str, Any] | None) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM drafts WHERE item = ? AND reviewer = ?", (id, valid(reviewer)))
            if draft is not None:
                db.execute("INSERT INTO drafts VALUES (?, ?, ?)", (id, valid(reviewer), dumps(draft)))

    def changes(self, since: int) -> tuple[int, list[Decision]]:
        """The number of the last decision, and those that came after number `since`; only the number for -1."""
        if since < 0:
            return self._rows("SELECT coalesce(max(sequence), 0) FROM decisions")[0][0], []
        rows = self._rows("SELECT sequence, body FROM decisions WHERE sequence > ? ORDER BY sequence", since)
        return (rows[-1][0] if rows else since), [unsealed(body) for _, body in rows]

    def progress(self) -> dict[str, int]:
        """{"items": 36, "open": 30, "accept": 4, "reject": 1, "correct": 1}"""
        counts = dict(self._rows("SELECT verdict, count(*) FROM items GROUP BY verdict"))
        return {"items": sum(counts.values()), **{verdict: counts.get(verdict, 0) for verdict in VERDICTS}}

    def decisions(self) -> Iterator[Decision]:
        """The newest decision of each item that has one, in the order of the items, "open" ones too."""
        last = -1
        query = """
            SELECT number, body FROM items JOIN decisions ON item = id AND number > ? AND version =
            (SELECT max(version) FROM decisions WHERE item = id) ORDER BY number LIMIT ?
        """
        while rows := self._rows(query, last, STREAMED):
            last = rows[-1][0]
            yield from (unsealed(body) for _, body in rows)

    def digest(self) -> str:
        """What tells these decisions from others."""
        with self._session() as db:
            return checksum("decisions", *(body.encode() for (body,) in db.execute(IN_ORDER))).hex()

    def setting(self, name: str) -> str | None:
        return next((value for (value,) in self._rows("SELECT value FROM settings WHERE name = ?", name)), None)

    def set(self, name: str, value: str) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._session() as db:
            return db.execute(query, values).fetchall()


def _where(status: str, search: str) -> tuple[str, list[str]]:
    if status and status not in VERDICTS:
        raise DataError(f"unknown status {shorten(status)}; known: {', '.join(VERDICTS)}")
    clauses, values = ["1"], list[str]()
    if status:
        clauses.append("verdict = ?")
        values.append(status)
    if search:
        clauses.append("number IN (SELECT number FROM texts WHERE instr(text, ?))")
        values.append(valid(search).casefold())
    return " AND ".join(clauses), values


def _summary(row: Sequence[Any]) -> Summary:
    id, number, place, run, verdict, reviewer, excerpt, target, kinds = row
    return {
        "id": id, "number": number, "place": place, "run": run, "verdict": verdict, "reviewer": reviewer,
        "excerpt": excerpt, "target": target, "kinds": json.loads(kinds),
    }  # fmt: skip
