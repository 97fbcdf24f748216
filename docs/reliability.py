"""
Write docs/reliability.md from the files in benchmarks/results: python docs/reliability.py

A test makes the same page and compares it with the committed one.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("reliability.md")
ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DEATHS = {
    "points": "points",
    "kills": "kills",
    "second_kills": "killed twice",
    "other_commands": "another command after it",
    "signals": "SIGINT, SIGTERM",
    "power_cuts": "power cuts",
}
START = """\
<!-- Made by `make docs` from benchmarks/results. Do not edit. -->

# Reliability

What was done to babelset, and what was lost. Each table comes from a result file in `benchmarks/results`; the command
above it makes that file again."""
PROMISES = """\
## Killed, and cut off

`python benchmarks/crash.py`; the engine suite runs the same trials (`tests/crash`).

Every command that writes a file is killed with SIGKILL before and after each call that changes the disk: opening a
file for writing, write, truncate, fsync, rename, unlink, mkdir, rmdir, each SQL statement that is no query. The points
are counted in a first run, then there is one run for each of them. A test holds the points against strace. A power cut
is a disk rebuilt from what strace saw: data without an fsync is lost or zeros, names without an fsync of their folder
are undone, or only taken away. After each of them:

- A file under its final name is whole, and what the command reads is as it was.
- The same command ends with the same files as an undisturbed run, byte for byte; times and costs in the manifest, and
  the layout of SQLite's files, apart. Nothing is left over, and no command asks for `--force`.
- Nothing that was answered and stored is asked again; of the rest, at most what was in flight.
- Another command for the same output is refused, or makes its own; the two are never mixed.
- Time that jumps back and forth during a run changes nothing.

Every recipe that ships is killed in the same way, at twenty points that are spread over all of its steps, with servers
that count what they are asked: `tests/crash/recipes.py`."""
NOT_COVERED = """\
## What is not covered

- Points are where Python makes a call. A death inside a call of SQLite is left to SQLite, which is made for it.
- A run to or from a pipe (`-`) has no place for a journal: it starts again from the beginning.
- `calibrate` drops what it paid for when its tables are shown: killed after that, it begins anew.
- An answer that failed is not stored before its chunk is finished, and may be asked for again.
- `vllm` and COMET are stand-ins with the interface of the real ones, so that a process can be forked at every point.
- `babelset review` is killed while it writes and reads sheets; the page has tests of its own.
- Cases of `tests/crash/cases.py` that have no line in the table above: they were not run to the end for this page.
- A disk that lies about fsync, damaged sectors, and network file systems that keep no order.
- Two computers that write one output at the same time: the lock is the file system's."""


def result(name: str) -> dict[str, Any]:
    """{} where the file is not there."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def table(columns: list[str], rows: list[list[object]]) -> str:
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def crash() -> Iterator[str]:
    if not (commands := result("crash").get("commands")):
        return
    yield PROMISES
    rows: list[list[object]] = [
        [f"`{name}`", *(each.get(key, 0) for key in DEATHS), _lost(each["lost"])] for name, each in commands.items()
    ]
    total = [sum(each.get(key, 0) for each in commands.values()) for key in DEATHS]
    lost = [what for each in commands.values() for what in each["lost"]]
    yield table(["case", *DEATHS.values(), "lost"], [*rows, ["all", *total, _lost(lost)]])
    if lost:
        yield "\n".join(f"- {what.splitlines()[0]}" for what in lost)


def _lost(lost: list[str]) -> object:
    return len(lost) or "nothing"


def faults() -> Iterator[str]:
    if not (found := result("faults").get("summary")):
        return
    yield "## Servers that misbehave\n\n`python benchmarks/faults.py`: each kind of fault, once and always."
    yield table(["what", "runs"], [[key.replace("_", " "), value] for key, value in found.items() if key != "ends"])


def fuzz() -> Iterator[str]:
    if not (found := result("fuzz")):
        return
    yield "## Documents that nobody would write"
    kinds = ", ".join(kind.replace("_", " ") for kind in found["documents_with"])
    yield (
        f"`python benchmarks/fuzz.py`: {found['documents']:,} documents, {found['characters']:,} characters, made of "
        f"pieces of all that the parser knows, joined, nested and damaged. Of each the spans join to the text, and "
        f"segments that are translated into themselves rebuild it; nothing raises, ends the process or takes more than "
        f"a second. Failures: {found['failures'] or 'none'}. Found in them: {kinds}."
    )


def pages() -> Iterator[str]:
    """XSS: the table HOSTILE of the tests of the report and of the review, counted."""
    tree = ast.parse((ROOT / "tests" / "report" / "test_page.py").read_text("utf-8"))
    [table] = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HOSTILE"
    ]
    assert isinstance(table, ast.List)
    yield "## Rows that attack a page"
    yield (
        f"`make test-engines`: {len(table.elts)} payloads (scripts, event handlers, frames, forms, style sheets, "
        f"redirects, texts that end the tags of the page or fill it) stand in the texts, flags, candidates, verdicts, "
        f"scores and file names of rows, in the report and in the review, in Chromium. No script runs, nothing is "
        f"requested, no element of theirs is made (`tests/report/test_page.py`, `tests/review/test_page_looks.py`)."
    )


def page() -> str:
    return "\n\n".join([START, *crash(), *faults(), *fuzz(), *pages(), NOT_COVERED]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
