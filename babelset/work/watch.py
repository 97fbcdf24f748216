"""Who looks on while a command works."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Watch:
    """
    Who is told of progress: `translate(job, Watch(say=print))`.

    Each function is called with what happened since its last call.
    """

    say: Callable[[str], None] = lambda message: None
    total: Callable[[int], None] = lambda count: None  # rows of the whole work, where they were counted
    rows: Callable[[int], None] = lambda count: None
    warn: Callable[[str], None] = logging.getLogger("babelset").warning  # of damage, also where all else is quiet
    segments: Callable[[int], None] = lambda count: None


@dataclass
class Ahead:
    """
    Progress within a batch, told to `tell` as answers come: never more than was begun, in the end what was done.

    >>> ahead = Ahead(watch.segments)
    >>> ahead.begin(40); ahead.heard(3); ahead.done(40)     # tells 3, then 37

    What is asked for again is heard again, so `heard` is a guess that `done` sets right. For any threads.

    A batch that is begun with `rows` and closed by `end` tells these to `rows` meanwhile, by its share that was told.
    """

    tell: Callable[[int], None] = lambda count: None
    rows: Callable[[int], None] = lambda count: None
    _begun: int = 0
    _told: int = 0
    _done: int = 0
    _ended: int = 0
    _rows_begun: int = 0
    _rows_told: int = 0
    _rows_ended: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self, count: int, rows: int = 0) -> None:
        with self._lock:
            self._begun += count
            self._rows_begun += rows

    def heard(self, count: int) -> None:
        with self._lock:
            self._upto(min(self._told + count, self._begun))

    def done(self, count: int) -> None:
        with self._lock:
            self._done += count
            self._upto(self._done)

    def end(self, count: int, rows: int) -> None:
        """All that was begun with these rows is done."""
        with self._lock:
            self._ended += count
            self._rows_ended += rows
            self._upto(self._done)

    def _upto(self, count: int) -> None:
        if count > self._told:
            new, self._told = count - self._told, count
            self.tell(new)
        share = (self._told - self._ended) / max(self._begun - self._ended, 1)
        rows = self._rows_ended + int(share * (self._rows_begun - self._rows_ended))
        if rows > self._rows_told:
            new, self._rows_told = rows - self._rows_told, rows
            self.rows(new)
