"""
What two workers on one machine bring: two of Ray, or two shards side by side, against one of Ray and the local loop.

    python benchmarks/cluster.py [--rounds 3] [--rows 1000 6000] [--result benchmarks/results/cluster.json]

With `apertium`, which needs a processor, and with `openai` beside a scripted server that waits a fixed time before each
answer, 16 requests at once for each worker. The ways take turns; of each the best time of all rounds counts.

    whole      the local loop's time for the larger number of rows, divided by this way's, with all that starts and ends
    working    the same of the difference between the two numbers of rows: without what happens once a run
    start      seconds that this way takes without any row, by these two
    own        processor time a row and to start, of all its processes together, but the server
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from codecs import encode
from pathlib import Path
from typing import Any
from uuid import uuid4

from throughput import machine

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the tests' server

from tests.engines.llm.scripted_server import ScriptedServer

LATENCY, CONCURRENCY = 0.25, 16
MARK = "BABELSET_BENCHMARK"
RAY = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}  # 15 else: they give way to all that is at work
TICK = os.sysconf("SC_CLK_TCK")
WORDS = ("river", "garden", "teacher", "village", "winter", "letter", "window", "bridge", "market")
WAYS: dict[str, list[list[str]]] = {  # commands one after another, those of a line side by side
    "local": [["translate -o out.jsonl"]],
    "ray_1": [["translate -o out.jsonl --ray local --workers 1"]],
    "ray_2": [["translate -o out.jsonl --ray local --workers 2"]],
    "shards_2": [
        ["translate --shard 1/2 -o part-1.jsonl", "translate --shard 2/2 -o part-2.jsonl"],
        ["gather part-1.jsonl part-2.jsonl -o out.jsonl"],
    ],
}


class Processor(threading.Thread):
    """Processor time of all processes with a mark in their environment: those of Ray are nobody's children."""

    def __init__(self, mark: str) -> None:
        super().__init__(daemon=True)
        self.mark, self.ended = f"{MARK}={mark}".encode(), threading.Event()
        self.used, self.others = dict[str, float](), set[str]()

    def run(self) -> None:
        while not self.ended.wait(0.2):
            for process in Path("/proc").glob("[0-9]*"):
                if process.name not in self.others:
                    self._look(process)

    def _look(self, process: Path) -> None:
        try:
            if self.mark not in (process / "environ").read_bytes():
                self.others.add(process.name)
                return
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            self.used[process.name] = (int(fields[11]) + int(fields[12])) / TICK
        except OSError:
            pass  # it has ended meanwhile


def dataset(path: Path, rows: int, cipher: bool) -> None:
    """English for `apertium`; Catalan in ROT13, which the server translates, for `openai`."""
    with path.open("w") as file:
        for n in range(rows):
            one, other = WORDS[n % 9], WORDS[n // 9 % 9]
            text = f"The {one} number {n} is near the {other}, and everybody in the town knows it very well."
            if cipher:
                catalan = f"La casa número {n} és a prop del mercat, i tothom del poble la coneix molt bé."
                text = encode(catalan, "rot13")
            file.write(json.dumps({"instruction": "", "input": "", "output": text}) + "\n")


def measured(way: str, options: list[str], rows: int) -> tuple[float, float, bytes]:
    """Seconds, seconds of processor time, and what was written."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        dataset(Path(folder, "in.jsonl"), rows, "openai" in options)
        processor = Processor(mark := uuid4().hex)
        processor.start()
        begun = time.perf_counter()
        for line in WAYS[way]:
            argvs = [[sys.executable, "-m", "babelset", *command.split()] for command in line]
            more = ["in.jsonl", "--to", "ca", "-q", *options] if "translate" in line[0] else []
            environment = {**os.environ, MARK: mark, **RAY}
            started = [
                subprocess.Popen([*argv, *more], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
                for argv in argvs
            ]
            assert {process.wait() for process in started} == {0}, line
        seconds = time.perf_counter() - begun
        processor.ended.set()
        processor.join()
        return seconds, sum(processor.used.values()), Path(folder, "out.jsonl").read_bytes()


def compared(options: list[str], sizes: list[int], rounds: int) -> dict[str, Any]:
    best: dict[tuple[str, int], list[float]] = {}
    written: dict[int, bytes] = {}
    for way, rows in ((way, rows) for _ in range(rounds) for rows in sizes for way in WAYS):
        *found, made = measured(way, options, rows)
        assert written.setdefault(rows, made) == made, f"{way} writes other bytes"
        best[way, rows] = [min(pair) for pair in zip(best.get((way, rows), found), found, strict=True)]
    few, many = sizes
    told = {}
    for way in WAYS:
        seconds, processor = best[way, many]
        wall, own = (more - less for less, more in zip(best[way, few], best[way, many], strict=True))
        told[way] = {
            "seconds": round(seconds, 1),
            "whole": round(best["local", many][0] / seconds, 2),
            "working": round((best["local", many][0] - best["local", few][0]) / wall, 2),
            "start_seconds": round(seconds - wall * many / (many - few), 1),
            "own_ms_a_row": round(own / (many - few) * 1000, 2),
            "own_start_seconds": round(processor - own * many / (many - few), 1),
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs=2, default=[1000, 6000])
    parser.add_argument("--result", type=Path)
    given = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "rounds": given.rounds, "rows": given.rows}
    with ScriptedServer(latency=LATENCY) as server:
        served = f"-O base_url={server.base_url} -O model=rot13 -O concurrency={CONCURRENCY}".split()
        for engine, options, sizes in (
            ("apertium", [], given.rows),
            ("openai", served, [rows // 4 for rows in given.rows]),
        ):
            found[engine] = compared(["--translator", engine, *options], sizes, given.rounds)
            found["load_at_the_end"] = os.getloadavg()[0]
            print(json.dumps(found, indent=1), flush=True)
            if given.result:
                given.result.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
