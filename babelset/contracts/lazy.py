"""What is loaded when it is first needed, and ended with the block that may need it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """
    One thing that takes long to make, for any number of threads.

    with Lazy(lambda: Kiwi.load("models/kiwi"), lambda kiwi: None) as kiwi:
        kiwi.get()  # loads it
        kiwi.get()  # the same
    """

    def __init__(self, make: Callable[[], T], end: Callable[[T], None]) -> None:
        self._make, self._end, self._lock = make, end, Lock()
        self._made: list[T] = []

    def get(self) -> T:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

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
