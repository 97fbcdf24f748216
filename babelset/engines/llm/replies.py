"""
Every reply of a model, kept until its run is complete: what has been paid for is never asked again.

A run that was killed asks the same requests in the same order, and gets from here what had come before the end; so
it goes the way that it would have gone.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from babelset.engines.llm.budget import Budget, Claim, Usage
from babelset.engines.llm.request import ChatChoice, Reply
from babelset.errors import OutputError

_TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB PRIMARY KEY, choices TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looked (key BLOB PRIMARY KEY, found INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (name TEXT PRIMARY KEY, amount REAL NOT NULL);
"""
_LOOKUP = 500  # keys per query
COUNTED = ("requests", "retries", "uncounted", "prompt_tokens", "completion_tokens")  # of a budget


class Replies:
    """
    Replies by `Request.key`, in one SQLite file; a crash loses nothing that `put` returned from.

    Replies without choices are not kept: another day may bring them. Raises OutputError where the file cannot be
    written. Threads may share it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")  # safe against kill -9
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"{path}: cannot keep replies here ({error}); make room, or name another output"
            ) from None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        found = {}
        for start in range(0, len(keys), _LOOKUP):
            some = keys[start : start + _LOOKUP]
            with self._lock:
                rows = self._db.execute(
                    f"SELECT * FROM replies WHERE key IN ({','.join('?' * len(some))})", some
                ).fetchall()
            for key, choices, prompt, completion in rows:
                found[key] = Reply(tuple(ChatChoice(*choice) for choice in json.loads(choices)), prompt, completion)
        return found

    def put(self, items: Iterable[tuple[bytes, Reply]]) -> None:
        rows = [
            (
                key,
                json.dumps([(choice.text, choice.finish) for choice in reply.choices]),
                reply.prompt_tokens,
                reply.completion_tokens,
            )
            for key, reply in items
            if reply.choices
        ]
        self._write("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", rows)

    def note(self, **spent: float) -> None:
        """Keep these amounts in the place of those of the same name."""
        self._write("INSERT OR REPLACE INTO spent VALUES (?, ?)", list(spent.items()))

    def noted(self) -> dict[str, float]:
        with self._lock:
            return dict(self._db.execute("SELECT name, amount FROM spent"))

    def look(self, key: bytes, found: int) -> None:
        """Keep what a look at the answers to one request has found, 0 for none; the highest stays."""
        statement = "INSERT INTO looked VALUES (?, ?) ON CONFLICT DO UPDATE SET found = max(found, excluded.found)"
        self._write(statement, [(key, found)])

    def looked(self) -> tuple[int, dict[bytes, int]]:
        """How many requests `look` has kept, and what was found in which; of this process and those before it."""
        with self._lock:
            [count] = self._db.execute("SELECT count(*) FROM looked").fetchone()
            return count, dict(self._db.execute("SELECT key, found FROM looked WHERE found > 0"))

    def totals(self) -> dict[str, int]:
        """Requests that were answered, and their tokens, by this process and those before it."""
        query = "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) FROM replies"
        with self._lock:
            requests, prompt, completion = self._db.execute(query).fetchone()
        return {"requests": requests, "prompt_tokens": prompt, "completion_tokens": completion}

    def close(self) -> None:
        self._db.close()

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(statement, rows)
                self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"{self.path}: cannot keep replies ({error}); make room, then run the same command again"
            ) from None


@dataclass
class KeptBudget(Budget):
    """
    A budget that killed processes have drawn on too.

    KeptBudget(max_requests=1000).keep_in(replies)

    Every request is on disk before it is sent, those in flight at their worst price, so that no kill makes a run
    send or spend more than it was allowed.
    """

    replies: Replies | None = None

    def keep_in(self, replies: Replies) -> None:
        """Go on from what stands there; requests of this process are written down there too."""
        done = replies.noted()
        self.replies = replies
        for name in COUNTED:
            setattr(self, name, int(done.get(name, 0)))
        # money of a process that knew no prices is counted now
        self.cost = done.get("cost") or self._price(Usage(self.prompt_tokens, self.completion_tokens))

    @asynccontextmanager
    async def claim(self, worst: Usage, *, retry: bool = False) -> AsyncIterator[Claim]:
        try:
            async with super().claim(worst, retry=retry) as claim:
                self._note()
                yield claim
        finally:
            self._note()

    def _note(self) -> None:
        if self.replies:
            counts = {name: getattr(self, name) for name in COUNTED}
            self.replies.note(**counts, cost=self.cost + self._claimed)
