"""
Rows a second of processor time through all of `translate`, all default checks on, beside an engine that costs nothing.

    python benchmarks/spine.py ALPACA.json [--against CHECKOUT] [--rounds 3] [--result benchmarks/results/spine.json]

Apertium translates the rows into Spanish once; a translator that looks its answers up in a table then does the same
rows again, so that real text flows and only babelset is measured. With `--against` the code of another
checkout takes turns with this one, so that other work on the machine weighs on both. The best round counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from throughput import machine

ROOT = Path(__file__).parent.parent
TRANSLATOR = """
import json
from pathlib import Path
from babelset.contracts.translator import Translation
from babelset.translators.echo import Echo

KNOWN = json.loads(Path(__file__).with_name("table.json").read_text())

class Table(Echo):
    def translate(self, segments, pair):
        return [Translation(KNOWN.get(segment.text, segment.text)) for segment in segments]
"""
ROUND = """
import json, sys, time
from babelset.translation.job import Job
from babelset.translation.run import translate
def once(file):
    started = time.process_time()
    job = Job(inputs=(file,), output=f"{sys.argv[2]}/out.jsonl", target="es",
              translator={"name": "table"}, filters=json.loads(sys.argv[3]), force=True)
    rows = translate(job)["rows"]
    return rows["read"] / (time.process_time() - started)
once("few.json")  # models are loaded, patterns compiled
print(once(sys.argv[1]))  # once: of what was seen before something would be known
"""
FEW = 50  # rows that a process begins with; they are not measured
COLD = """
import resource, runpy, sys, time
out = sys.argv[1] + "/one.jsonl"
sys.argv = ["babelset", "translate", "one.json", "--to", "es", "--translator", "table", "-q", "-o", out]
try:
    runpy.run_module("babelset", run_name="__main__")
except SystemExit:
    print(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
NO_CHECKS = ("choices", "complete", "copied", "intact", "language", "length", "numbers")
NO_CHECKS += ("preserved", "repetition", "script", "task", "truncated")


def prepare(source: Path, folder: Path) -> None:
    """The translator as an installed package, with what Apertium says as its table; the rows to begin with."""
    rows = json.loads(source.read_text())
    for name, some in (("few", rows[:FEW]), ("one", rows[:1]), ("others", rows[FEW:])):
        (folder / f"{name}.json").write_text(json.dumps(some, ensure_ascii=False))
    memory = folder / "memory.sqlite"
    command = [sys.executable, "-m", "babelset", "translate", str(source), "--to", "es", "--translator", "apertium"]
    command += ["--memory", str(memory), "-o", str(folder / "apertium.jsonl"), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    table = dict(sqlite3.connect(memory).execute("SELECT source, target FROM memory"))
    (folder / "table.json").write_text(json.dumps(table))
    (folder / "spine_table.py").write_text(TRANSLATOR)
    about = folder / "spine_table-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: spine-table\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[babelset.translators]\ntable = spine_table:Table\n")


def rows_a_second(folder: Path, code: Path, filters: dict[str, bool]) -> float:
    with tempfile.TemporaryDirectory() as out:
        return float(run(folder, code, ROUND, "others.json", out, json.dumps(filters))[-1])


def cold(folder: Path, code: Path) -> dict[str, float]:
    """Processor time and memory of the command with one row; the best of several, of which the first may unpack."""
    with tempfile.TemporaryDirectory() as out:
        found = [run(folder, code, COLD, f"{out}/{number}")[-2:] for number in range(5)]
    seconds, mib = (min(float(each[at]) for each in found[1:]) for at in (0, 1))
    return {"seconds": round(seconds, 2), "MiB": round(mib)}


def run(folder: Path, code: Path, script: str, *arguments: str) -> list[str]:
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(code.resolve()), str(folder)])}
    call = [sys.executable, "-c", script, *arguments]
    return subprocess.run(call, env=paths, cwd=folder, check=True, capture_output=True, text=True).stdout.split()


def sizes(folder: Path, source: Path) -> dict[str, Any]:
    """How large the output is beside its input."""
    written = sum(path.stat().st_size for path in folder.glob("apertium*.jsonl"))
    return {"input": source.stat().st_size, "output": written, "times": round(written / source.stat().st_size, 2)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("alpaca", type=Path)
    options.add_argument("--against", type=Path)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    off = dict.fromkeys(NO_CHECKS, False)
    contenders = {"all checks": (ROOT, {}), "no checks": (ROOT, off)}
    if chosen.against:
        contenders["all checks, before"] = (chosen.against, {})
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        prepare(chosen.alpaca, Path(folder))
        for name, (code, filters) in list(contenders.items()) * chosen.rounds:
            rates[name].append(round(rows_a_second(Path(folder), code, filters)))
            print(name, rates[name][-1], flush=True)
        bytes_ = sizes(Path(folder), chosen.alpaca)
        once = {name: cold(Path(folder), code) for name, (code, filters) in contenders.items() if not filters}
    result = {"machine": machine(), "rows_per_second": {name: max(each) for name, each in rates.items()}}
    result |= {"rounds": rates, "bytes": bytes_, "one_row": once}
    print(json.dumps(result, indent=1))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
