"""
Parse and rebuild speed, start-up time and memory of babelset itself, without an engine's share.

    python benchmarks/throughput.py ALPACA.json [--result benchmarks/results/throughput.json]

- rows a second through schema, parser, splitter and rebuild on one core, median of seven passes
- seconds for `babelset --help`, median of fifteen processes
- peak memory (maximum resident set) of `babelset translate --translator echo` at 20,000 and at 200,000 rows
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

OFF = "[filters]\n" + "".join(f"{name} = false\n" for name in ("language", "copied", "script"))


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}


def parse_and_rebuild(path: Path, passes: int = 7) -> dict[str, Any]:
    from babelset.contracts.detect import detect
    from babelset.files.reading import read
    from babelset.files.row import Row
    from babelset.text.document import parse
    from babelset.text.segment import Segment, rebuild, split

    rows = [row.data for row in read([path]) if isinstance(row, Row)]
    schema = detect(rows[:20]).schema
    rates = []
    for _ in range(passes + 1):
        started = time.process_time()
        for row in rows:
            for field in schema.fields(row):
                parts = split(parse(field.text), "en")
                whole = rebuild(parts, [part.source for part in parts if isinstance(part, Segment)])
                assert whole == field.text
        rates.append(len(rows) / (time.process_time() - started))
    return {"rows": len(rows), "rows_per_second": round(statistics.median(rates[1:]))}


def help_seconds(runs: int = 15) -> dict[str, Any]:
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "babelset", "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    return {"median_seconds": round(statistics.median(seconds), 3), "max_seconds": round(max(seconds), 3)}


def peak_memory(rows: int, folder: Path) -> dict[str, Any]:
    source = folder / f"{rows}.jsonl"
    with source.open("w") as file:
        for number in range(rows):
            row = {
                "instruction": f"Explain step {number} of the plan, and use `step_{number}`.",
                "input": "",
                "output": f"Step {number} comes after step {number - 1}. It needs {number % 97} minutes.",
            }
            file.write(json.dumps(row) + "\n")
    (folder / "off.toml").write_text(OFF)
    command = [sys.executable, "-m", "babelset", "translate", str(source), "--to", "ca", "--translator", "echo"]
    command += ["-o", str(folder / f"{rows}.out.jsonl"), "--config", str(folder / "off.toml"), "-q"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    seconds = time.perf_counter() - started
    return {"rows": rows, "peak_mb": round(usage.ru_maxrss / 1024, 1), "rows_per_second": round(rows / seconds)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("alpaca", type=Path)
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory = [peak_memory(rows, Path(folder)) for rows in (20_000, 200_000)]
    result = {
        "machine": machine(),
        "parse_and_rebuild": parse_and_rebuild(chosen.alpaca),
        "help": help_seconds(),
        "memory": memory,
        "memory_ratio": round(memory[1]["peak_mb"] / memory[0]["peak_mb"], 3),
    }
    print(json.dumps(result, indent=1))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
