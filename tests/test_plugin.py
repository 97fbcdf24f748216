"""A stranger's package brings a translator through the same door as the built-in ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[1] / "examples" / "plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    source, target = folder / "source", folder / "target"
    shutil.copytree(PLUGIN, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)], check=True)
    return target


def python(installed: Path, *args: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, *args], env=env, cwd=installed.parent, text=True, capture_output=True, check=True
    )
    return done.stdout


def test_the_entry_point_is_found(installed):
    code = (
        "from babelset import plugins\n"
        "from babelset.contracts.translator import Translator\n"
        "shout = plugins.build('translators', 'shout', {'ending': '!'})\n"
        "assert isinstance(shout, Translator)\n"
        "print(shout.signature)"
    )
    assert python(installed, "-c", code) == "shout|ending:!|v:0.1.0\n"


def test_unknown_option_is_refused(installed):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        python(
            installed,
            "-c",
            "from babelset import plugins\nplugins.build('translators', 'shout', {'endng': '!'})",
        )
    assert "endng: unknown option" in caught.value.stderr


def test_it_translates(installed):
    row = {"instruction": "Say `ls` to her now.", "input": "", "output": "I said `ls` to her."}
    (installed.parent / "in.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    python(
        installed, "-m", "babelset", "translate", "in.jsonl", "--to", "ca", "--translator", "shout",
        "-o", "out.jsonl", "--config", str(_checks(installed.parent)),
    )  # fmt: skip
    made = json.loads((installed.parent / "out.jsonl").read_text("utf-8"))
    assert made["instruction"] == "SAY `ls` TO HER NOW."
    assert made["output"] == "I SAID `ls` TO HER."


def _checks(folder: Path) -> Path:
    """Shouted English is not Catalan: leave out the checks that say so."""
    path = folder / "checks.toml"
    path.write_text("[filters]\nlanguage = false\ncopied = false\n", "utf-8")
    return path


STRANGER = """
from typing import ClassVar
from babelset.contracts.filter import Filter, Rating, Verdict

class Nothing(Filter):
    \"\"\"Reject every row.\"\"\"
    name: ClassVar[str] = "nothing"
    unit: ClassVar[str] = "row"

    def score(self, units):
        return [Rating(0.0)] * len(units)

    def judge(self, ratings):
        return Verdict(self.name, False, 0.0, "as it does with all")
"""


def test_installing_and_removing_a_filter_changes_nothing_until_it_is_named(tmp_path: Path) -> None:
    """Installed, run; removed, the same command goes on, and writes the same bytes."""
    site, folder = tmp_path / "site", tmp_path / "work"
    info = site / "stranger-1.0.dist-info"
    info.mkdir(parents=True), folder.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[babelset.filters]\nnothing = stranger:Nothing\n")
    (site / "stranger.py").write_text(STRANGER)
    (folder / "in.jsonl").write_text('{"instruction": "Say it.", "input": "", "output": "It."}\n')
    (folder / "strict.toml").write_text("[filters.nothing]\n")

    def translate(where: Path, output: str, *more: str) -> str:
        command = ["-m", "babelset", "translate", "in.jsonl", "--to", "ban", "--translator", "echo", "-o", output]
        env = {**os.environ, "PYTHONPATH": str(where)}
        done = subprocess.run([sys.executable, *command, *more], env=env, cwd=folder, text=True, capture_output=True)
        return done.stdout + done.stderr

    assert "1 accepted" in translate(site, "a.jsonl")
    assert "complete already" in translate(tmp_path, "a.jsonl")
    assert "1 accepted" in translate(tmp_path, "b.jsonl")
    assert (folder / "a.jsonl").read_bytes() == (folder / "b.jsonl").read_bytes()
    assert "nothing 1" in translate(site, "c.jsonl", "--config", "strict.toml")
    assert "unknown filter 'nothing'" in translate(tmp_path, "c.jsonl", "--config", "strict.toml")
