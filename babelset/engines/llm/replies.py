"""
Every reply of a model, kept until its run is complete: what has been paid for is never asked again.

A run that was killed asks the same requests in the same order, and gets from here what had come before the end; so
it goes the way that it would have gone.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from babelset.engines.llm.budget import Budget, Claim, Usage
from babelset.engines.llm.request import ChatChoice, Reply
from babelset.errors import OutputError
from babelset.work.database import Database, Kind

KIND = Kind(
    "replies",
    0x62734C41,
    {
        "replies": "key BLOB PRIMARY KEY, choices TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, "
        "completion_tokens INTEGER NOT NULL",
        "looked": "key BLOB PRIMARY KEY, found INTEGER NOT NULL",
        "spent": "name TEXT PRIMARY KEY, amount REAL NOT NULL",
    },
    "make room, then run the same command again",
)
COUNTED = ("requests", "retries", "uncounted", "prompt_tokens", "completion_tokens")  # of a budget


class Replies:
    """
    Replies by `Request.key`, in one SQLite file; a crash, also of the machine, loses nothing that was kept.

    Replies without choices are not kept: another day may bring them. Raises OutputError where the file cannot be
    written. Threads may share it. What `look` and `note` say is kept with the next reply, or by `flush`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path, self._database = path, Database(path, KIND)
        self._lock, self._turn = threading.RLock(), asyncio.Lock()
        self._looks, self._notes = dict[bytes, int](), dict[str, float]()
        self._waiting: list[tuple[bytes, Reply]] = []
        self._rounds = 0
        self._failed: OutputError | None = None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Reply]:
        found = {}
        for key, (choices, prompt, completion) in self._database.get("replies", keys).items():
            with suppress(ValueError, TypeError):  # an entry of an earlier version, which has no checksum
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
        with self._lock:
            looks, notes = self._looks, self._notes
            self._looks, self._notes = {}, {}
            before = self._database.get("looked", list(looks))
            looked = [(key, max(found, *before.get(key, (0,)))) for key, found in looks.items()] if looks else []
            self._database.put({"replies": rows, "looked": looked, "spent": list(notes.items())})

    async def keep(self, *items: tuple[bytes, Reply]) -> None:
        """`put`, with all that is to be kept meanwhile: the disk is waited for once, and nobody else waits for it."""
        self._waiting += items
        before = self._rounds
        async with self._turn:
            if self._failed:  # with what others had given to it
                raise self._failed
            if self._rounds > before:  # which took this along
                return
            self._rounds += 1
            given, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self.put, given)
            except OutputError as error:
                self._failed = error
                raise

    def flush(self) -> None:
        """Keep what `look` and `note` have said."""
        if self._looks or self._notes:
            self.put(())

    def note(self, **spent: float) -> None:
        """Keep these amounts in the place of those of the same name."""
        with self._lock:
            self._notes |= {name: float(amount) for name, amount in spent.items()}

    def noted(self) -> dict[str, float]:
        self.flush()
        return dict(self._database.where("spent", "1"))

    def look(self, key: bytes, found: int) -> None:
        """Keep what a look at the answers to one request has found, 0 for none; the highest stays."""
        with self._lock:
            self._looks[key] = max(found, self._looks.get(key, 0))

    def looked(self) -> tuple[int, dict[bytes, int]]:
        """How many requests `look` has kept, and what was found in which; of this process and those before it."""
        self.flush()
        [count] = self._database.one("SELECT count(*) FROM looked")
        return count, dict(self._database.where("looked", "found > 0"))

    def totals(self) -> dict[str, int]:
        """Requests that were answered, and their tokens, by this process and those before it."""
        query = "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) FROM replies"
        requests, prompt, completion = self._database.one(query)
        return {"requests": requests, "prompt_tokens": prompt, "completion_tokens": completion}

    def close(self) -> None:
        with suppress(OutputError):  # the output is finished, and this was removed
            self.flush()
        self._database.close()


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
    async def claim(
        self, worst: Usage, *, retry: bool = False, check: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Claim]:
        try:
            async with super().claim(worst, retry=retry, check=check) as claim:
                self._note()
                if self.replies:  # with what came before: replies that wait for the disk are of requests in flight
                    await self.replies.keep()
                yield claim
        finally:
            self._note()

    def _note(self) -> None:
        if self.replies:
            counts = {name: getattr(self, name) for name in COUNTED}
            self.replies.note(**counts, cost=self.cost + self._claimed)
