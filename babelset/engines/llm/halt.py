"""One sign to stop, for threads and for event loops."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from babelset.errors import Stopped


class Halt:
    """
    Set once, from any thread; whoever sleeps by it wakes at once.

    halt = Halt()
    await halt.sleep(500)        # raises Stopped as soon as somebody says halt.set()
    halt.check()                 # raises Stopped if somebody has
    """

    def __init__(self) -> None:
        self._set, self._lock = threading.Event(), threading.Lock()
        self._asleep: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def set(self) -> None:
        self._set.set()
        with self._lock:
            for loop, alarm in self._asleep:
                with suppress(RuntimeError):  # the loop has been closed
                    loop.call_soon_threadsafe(alarm.set)

    def is_set(self) -> bool:
        return self._set.is_set()

    def check(self) -> None:
        if self._set.is_set():
            raise Stopped

    async def sleep(self, seconds: float) -> None:
        sleeper = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._asleep.add(sleeper)
        try:
            self.check()
            with suppress(TimeoutError):
                await asyncio.wait_for(sleeper[1].wait(), seconds)
            self.check()
        finally:
            with self._lock:
                self._asleep.discard(sleeper)
