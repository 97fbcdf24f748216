"""eflomal is a program; here it is a script, and once the real one, where it was set up."""

from __future__ import annotations

from pathlib import Path

import pytest

from babelset.engines.eflomal.aligning import align
from babelset.engines.eflomal.environment import TOOL
from babelset.engines.environment import Stamp
from babelset.errors import ConfigError, DataError, EngineError

# Links each word with that of the same place; the other way round the first one with the last, too.
SCRIPT = """
import sys
said = dict(zip(sys.argv[2::2], sys.argv[3::2]))
{extra}
for name, more in (("-f", ""), ("-r", " 0-9")):
    with open(said["-s"]) as source, open(said[name], "w") as links:
        for line in source:
            print(" ".join(f"{{at}}-{{at}}" for at, _ in enumerate(line.split())) + more, file=links)
"""
PAIRS = [(["the", "house"], ["la", "casa"]), (["river"], ["riu"])]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an environment with a program in the place of eflomal's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = TOOL.default()
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").write_text('#!/bin/sh\nshift\nexec python3 "$@"\n')
    (folder / "bin/python").chmod(0o755)
    (folder / TOOL.stamp).write_text(Stamp(requirements=TOOL.requirements, versions={}).model_dump_json())
    return folder / "bin/eflomal-align"


def test_links_that_both_directions_agree_on(tool: Path, tmp_path: Path) -> None:
    tool.write_text(SCRIPT.format(extra=""))
    assert list(align(PAIRS, tmp_path, "en-ca")) == [[(0, 0), (1, 1)], [(0, 0)]]
    tool.unlink()
    assert list(align(PAIRS, tmp_path, "en-ca")) == [[(0, 0), (1, 1)], [(0, 0)]], "kept: it may say other things again"


def test_a_failure_is_told_and_asked_again(tool: Path, tmp_path: Path) -> None:
    tool.write_text(SCRIPT.format(extra="sys.exit('no memory')"))
    with pytest.raises(EngineError, match=r"code 1: no memory\. To make it anew, run: babelset setup eflomal"):
        list(align(PAIRS, tmp_path, "x"))
    tool.write_text(SCRIPT.format(extra=""))
    assert len(list(align(PAIRS, tmp_path, "x"))) == 2


def test_nonsense_is_told(tool: Path, tmp_path: Path) -> None:
    tool.write_text(SCRIPT.format(extra="").replace("{at}-{at}", "{at}:x"))
    with pytest.raises(DataError, match="eflomal wrote no links"):
        list(align(PAIRS, tmp_path, "x"))


def test_nothing_to_align(tool: Path, tmp_path: Path) -> None:
    assert list(align([], tmp_path, "x")) == []


def test_without_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="run: babelset setup eflomal"):
        list(align(PAIRS, tmp_path, "x"))


def test_it_is_never_imported() -> None:
    root = Path(__file__).resolve().parents[3] / "babelset"
    names = [path for path in root.rglob("*.py") if "import eflomal" in path.read_text("utf-8")]
    assert [path.name for path in names] == ["environment.py"], "only in the trial of its environment"


@pytest.mark.engine
def test_the_real_one(tmp_path: Path) -> None:
    if not TOOL.done(TOOL.default()):
        pytest.skip("eflomal is not set up: babelset setup eflomal")
    nouns = {"house": "casa", "river": "riu", "bridge": "pont", "garden": "jardí", "town": "poble", "bread": "pa"}
    pairs = [
        (["the", one, "and", "the", other], ["la", nouns[one], "i", "la", nouns[other]])
        for one in nouns
        for other in nouns
    ]
    right = found = 0
    for (source, target), links in zip(pairs, align(pairs, tmp_path, "en-ca"), strict=True):
        named = [(source[one], target[other]) for one, other in links if source[one] in nouns]
        found, right = found + len(named), right + sum(nouns[one] == other for one, other in named)
    assert found > 40 and right / found > 0.9
