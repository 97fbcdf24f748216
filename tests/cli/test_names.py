"""Names of files in any bytes: refused at once where no JSON can hold them, else in the manifest without a trick."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.errors import ConfigError
from babelset.files.reading import read
from babelset.work.places import Places, keep_apart
from tests.commands import program

ODD = os.fsdecode(b"r\xff")
ROW = json.dumps({"instruction": "Name a river.", "input": "", "output": "It is the Ebro."}) + "\n"
COMMANDS = [
    "translate {odd}.jsonl --to ca --translator echo -o o.jsonl",
    "translate in.jsonl --to ca --translator echo -o {odd}.jsonl",
    "translate in.jsonl --to ca --translator echo -o {odd}/o.jsonl",
    "translate in.jsonl --to ca --translator echo -o o.jsonl --memory {odd}.sqlite",
    "translate in.jsonl --to ca --translator nllb -o o.jsonl --model {odd}",
    "translate in.jsonl --to ca --translator echo -o o.jsonl --config {odd}.toml",
    "translate in.jsonl --to ca --translator echo -o o.jsonl --schema {odd}.toml",
    "estimate {odd}.jsonl --to ca --translator echo",
    "inspect {odd}.jsonl",
    "run {odd}.toml",
    "score {odd}.jsonl --with length -o o.jsonl",
    "score in.jsonl --with reference:{odd}.jsonl -o o.jsonl",
    "filter in.jsonl -o o.jsonl --rejected {odd}.jsonl",
    "export in.jsonl --as alpaca -o {odd}.json",
    "report in.jsonl -o {odd}.html",
    "report {odd}.jsonl -o o.html",
    "review {odd}.jsonl",
    "apply-review {odd}.jsonl -o o.jsonl",
]


@pytest.mark.core(4)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_is_no_utf8_is_refused_at_once(command: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(ROW)
    (tmp_path / f"{ODD}.jsonl").write_text(ROW)
    args = [part.format(odd=ODD) for part in command.split()]
    done = subprocess.run([program(), *args], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 2 and "the name is not UTF-8; rename it" in " ".join(done.stderr.split()), done.stderr
    assert "r\\xff" in done.stderr and "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl", f"{ODD}.jsonl"}


def test_in_the_library_too(tmp_path: Path) -> None:
    (tmp_path / f"{ODD}.jsonl").write_text(ROW)
    with pytest.raises(ConfigError, match="not UTF-8"):
        next(read([tmp_path / f"{ODD}.jsonl"]))
    with pytest.raises(ConfigError, match="not UTF-8"):
        keep_apart([], {"rows": Places.of(tmp_path / f"{ODD}.jsonl").accepted})


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u202egpj", "a\u2028b", "a\x9bb", "año", "a b"])
def test_what_a_terminal_would_obey_is_not_in_the_manifest(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.jsonl").write_text(ROW)
    args = ["translate", "{}.jsonl", "--to", "ca", "--translator", "echo", "-o", "o-{}.jsonl", "-q"]
    done = CliRunner().invoke(app, [part.format(name) for part in args])
    assert done.exit_code == 0, done.output
    written = (tmp_path / f"o-{name}.manifest.json").read_text("utf-8")
    assert json.loads(written)["inputs"][0]["file"] == f"{name}.jsonl"
    assert all(char.isprintable() or char == "\n" for char in written)
    assert (name in written) == name.isprintable()
