from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from babelset.cli.setup import setup
from babelset.engines.comet.environment import TOOL as UNBABEL
from babelset.errors import ConfigError

TOOL = """#!/bin/sh
for last; do :; done
case "$*" in
  *"pip install"*) [ "$last" != broken ] || { echo 'ERROR: broken' >&2; exit 1; };;
  *venv*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python";;
  *) echo '{"unbabel-comet": "2.2.7"}';;
esac
"""


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An interpreter that makes environments and installs nothing; uv is not there."""
    path = tmp_path / "python"
    path.write_text(TOOL)
    path.chmod(0o755)
    (tmp_path / "tools").mkdir()
    for needed in ("sh", "mkdir", "cp"):
        (tmp_path / "tools" / needed).symlink_to(str(shutil.which(needed)))
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return str(path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(setup, ["comet", *arguments])


def test_a_dry_run_tells_everything_and_does_nothing(python: str, tmp_path: Path) -> None:
    result = call("--python", python, "--torch-index", "https://torch", "--pip-arg=-v", "--dry-run")
    assert result.exit_code == 0, result.output
    folder = tmp_path / "data" / "babelset" / "comet"
    about, *commands = result.output.splitlines()
    assert about.startswith(f"unbabel-comet in {folder}: about 1.4 GB")
    assert len(commands) == 4 and commands[0] == f"  {python} -m venv {folder}"
    assert commands[1].endswith("install --disable-pip-version-check -v --index-url https://torch torch==2.13.0")
    assert "'numpy<2'" in commands[2], "as a shell takes it"
    assert not folder.parent.exists()


def test_it_is_set_up_where_it_is_looked_for(python: str, tmp_path: Path) -> None:
    result = call("--python", python)
    assert result.exit_code == 0, result.output
    assert result.output.endswith("ready. Score with it: babelset score IN --with comet:MODEL -o OUT\n")
    assert (tmp_path / "data" / "babelset" / "comet" / UNBABEL.stamp).is_file()
    assert "nothing to do" in call("--python", python).output


def test_another_place_must_be_named_to_the_scorer(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("--python", python, "--path", "here")
    assert f"--with comet:MODEL -O python={tmp_path}/here/bin/python -o OUT" in result.output


def test_what_pip_says_is_told(python: str, tmp_path: Path) -> None:
    Path(python).write_text(TOOL.replace("!= broken", "= broken"))
    error = call("--python", python).exception
    assert isinstance(error, ConfigError)
    assert str(error).startswith("installing torch failed with code 1") and str(error).endswith("\n  ERROR: broken")
