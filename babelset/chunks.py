"""Cut a stream into chunks, and keep the engine busy while the next chunk is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`chunked("abcde", 2)` -> ["a", "b"], ["c", "d"], ["e"]; itertools.batched came with Python 3.12."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def overlapped(items: Iterable[T], work: Callable[[T], R], stop: Callable[[], None]) -> Iterator[tuple[T, R]]:
    """
    Each item with its result, in order; the next item is made while one thread works on this one.

    An exception on either side, or a consumer that goes away, calls `stop` and waits for the work under way.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="babelset") as pool:
        waiting: tuple[T, Future[R]] | None = None
        try:
            for item in items:
                following = item, pool.submit(work, item)
                if waiting:
                    yield waiting[0], waiting[1].result()
                waiting = following
            if waiting:
                yield waiting[0], waiting[1].result()
        except BaseException:
            stop()
            raise
