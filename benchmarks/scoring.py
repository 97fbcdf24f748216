"""
Does scoring survive a hundred thousand rows, a kill, and being asked again? Whole commands, each in its own process.

    python benchmarks/scoring.py [--rows 10000 100000] [--result benchmarks/results/scoring.json]

The scorer is the native CometKiwi with a model of 64 dimensions and random weights: the code is that of the released
models, and hardly any time goes into the network. Rows are made up, one segment each, all different.

- score: seconds by the clock and of the processor, rows a second, and peak memory (maximum resident set)
- killed: the same again, ended by SIGKILL half-way, and the same command once more: what each process scored, and
  whether the output has the same bytes
- again: the same command once more, and the finished output scored into another file: how many rows are scored
- calibrate, filter, report: peak memory over the scored rows, and the size of the page
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from throughput import machine

from babelset.contracts.checks import build_filters

MODEL = Path(__file__).resolve().parents[1] / "tests/models/make_tiny_comet.py"
BABELSET = [sys.executable, "-m", "babelset"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads of so small a model mostly wait for each other
CHUNK = 256
WORDS = {
    "library": "biblioteca",
    "open": "oberta",
    "every": "cada",
    "day": "dia",
    "children": "infants",
    "borrow": "agafar",
    "books": "llibres",
    "village": "poble",
    "history": "història",
    "sister": "germana",
    "apples": "pomes",
    "sunday": "diumenge",
    "seven": "set",
    "first": "primer",
    "lived": "viure",
    "sentences": "frases",
}


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Translated rows as a run writes them, without scores; the words of every twentieth are wrong."""
    draw, words = Random(20), list(WORDS)
    for number in range(count):
        chosen = draw.choices(words, k=draw.randint(4, 12))
        told = draw.choices(words, k=len(chosen)) if number % 20 == 0 else chosen
        source = f"{number}: {' '.join(chosen).capitalize()}."
        target = f"{number}: {' '.join(WORDS[word] for word in told).capitalize()}."
        yield {"text": target, "_babelset": evidence(number, source, target)}


def evidence(number: int, source: str, target: str) -> dict[str, Any]:
    return {
        "row": number,
        "file": "made.txt",
        "line": number + 1,
        "status": "accepted",
        "schema": "text",
        "source": "eng_Latn",
        "target": "cat_Latn",
        "translator": "made",
        "fields": [{"path": ["text"], "role": "text", "source": source, "keeps": []}],
        "segments": [{"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""}],
        "scores": {},
        "verdicts": [],
    }


def babelset(*arguments: str | Path) -> dict[str, Any]:
    """What a command costs, and what it says."""
    command = [*BABELSET, *map(str, arguments)]
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, f"{' '.join(command)}: {status}"
        out.seek(0)
        told = out.read()
    seconds = {"seconds": time.perf_counter() - started, "cpu_seconds": usage.ru_utime + usage.ru_stime}
    costs = {**seconds, "peak_mb": usage.ru_maxrss / 1024}
    return {**{name: round(cost, 1) for name, cost in costs.items()}, "account": json.loads(told or b"{}")}


def score(source: Path, output: Path, model: Path) -> list[str | Path]:
    options = ["--with", f"cometkiwi:{model}", "--option", "device=cpu", "--chunk", str(CHUNK), "--json", "-q"]
    return ["score", source, "-o", output, *options]


def measure(count: int, model: Path, folder: Path) -> dict[str, Any]:
    source, scored = folder / f"{count}.jsonl", folder / f"{count}.scored.jsonl"
    with source.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows(count))
    found = babelset(*score(source, scored, model))
    done = found.pop("account")
    assert done["rows"] == {"read": count, "written": count, "failed": 0}
    speed = {f"rows_a_{name.removesuffix('s')}": round(count / found[name]) for name in ("seconds", "cpu_seconds")}
    told: dict[str, Any] = {"rows": count, "score": {**found, **speed}}
    told["killed"] = killed(source, scored, model, folder, count)
    told["again"] = again(source, scored, model, folder)
    return told | consumers(scored, folder)


def killed(source: Path, scored: Path, model: Path, folder: Path, count: int) -> dict[str, Any]:
    output = folder / f"{count}.killed.jsonl"
    command = score(source, output, model)
    process = subprocess.Popen([*BABELSET, *map(str, command)], stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    while finished(output) < count // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not output.exists()
    before = finished(output)
    after = babelset(*command)["account"]["this_process"]["scored"]["cometkiwi"]
    same = filecmp.cmp(scored, output, shallow=False)
    assert before + after == count and same, f"{before} rows and {after} are not {count}, or other bytes"
    return {"finished_before": before, "scored_after": after, "same_bytes": same}


def finished(output: Path) -> int:
    return CHUNK * len(list(output.with_suffix(".work").glob("chunk-*.jsonl")))


def again(source: Path, scored: Path, model: Path, folder: Path) -> dict[str, Any]:
    """The account of a finished run is told again; its output scored into another file needs no model."""
    before = scored.stat().st_mtime_ns
    same = babelset(*score(source, scored, model))
    other = babelset(*score(scored, folder / "other.jsonl", model))
    fresh = other["account"]["this_process"]["scored"]["cometkiwi"]
    assert scored.stat().st_mtime_ns == before and fresh == 0 and filecmp.cmp(scored, folder / "other.jsonl", False)
    (folder / "other.jsonl").unlink()
    return {"same_command": costs(same), "into_another_file": {**costs(other), "scored": fresh}}


def consumers(scored: Path, folder: Path) -> dict[str, Any]:
    """What reads scored rows; the checks are off, for these rows were made without them."""
    config, best, page = folder / "off.toml", folder / "best.jsonl", folder / "page.html"
    config.write_text("[filters]\n" + "".join(f"{check.name} = false\n" for check in build_filters({})))
    found = {
        "calibrate": costs(babelset("calibrate", scored, "--no-plant", "--json")),
        "filter": costs(
            babelset("filter", scored, "-o", best, "--keep-percent", "30", "--by", "cometkiwi",
                     "--config", config, "--json", "--force")
        ),
        "report": costs(babelset("report", best, "-o", page, "--json", "--force")),
    }  # fmt: skip
    found["report"]["page_mb"] = round(page.stat().st_size / 1e6, 2)
    return found


def costs(found: dict[str, Any]) -> dict[str, Any]:
    return {name: cost for name, cost in found.items() if name != "account"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000])
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "kiwi"
        subprocess.run([sys.executable, MODEL, model], check=True)  # torch here would count as memory of every command
        sizes = [measure(count, model, Path(folder)) for count in chosen.rows]
    result = {"machine": about, "sizes": sizes}
    print(json.dumps(result, indent=1))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
