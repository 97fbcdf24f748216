"""Cut a stream into chunks, and keep the engine busy while the next chunk is made."""

from __future__ import annotations

from collections import deque
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


def overlapped(
    items: Iterable[T], work: Callable[[T], R], stop: Callable[[], None], threads: int = 1
) -> Iterator[tuple[T, R]]:
    """
    Each item with its result, in order; the next item is made while `threads` threads work on those before it.

    An exception on either side, or a consumer that goes away, calls `stop` and waits for the work under way.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="babelset") as pool:
        waiting: deque[tuple[T, Future[R]]] = deque()
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        except BaseException:
            stop()
            for _, future in waiting:
                future.cancel()
            raise
