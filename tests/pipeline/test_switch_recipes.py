"""Recipes of code-switching, from end to end, twice, with a real translator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from babelset.languages import Pair, find
from babelset.steps.alignment.changes import restored
from babelset.translators.apertium import Apertium
from tests.commands import program
from tests.rows import told

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FORWARD = Pair(find("en"), find("ca"))
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not Apertium().supports(FORWARD), reason="Apertium is not installed"),
]


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(each) for each in ("run", *arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def twice(tmp_path: Path, out: str, *arguments: object) -> dict[str, list[dict[str, Any]]]:
    """The rows of a run by the name of their file; a second run elsewhere writes the same bytes."""
    for name in ("first", "second"):
        run(*arguments, "-o", tmp_path / name / out, "-q")
    files = {path.name: path.read_bytes() for path in (tmp_path / "first").glob(out.replace("{lang}", "*"))}
    files = {name: raw for name, raw in files.items() if "rejected" not in name and "failed" not in name}
    assert files == {name: (tmp_path / "second" / name).read_bytes() for name in files}
    return {name: [told(json.loads(line)) for line in raw.splitlines()] for name, raw in files.items()}


def test_csr(tmp_path: Path) -> None:
    made = twice(tmp_path, "csr.jsonl", "csr", EXAMPLES / "alpaca.jsonl", "--to", "es", "--set", "translator=apertium")
    rows = made["csr.jsonl"]
    assert len(rows) > 20
    for row in rows:
        assert row["source"] != row["target"] == restored(row["source"], row[KEY]["switched"])
        assert row[KEY]["made"]["recipe"] == "csr"


def test_entitycs(tmp_path: Path) -> None:
    labels = EXAMPLES / "labels.tsv"
    rows = twice(tmp_path, "e.jsonl", "entitycs", EXAMPLES / "entities.jsonl", "--set", f"lexicon={labels}")["e.jsonl"]
    assert {row["language"] for row in rows} >= {"de", "es"}
    for row in rows:
        assert list(row)[:4] == ["id", "en_sentence", "cs_sentence", "language"]
        assert row["en_sentence"].count("<en>") == row["cs_sentence"].count(f"<{row['language']}>") > 0


def test_xcot(tmp_path: Path) -> None:
    source = [json.loads(line) for line in (EXAMPLES / "arithmetic.jsonl").read_text().splitlines()]
    options = ("--to", "ca,es", "--set", "translate.translator=apertium", "--set", "fewshot.translator=apertium",
               "--set", "switch.translator=apertium")  # fmt: skip
    made = twice(tmp_path, "x.{lang}.jsonl", "xcot", EXAMPLES / "arithmetic.jsonl", *options)
    assert set(made) == {"x.ca.jsonl", "x.es.jsonl"}
    answers = {row["answer"] for row in source}
    for row in (row for rows in made.values() for row in rows):
        said = [one["content"] for one in row["messages"]]
        assert len(said) == 6 and said[-1].partition("\n\n")[2] in answers and {said[1], said[3]} <= answers
        assert all(each["path"][1] in (0, 2) for each in row[KEY]["switched"])


@pytest.mark.parametrize("recipe", ["csr", "entitycs", "xcot"])
def test_a_dry_run_says_what_will_be_done(recipe: str, tmp_path: Path) -> None:
    names = {"xcot": "arithmetic.jsonl", "entitycs": "entities.jsonl"}
    options = ["--set", f"lexicon={EXAMPLES / 'labels.tsv'}"] if recipe == "entitycs" else ["--to", "ca"]
    lines = json.loads(
        run(
            recipe,
            EXAMPLES / names.get(recipe, "alpaca.jsonl"),
            "-o",
            tmp_path / "o.jsonl",
            *options,
            "--dry-run",
            "--json",
        )
    )
    assert all(line["rows"] for line in lines) and not list(tmp_path.iterdir())


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    """And prints what the page says."""
    import os
    import re
    import shlex
    import shutil
    import subprocess

    page = (EXAMPLES.parent / "docs/recipes/switch.md").read_text("utf-8")
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    folder = Path(program()).parent
    found = re.findall(r"```console\n\$ (.*?)\n(.*?)```", page, re.DOTALL)
    assert len(found) >= 6
    for command, output in found:
        if shlex.split(command)[1:2] == ["setup"]:
            continue
        environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "COLUMNS": "100"}
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert " ".join(done.stdout.split()) == " ".join(output.split()), command
