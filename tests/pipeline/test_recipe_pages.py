"""The pages about recipes: each command works when it is pasted, and says what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / "recipes" / "mix.md"]  # the others want a model, or have a test of their own
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def said(line: str) -> str:
    return " ".join(line.split())


@pytest.mark.engine
@pytest.mark.skipif(not shutil.which("apertium"), reason="Apertium is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_say_what_the_page_says(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    output: set[str] = set()
    for kind, text in BLOCK.findall(page.read_text("utf-8")):
        if kind == "sh":
            done = subprocess.run(["bash", "-c", text], cwd=tmp_path, env={**os.environ, "PATH": path},
                                  capture_output=True, text=True, check=False)  # fmt: skip
            assert done.returncode in (0, 1), done.stderr
            output = {*map(said, (done.stdout + done.stderr).splitlines())}
        else:
            assert {*map(said, text.splitlines())} <= output
