"""
The public door: `babelset translate`, as a user gives it, and what it wrote.

`run(rows, folder, "cipher")` -> the rows with "accepted" or "rejected", in their order; None for a failed one.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commands import program
from tests.oracle import cipher
from tests.rows import told

# Of letters rotated by 13 no check of language, and none of length in characters, can say anything.
FOR_CIPHER = "[filters]\nlanguage = false\n"
EVIDENCE = "_babelset"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a row: its texts in the target, whether it was accepted, and otherwise why not."""

    row: dict[str, Any]
    accepted: bool
    reasons: tuple[str, ...]


def run(
    rows: Sequence[dict[str, Any]],
    folder: Path,
    translator: str,
    to: str = "es",
    *options: str,
    checks: str = FOR_CIPHER,
) -> list[Made]:
    source, out = folder / "in.jsonl", folder / f"out.{translator}.{to}.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if translator == "cipher":
        (folder / "checks.toml").write_text(checks, encoding="utf-8")
        options = ("--config", str(folder / "checks.toml"), *options)
    done = babelset(
        folder,
        "translate",
        str(source),
        "--to",
        to,
        "-o",
        str(out),
        "--translator",
        translator,
        "--force",
        "-q",
        *options,
    )
    assert done.returncode == 0, done.stderr
    found = {made.row[EVIDENCE]["row"]: made for made in written(out)}
    lost = Made({}, False, ("failed",))
    return [found.get(number, lost) for number in range(len(rows))]


def babelset(folder: Path, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command, with the translator `cipher` among its plug-ins."""
    plugin = str(cipher.installed(folder / "plugin"))
    path = os.pathsep.join(filter(None, [plugin, os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [program(), *args],
        env={**os.environ, "PYTHONPATH": path},
        cwd=cwd or folder,
        text=True,
        capture_output=True,
    )


def written(out: Path) -> list[Made]:
    made = [Made(row, True, ()) for row in lines(out)]
    return made + [Made(row, False, reasons(row)) for row in lines(out.with_name(f"{out.stem}.rejected.jsonl"))]


def reasons(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{each['check']}: {each['reason']}" for each in row[EVIDENCE]["verdicts"] if not each["ok"])


def lines(path: Path) -> list[dict[str, Any]]:
    return [told(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
