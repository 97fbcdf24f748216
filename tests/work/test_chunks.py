from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from babelset.work.chunks import chunked, overlapped


@pytest.mark.parametrize(
    ("items", "chunks"), [("", []), ("ab", [["a", "b"]]), ("abcde", [["a", "b"], ["c", "d"], ["e"]])]
)
def test_chunked(items: str, chunks: list[list[str]]) -> None:
    assert list(chunked(items, 2)) == chunks


def test_overlapped_keeps_the_order() -> None:
    assert list(overlapped(range(5), lambda n: n * n, lambda: None)) == [(n, n * n) for n in range(5)]


def test_the_next_item_is_made_while_the_work_goes_on() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        made.set()
        yield 1

    assert [n for n, waited in overlapped(items(), lambda n: made.wait(5), lambda: None) if waited] == [0, 1]


@pytest.mark.parametrize("where", ["items", "work", "consumer"])
def test_an_exception_anywhere_stops_the_engine(where: str) -> None:
    stopped = threading.Event()

    def items() -> Iterator[int]:
        yield from range(3)
        if where == "items":
            raise RuntimeError(where)

    def work(n: int) -> int:
        if where == "work":
            raise RuntimeError(where)
        return n

    with pytest.raises(RuntimeError, match=where):
        for _ in overlapped(items(), work, stopped.set):
            if where == "consumer":
                raise RuntimeError(where)
    assert stopped.is_set() or where == "consumer"


def test_several_threads_work_on_neighbouring_items() -> None:
    together = threading.Barrier(3, timeout=60)  # broken, and so an error, unless three items are under way at a time

    def work(n: int) -> int:
        together.wait()
        return n

    assert list(overlapped(range(6), work, lambda: None, threads=3)) == [(n, n) for n in range(6)]
