"""A process that is killed at a chosen call to the file system."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

KILLED = 137


@pytest.fixture
def killed_at() -> Callable[[str, int, Callable[[], Any]], bool]:
    """
    Runs `work` in a child process that dies at its call number `at` of os.`name`, and says whether it came so far.

    Odd numbers die before a call, even ones after it.
    """

    def run(name: str, at: int, work: Callable[[], Any]) -> bool:
        child = os.fork()
        if child == 0:
            real, calls = getattr(os, name), 0

            def dying(*args: Any, **options: Any) -> Any:
                nonlocal calls
                calls += 2
                if calls - 1 == at:
                    os._exit(KILLED)
                result = real(*args, **options)
                if calls == at:
                    os._exit(KILLED)
                return result

            setattr(os, name, dying)
            try:
                work()
            finally:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED

    return run
