"""
Are rows complete and what must be kept intact? Real datasets through Apertium, checked without babelset's own checks.

    python benchmarks/preservation.py DATA_FOLDER [--languages ca es gl pt] [--files mt_bench_question.jsonl ...]

For every accepted row the source row is read again from the input with the standard json module. Plain regular
expressions find code fences, inline code, display and inline maths, URLs, e-mail addresses and {placeholders} in the
source texts; each must stand in the translated text, byte for byte and as often. The parser then parses both
sides again. Tool calls must parse and be equal; every value that no schema names must be equal.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import evidence_of

FILES = [
    "lf_alpaca_en_demo.json",
    "lf_glaive_toolcall_en_demo.json",
    "mt_bench_question.jsonl",
    "seed_tasks.jsonl",
    "oasst_en_100_tree.jsonl",
]
KEPT = {
    "code fence": re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL),
    "inline code": re.compile(r"(?<!`)`[^`\n]+`(?!`)"),
    "display maths": re.compile(r"(?<!\$)\$\$(?![$,.\s]).+?\$\$(?!\$)|\\\[.+?\\\]|\\\(.+?\\\)"),
    "url": re.compile(r"https?://[\w./?=&%#~:+-]*[\w/]"),
    "e-mail": re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]*\w"),
    "placeholder": re.compile(r"\{\{?\w+\}?\}"),
}


def rows_of(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines() if line]


def leaves(value: Any, at: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in leaves(item, (*at, key)).items()}
    if isinstance(value, list):
        return {k: v for index, item in enumerate(value) for k, v in leaves(item, (*at, index)).items()}
    return {at: value}


def lost_in(source: str, target: str, found: Counter[str]) -> Counter[str]:
    """Kept texts by kind that the target lacks; `found` counts all that were looked for."""
    lost: Counter[str] = Counter()
    for kind, pattern in KEPT.items():
        for text, count in Counter(pattern.findall(source)).items():
            found[kind] += count
            lost[kind] += max(0, count - target.count(text))
    return lost


def reparsed(source: str, target: str) -> tuple[int, int]:
    """How many spans babelset's parser keeps in the source, and how many of them the target lacks."""
    from babelset.text.document import Keep, parse

    kept = Counter(span.text for span in parse(source) if isinstance(span, Keep))
    lost = {text: count - target.count(text) for text, count in kept.items() if target.count(text) < count}
    return kept.total(), sum(lost.values())


def check(sources: list[Any], output: Path, file: str) -> dict[str, Any]:
    found: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for line in output.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        evidence = evidence_of(row)
        del row["_babelset"]
        source = sources[evidence["row"]]
        named = {tuple(field["path"]) for field in evidence["fields"]}
        before, after = leaves(source), leaves(row)
        assert before.keys() == after.keys(), f"{file}: row {evidence['row']} has other keys"
        for path, value in before.items():
            if path in named:
                lost += lost_in(value, after[path], found)
                kept, gone = reparsed(value, after[path])
                numbers["reparsed spans"] += kept
                numbers["reparsed spans lost"] += gone
            elif path[-1] != "lang":
                numbers["other values"] += 1
                numbers["other values changed"] += value != after[path]
        numbers["tool calls"] += sum(
            turn["from"] == "function_call" and bool(json.loads(row["conversations"][at]["value"]))
            for at, turn in enumerate(source.get("conversations", []))
        )
        numbers["accepted"] += 1
    return {**numbers, "kept": dict(found), "lost": dict(+lost)}


def measure(data: Path, file: str, language: str, folder: Path) -> dict[str, Any]:
    out = folder / f"{Path(file).stem}.{language}.jsonl"
    command = [sys.executable, "-m", "babelset", "translate", str(data / file), "--to", language, "-o", str(out), "-q"]
    started = time.perf_counter()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    manifest = json.loads(done.stdout)
    sources = rows_of(data / file)
    rows = manifest["rows"]
    assert len(sources) == rows["read"] == rows["accepted"] + rows["rejected"] + rows["failed"]
    result = check(sources, out, file)
    return {"file": file, "language": language, "seconds": round(seconds, 1), "rows": rows, **result}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--languages", nargs="+", default=["ca", "es", "gl", "pt"])
    options.add_argument("--files", nargs="+", default=FILES)
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [
            measure(chosen.data, file, language, Path(folder)) for file in chosen.files for language in chosen.languages
        ]
    for result in results:
        print(json.dumps(result))
    if chosen.result:
        machine = {"machine": platform.machine(), "python": platform.python_version()}
        chosen.result.write_text(json.dumps({**machine, "results": results}, indent=1) + "\n")
    bad = [r for r in results if r["lost"] or r["reparsed spans lost"] or r["other values changed"]]
    sys.exit(f"{len(bad)} of {len(results)} runs lost something" if bad else 0)


if __name__ == "__main__":
    main()
