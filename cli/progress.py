"""Progress for people: a live bar on a terminal, one line every 30 s elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from babelset.cli.terminal import guarded, say
from babelset.work.watch import Watch

EVERY = 30.0  # seconds between two lines where there is no terminal


@contextmanager
def watching(quiet: bool = False) -> Iterator[Watch]:
    """A `Watch` that shows rows, segments, rates and the time left."""
    if quiet:
        yield Watch(warn=_say)
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from babelset.cli.console import Console, cell

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
        TextColumn("{task.fields[segments]:,} segments, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress, guarded():  # rich reads colours in prints
        task = progress.add_task("", total=None, segments=0, rate=0.0)
        started, segments = time.monotonic(), 0

        def count(new: int) -> None:
            nonlocal segments
            segments += new
            progress.update(task, segments=segments, rate=segments / max(time.monotonic() - started, 0.1))

        def say(message: str) -> None:
            console.print(cell(message))

        yield Watch(
            say=say,
            warn=say,
            total=lambda count: progress.update(task, total=count),
            rows=lambda new: progress.advance(task, new),
            segments=count,
        )


def _lines() -> Watch:
    started = last = time.monotonic()
    total = rows = segments = 0

    def set_total(count: int) -> None:
        nonlocal total
        total = count

    def tell() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < EVERY:
            return
        last, spent = now, now - started
        left = f", {spent / rows * (total - rows):,.0f} s left" if total and rows else ""
        of = f" of {total:,}" if total else ""
        say(f"{rows:,}{of} rows, {segments:,} segments, {segments / spent:,.0f} segments/s{left}", err=True)

    def count_rows(new: int) -> None:
        nonlocal rows
        rows += new
        tell()

    def count_segments(new: int) -> None:
        nonlocal segments
        segments += new
        tell()

    return Watch(say=_say, warn=_say, total=set_total, rows=count_rows, segments=count_segments)


def _say(message: str) -> None:
    say(message, err=True)
