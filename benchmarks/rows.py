"""
Whether a run of many rows takes as much a row, and as much memory, as one of few: Parquet through echo.

    python benchmarks/rows.py [--rows 100000 1000000] [--short] [--checks] [--result benchmarks/results/rows.json]

A row is an instruction and an answer of two sentences, with code; with --short it is one sentence. For each number of
rows: processor time and seconds a row, and the peak of memory, of a run that nobody disturbed; then one that is killed
when half of its chunks are there, and how long the same command takes until it finishes the next one. Without --checks
all checks are off, and what is measured is reading, parsing, the journal, the memory and writing.

    python benchmarks/rows.py --rows 10000000 --short     # about 8 GB of disk, without --short 35 GB
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from throughput import machine

from babelset.contracts.checks import DEFAULT, MEANING

GROUP = 10_000  # rows of a row group
COMMAND = """
import json, resource, runpy, sys
try:
    runpy.run_module("babelset", run_name="__main__")
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]), file=sys.stderr)
"""


def dataset(path: Path, rows: int, short: bool) -> None:
    """Rows that are all different, made as they are written."""
    import pyarrow
    import pyarrow.parquet

    names = ["text"] if short else ["instruction", "input", "output"]
    schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
    with pyarrow.parquet.ParquetWriter(path, schema) as out:
        for start in range(0, rows, GROUP):
            numbers = range(start, min(start + GROUP, rows))
            columns = [
                [f"Tell me something about the river number {n}." for n in numbers],
                [""] * len(numbers),
                [f"River {n} rises at {n % 977} m. Run `flow {n}` to see it; it is $x_{n}$ long." for n in numbers],
            ]
            out.write_table(pyarrow.table(columns[: len(names)], schema=schema))


def started(folder: Path, name: str) -> subprocess.Popen[str]:
    argv = ["translate", "in.parquet", "--to", "ca", "--translator", "echo", "-q", "--config", "c.toml", "-o", name]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *argv], cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def whole(folder: Path, rows: int) -> dict[str, Any]:
    begun = time.monotonic()
    told = started(folder, "out.parquet").communicate()[1]
    seconds = time.monotonic() - begun
    processor, peak = json.loads(told.splitlines()[-1])
    read = json.loads((folder / "out.parquet.manifest.json").read_text())["rows"]["read"]
    assert read == rows, told
    found = {"processor_us_a_row": processor / rows * 1e6, "seconds_a_million": seconds / rows * 1e6, "peak_mb": peak}
    return {key: round(value, 1) for key, value in found.items()}


def chunks(work: Path) -> int:
    return len(list(work.glob("chunk-*.jsonl"))) if work.exists() else 0


def killed(folder: Path, rows: int) -> float:
    """Seconds from the command that goes on to the next chunk that it finishes."""
    work, half = folder / "cut.parquet.work", rows // 256 // 2
    process = started(folder, "cut.parquet")
    until(lambda: chunks(work) >= half)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before, begun = chunks(work), time.monotonic()
    process = started(folder, "cut.parquet")
    until(lambda: chunks(work) > before)
    seconds = time.monotonic() - begun
    process.kill()
    process.communicate()
    return round(seconds, 1)


def until(there: Any) -> None:
    while not there():
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--checks", action="store_true")
    parser.add_argument("--result", type=Path)
    given = parser.parse_args()
    off = "" if given.checks else "".join(f"{name} = false\n" for name in (*DEFAULT, MEANING))
    found: dict[str, Any] = {"machine": machine(), "short": given.short, "checks": given.checks, "rows": {}}
    for rows in given.rows:
        with tempfile.TemporaryDirectory(prefix="rows-") as name:
            folder = Path(name)
            (folder / "c.toml").write_text(f"[filters]\n{off}")
            dataset(folder / "in.parquet", rows, given.short)
            found["rows"][str(rows)] = {**whole(folder, rows), "seconds_to_go_on_after_a_kill": killed(folder, rows)}
        print(json.dumps({rows: found["rows"][str(rows)]}), flush=True)
        if given.result:
            given.result.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
