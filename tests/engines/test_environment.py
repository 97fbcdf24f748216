"""The environment of unbabel-comet: what is run to make it, and when it counts as made; pip and uv are scripts."""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from babelset.engines import environment
from babelset.engines.comet.environment import COMET, TORCH
from babelset.engines.comet.environment import TOOL as UNBABEL
from babelset.engines.environment import MARKER
from babelset.errors import ConfigError

STAMP, Setup = UNBABEL.stamp, partial(environment.Setup, UNBABEL)

# As uv and as python: makes DIR/bin/python out of itself, installs nothing, tells versions; $FAIL names what fails
TOOL = """#!/bin/sh
for last; do :; done
echo "$*" >>"$CALLS"
case "$*" in
  *"$FAIL"*) printf 'Collecting torch\\n\\033[31mERROR: No space left on device\\n' >&2; exit 1;;
  *"pip install"*) ;;
  *venv*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python";;
  *import*) echo 'noise'; echo '{"unbabel-comet": "2.2.7", "torch": "2.13.0"}';;
esac
"""


class Tools:
    """The only folder on PATH, and what the tools in it were called with."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch, self._calls = folder, patch, folder / "calls"
        for needed in ("sh", "mkdir", "cp"):
            (folder / needed).symlink_to(str(shutil.which(needed)))
        patch.setenv("PATH", str(folder))
        patch.setenv("CALLS", str(self._calls))
        self.fail("nothing at all")

    def add(self, name: str) -> str:
        path = self.folder / name
        path.write_text(TOOL)
        path.chmod(0o755)
        return str(path)

    def fail(self, where: str) -> None:
        self.patch.setenv("FAIL", where)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    (tmp_path / "tools").mkdir()
    return Tools(tmp_path / "tools", monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data" / "comet"


def silent(line: str) -> None:
    pass


@pytest.mark.parametrize("uv", [True, False])
def test_it_is_made_once(uv: bool, tools: Tools, home: Path) -> None:
    tool, said = tools.add("uv" if uv else "mypython"), list[str]()
    setup = Setup(home, python="3.11" if uv else tool, index="https://torch", pip_args=("--no-cache",))
    assert setup.run(said.append) == home / "bin" / "python"
    venv, torch, rest, trial = tools.calls
    assert venv == (f"venv --allow-existing --python 3.11 {home}" if uv else f"-m venv {home}")
    assert torch.endswith(f"--no-cache --index-url https://torch {TORCH}")
    assert "https://torch" not in rest and COMET in rest and "numpy<2 " in rest and "sentencepiece==0.2.1" in rest
    assert trial.startswith("-I -c import comet")
    assert len(said) == 4 and said[1].startswith("installing torch: ")
    assert json.loads((home / STAMP).read_text())["versions"] == {"unbabel-comet": "2.2.7", "torch": "2.13.0"}
    setup.run(said.append)
    assert len(tools.calls) == 4 and said[4] == f"{home} is set up already: nothing to do"


@pytest.mark.parametrize("where", ["venv", TORCH, COMET, "import comet"])
def test_what_fails_is_told_and_done_again(where: str, tools: Tools, home: Path) -> None:
    setup = Setup(home, python=tools.add("mypython"))
    tools.fail(where)
    with pytest.raises(ConfigError, match=r"failed with code 1\. The end of .*setup\.log:[^\x1b]*ERROR: No space left"):
        setup.run(silent)
    with pytest.raises(ConfigError, match="To make it, run: babelset setup comet"):
        UNBABEL.python(home)
    tools.fail("nothing at all")
    (home / "left over").touch()
    setup.run(silent)
    assert UNBABEL.python(home) == str(home / "bin" / "python")
    assert not (home / "left over").exists(), "an unfinished environment is begun anew"


def test_one_made_with_other_versions_serves_until_it_is_renewed(tools: Tools, home: Path) -> None:
    setup = Setup(home, python=tools.add("mypython"))
    setup.run(silent)
    stamp = json.loads((home / STAMP).read_text())
    (home / STAMP).write_text(json.dumps({**stamp, "requirements": ["unbabel-comet==2.2.6"]}))
    assert UNBABEL.python(home)
    setup.run(silent)
    assert len(tools.calls) == 8 and COMET in json.loads((home / STAMP).read_text())["requirements"]


@pytest.mark.parametrize("name", ["thesis.tex", "bin/python", "pyvenv.cfg"])
def test_a_folder_that_holds_something_else_is_left_alone(name: str, tools: Tools, home: Path) -> None:
    (home / name).parent.mkdir(parents=True)
    (home / name).write_text("mine")
    with pytest.raises(ConfigError, match="holds something else; name a new or an empty folder with --path"):
        Setup(home, python=tools.add("mypython")).run(silent)
    assert (home / name).read_text() == "mine" and not (home / MARKER).exists() and not tools.calls


def test_a_folder_that_cannot_be_is_told(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file/comet: Not a directory; name another folder with --path"):
        Setup(tmp_path / "file" / "comet", python=tools.add("mypython")).run(silent)


def test_an_interpreter_that_is_not_there_is_told(tools: Tools, home: Path) -> None:
    with pytest.raises(ConfigError, match="/no/python: No such file or directory; name an interpreter with --python"):
        Setup(home, python="/no/python").run(silent)


BROKEN = ["{", "[]", "{}", '{"requirements": 1, "versions": 2}', "\udcff"]


@pytest.mark.parametrize("stamp", BROKEN)
def test_a_damaged_stamp_counts_as_none(stamp: str, tools: Tools, home: Path) -> None:
    Setup(home, python=tools.add("mypython")).run(silent)
    (home / STAMP).write_text(stamp, "utf-8", "surrogateescape")
    with pytest.raises(ConfigError, match="has no environment"):
        UNBABEL.python(home)


def test_an_environment_that_lost_its_interpreter_counts_as_none(tools: Tools, home: Path) -> None:
    Setup(home, python=tools.add("mypython")).run(silent)
    (home / "bin" / "python").unlink()
    with pytest.raises(ConfigError, match="has no environment"):
        UNBABEL.python(home)


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        ("", ".local/share/babelset/comet"),
        ("relative", ".local/share/babelset/comet"),
        ("/data", "/data/babelset/comet"),
    ],
)
def test_where_it_lies(data: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", data)
    assert UNBABEL.default() == tmp_path / folder


def test_the_doctor_knows_it(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = UNBABEL.diagnose()
    assert not before.ok and before.cure == "babelset setup comet"
    Setup(UNBABEL.default(), python=tools.add("mypython")).run(silent)
    after = UNBABEL.diagnose()
    assert after.ok and not after.cure and "unbabel-comet 2.2.7, torch 2.13.0" in after.detail


def test_a_python_that_numpy_has_no_wheels_for_is_not_taken(
    tools: Tools, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "sys", SimpleNamespace(version_info=SimpleNamespace(major=3, minor=14)))
    with pytest.raises(ConfigError, match=r"needs Python 3\.10 to 3\.12, and none is here\. .* or install uv"):
        Setup(home).commands()
    older = tools.add("python3.10")
    assert Setup(home).commands()[0][0] == older
    uv = tools.add("uv")
    assert Setup(home).commands()[0] == [uv, "venv", "--allow-existing", "--python", older, str(home)]
    Path(older).unlink()
    assert Setup(home).commands()[0][4] == "3.12", "uv fetches it"


def test_this_python_is_taken_where_it_can_be() -> None:
    fits = (3, 10) <= sys.version_info[:2] <= (3, 12)
    assert (UNBABEL.suitable() == sys.executable) is fits
