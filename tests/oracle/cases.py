"""The cases that lie beside the repository, in ../shared/cases, run as their README says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.oracle.run import EVIDENCE, FOR_CIPHER, Made, lines, written

CASES = Path(__file__).resolve().parents[3] / "shared/cases"
BESIDE = [
    pytest.mark.shared,
    pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside the repository"),
]
FOR_APERTIUM = "[filters.copied]\nunknown_words = true\n"  # a word that it lacks would hide what a case is about


@dataclass(frozen=True)
class Run:
    """The source rows, what became of them, and what the command said."""

    sources: list[Any]
    made: list[Made]
    code: int
    said: str
    counts: dict[str, int]

    def accepted(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        for made in self.made:
            if made.accepted:
                yield self.sources[made.row[EVIDENCE]["row"]], {k: v for k, v in made.row.items() if k != EVIDENCE}

    def named(self) -> set[str]:
        """Columns that a row says were left as they were."""
        return {name for made in self.made for name in made.row[EVIDENCE].get("left", {})}


def ran(folder: Path, name: str, *options: str, translator: str) -> Run:
    source, out, checks = CASES / name, folder / "out.jsonl", folder / "checks.toml"
    checks.write_text(FOR_CIPHER if translator == "cipher" else FOR_APERTIUM, encoding="utf-8")
    command = [
        "translate",
        source,
        "--to",
        "es",
        "-o",
        out,
        "--translator",
        translator,
        "--force",
        "-q",
        "--config",
        checks,
    ]
    done = CliRunner().invoke(app, [*map(str, command), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    manifest = folder / "out.manifest.json"
    text = manifest.read_text("utf-8") if manifest.exists() else "{}"
    counts = json.loads(text).get("rows", {"accepted": 0})
    sources = lines(source) if counts.get("read") and name[:2] not in {"26", "27", "28", "29"} else []
    return Run(sources, written(out), done.exit_code, done.output, counts)
