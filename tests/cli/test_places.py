"""No command writes what it reads, whatever its name, links and --force."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app

ECHO = ["--translator", "echo", "--to", "ca", "-q", "--config", "checks.toml"]
ROW = {"instruction": "Describe the river please.", "input": "", "output": "The river is cold."}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a finished run from in.jsonl into ca.jsonl."""
    monkeypatch.chdir(tmp_path)
    Path("checks.toml").write_text("[filters]\nlanguage = false\nscript = false\ncopied = false\n")
    Path("in.jsonl").write_text(json.dumps(ROW) + "\n")
    Path("terms.csv").write_text("source,target\nriver,riu\n")
    assert called("translate", "in.jsonl", *ECHO, "-o", "ca.jsonl") == 0
    return tmp_path


def called(*words: str) -> int:
    return CliRunner().invoke(app, [*words]).exit_code


CALLS = [
    ["translate", "in.jsonl", *ECHO, "-o", "in.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "./x/../in.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "out.jsonl", "--memory", "in.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "out.jsonl", "--memory", "checks.toml"],
    ["translate", "in.jsonl", *ECHO, "-o", "out.jsonl", "--memory", "out.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "out.jsonl", "--memory", "OUT.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "out.jsonl", "--memory", "out.work/m.sqlite"],
    ["translate", "in.jsonl", *ECHO, "-o", "terms.csv", "--glossary", "terms.csv"],
    ["translate", "in.jsonl", *ECHO, "-o", "link.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "hard.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "folder/in.jsonl"],
    ["translate", "in.jsonl", *ECHO, "-o", "-", "--rejected", "in.jsonl"],
    ["score", "ca.jsonl", "--with", "length", "-o", "ca.jsonl"],
    ["score", "ca.jsonl", "--with", "reference:terms.csv", "-o", "terms.csv"],
    ["filter", "ca.jsonl", "-o", "ca.jsonl"],
    ["filter", "ca.jsonl", "-o", "out.jsonl", "--rejected", "ca.jsonl"],
    ["export", "ca.jsonl", "--as", "messages", "-o", "ca.jsonl"],
    ["export", "ca.jsonl", "--as", "messages", "-o", "{lang}.jsonl"],
    ["report", "ca.jsonl", "-o", "ca.jsonl"],
    ["report", "ca.jsonl", "-o", "ca.manifest.json"],
    ["report", "ca.jsonl", "-o", "ca.memory.sqlite"],
    ["review", "ca.jsonl", "--all", "--store", "ca.jsonl", "--export", "out.csv"],
    [
        "review",
        "ca.jsonl",
        "--all",
        "--store",
        "ca.rejected.jsonl",
        "--export",
        "out.csv",
    ],  # empty: SQLite would fill it
    ["review", "out.csv", "--all", "--export", "out.csv"],
]


@pytest.mark.core(12)
@pytest.mark.parametrize("words", CALLS, ids=[" ".join(words).replace(" ".join(ECHO), "...") for words in CALLS])
def test_it_is_refused_and_nothing_is_touched(words: list[str], run: Path) -> None:
    Path("link.jsonl").symlink_to("in.jsonl")
    os.link("in.jsonl", "hard.jsonl")
    Path("folder").symlink_to(".")
    Path("out.csv").write_text("instruction,input,output\n")
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    force = ["--force"]
    assert called(*words, *force) in (2, 3)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    assert called(*words) in (2, 3)


def test_a_pipeline_replaces_its_own_exports_only(run: Path) -> None:
    plan = 'to = ["ca"]\noutput = "p.jsonl"\ndatasets = { a = "in.jsonl" }\n[[steps]]\nuse = "translate"\n'
    checks = 'translator = "echo"\nfilters = { language = false, script = false, copied = false }\n'
    Path("p.toml").write_text(plan + checks + '[[steps]]\nuse = "export"\nas = "messages"\noutput = "m.jsonl"\n')
    Path("m.jsonl").write_text("mine\n")
    assert called("run", "p.toml", "-q") == 2 and Path("m.jsonl").read_text() == "mine\n"
    Path("m.jsonl").unlink()
    assert called("run", "p.toml", "-q") == 0
    first = Path("m.jsonl").read_text()
    Path("in.jsonl").write_text(json.dumps({**ROW, "output": "The sea is warm."}) + "\n")
    for path in ("p.jsonl", "p.rejected.jsonl", "p.manifest.json"):
        Path(path).unlink()
    assert called("run", "p.toml", "-q") == 0 and Path("m.jsonl").read_text() != first
