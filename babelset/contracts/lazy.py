"""What is loaded when it is first needed, and ended with the block that may need it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Generic, Self, TypeVar

from babelset.errors import Stopped

T = TypeVar("T")


class Lazy(Generic[T]):
    """
    One thing that takes long to make, for any number of threads.

    with Lazy(lambda: Kiwi.load("models/kiwi"), lambda kiwi: None) as kiwi:
        kiwi.get()  # loads it
        kiwi.get()  # the same
        kiwi.halt()
        kiwi.get()  # raises Stopped
    """

    def __init__(
        self, make: Callable[[], T], end: Callable[[T], None], stop: Callable[[T], None] = lambda made: None
    ) -> None:
        self._make, self._end, self._stop, self._lock = make, end, stop, Lock()
        self._made: list[T] = []
        self._halted = Event()

    def get(self) -> T:
        with self._lock:
            if not self._made and not self._halted.is_set():
                self._made.append(self._make())
            if self._halted.is_set():  # also while it was being made
                raise Stopped
            return self._made[0]

    def halt(self) -> None:
        """Tell it to stop; who needs it afterwards gets Stopped. Waits for nothing, also not for its being made."""
        self._halted.set()
        for made in list(self._made):
            self._stop(made)

    @property
    def made(self) -> T | None:
        """It, where somebody needed it."""
        return next(iter(self._made), None)

    def close(self) -> None:
        """End it; who needs it afterwards gets a new one."""
        with self._lock:
            while self._made:
                self._end(self._made.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
