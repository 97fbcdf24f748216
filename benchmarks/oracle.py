"""
Accepted means right: rows with code that other people's parsers read, and prose, through the command babelset.

    python benchmarks/oracle.py [--quick] [--result benchmarks/results/oracle.json]

Answers are cut from Python's library and Debian's packages, or written by templates, each alone, in a fence, or with
prose around it (tests/oracle). The oracle of its language (ast and tokenize, json, esprima, javalang, libclang,
sqlglot, bash and bashlex, html.parser, tinycss2, pylatexenc) says which its tokens are; all of them, comments and
strings too, must stand in the accepted row in their order. The cipher is a translator that changes every
word that it is sent. Prose are paragraphs of which no word may be kept:
NTREX-128 where it lies beside the repository, Debian's documentation, and sentences of ours.
Writes RESULT and beside it, as .md, a table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.oracle.answers import FULL, SAMPLE, answers
from tests.oracle.measure import Line, code_run, prose_run, table
from tests.oracle.paragraphs import paragraphs

RUNS = [("cipher", "es"), ("apertium", "es"), ("apertium", "ca")]
PARSERS = ["esprima", "javalang", "libclang", "sqlglot", "bashlex", "tinycss2", "pylatexenc"]
MEASURED = ["answers", "accepted", "rejected", "code tokens", "tokens damaged", "damaged %"]
COLUMNS = [*MEASURED, "rows damaged", "rows with prose kept"]


def code(quick: bool) -> dict[str, dict[str, Any]]:
    asked = answers(SAMPLE if quick else FULL)
    found = {}
    for translator, to in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            lines = table(code_run(asked, Path(folder), translator, to))
        found[f"{translator}, {to}"] = {name: line.as_dict() for name, line in lines.items()}
        print(
            f"{translator}, {to}: {time.perf_counter() - started:.0f} s", lines.get("all", Line()).as_dict(), flush=True
        )
    return found


def prose(quick: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        seen = prose_run(paragraphs(250 if quick else 5_000), Path(folder))
    kept = [one for one in seen if one.kept]
    return {
        "paragraphs": len(seen),
        "kept whole": sum(one.whole for one in seen),
        "kept in part": sum(not one.whole for one in kept),
        "kept %": round(100 * len(kept) / len(seen), 3),
        "rejected": sum(not one.made.accepted for one in seen),
        "examples": [" ".join(one.kept) for one in kept[:20]],
    }


def machine() -> dict[str, Any]:
    parsers = {name: version(name) for name in PARSERS}
    about = {"machine": platform.machine(), "cores": os.cpu_count(), "system": platform.platform()}
    return {**about, "python": platform.python_version(), "parsers": parsers}


def as_markdown(result: dict[str, Any]) -> str:
    parts = ["# Accepted means right", "Measured by benchmarks/oracle.py, which says how."]
    for name, lines in result["code"].items():
        rows = [
            f"| {line} | " + " | ".join(str(values[column]) for column in COLUMNS) + " |"
            for line, values in lines.items()
        ]
        head = f"|  | {' | '.join(COLUMNS)} |\n| --- |{' --: |' * len(COLUMNS)}"
        parts.append(f"## {name}\n\n" + "\n".join([head, *rows]))
    numbers = {key: value for key, value in result["prose"].items() if key != "examples"}
    parts.append("## Prose, cipher\n\n" + "\n".join(f"- {key}: {value}" for key, value in numbers.items()))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="the sample of the core tests")
    options.add_argument("--result", type=Path)
    chosen = options.parse_args()
    result = {**machine(), "code": code(chosen.quick), "prose": prose(chosen.quick)}
    print(as_markdown(result))
    if chosen.result:
        chosen.result.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        chosen.result.with_suffix(".md").write_text(as_markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
