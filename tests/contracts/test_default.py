"""Which translator a run gets that names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from babelset import Job
from babelset.contracts.default import choose, fitting
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.translators.apertium import Apertium

SPANISH = Pair(find("en"), find("es"))


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Apertium, "supports", lambda self, pair: pair.target.code != "hin_Deva")


@pytest.fixture
def neural(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "firefox" / "en-es"
    folder.mkdir(parents=True)
    for name in ("model.enes.bin", "vocab.enes.spm"):
        (folder / name).touch()
    monkeypatch.setenv("BABELSET_MODELS", str(tmp_path))
    return folder


@pytest.mark.usefixtures("rules")
def test_rules_where_there_is_no_model() -> None:
    found = choose(SPANISH)
    assert found.engine.name == "apertium" and "no neural model is (babelset models get firefox en-es)" in found.why


@pytest.mark.usefixtures("rules")
def test_a_model_goes_before_rules_for_its_pair_alone(neural: Path) -> None:
    assert choose(SPANISH).why == "translator: firefox, as its model is on this machine"
    assert choose(Pair(find("en"), find("ca"))).engine.name == "apertium"


@pytest.mark.usefixtures("rules")
def test_where_nothing_can_the_commands_are_said() -> None:
    with pytest.raises(ConfigError, match=r"models get firefox en-hi; .*languages hi; .*--translator nllb"):
        choose(Pair(find("en"), find("hi")))


@pytest.mark.usefixtures("rules")
def test_options_belong_to_one_that_has_them(neural: Path) -> None:
    assert choose(SPANISH, {"model": str(neural)}).engine.options == {"model": str(neural)}
    assert list(fitting({"model": ""})) == ["firefox"] and list(fitting({"modes": ""})) == ["apertium"]
    assert list(fitting({"no such": ""})) == ["firefox"] and list(fitting({})) == ["firefox", "apertium"]


@pytest.mark.usefixtures("rules")
def test_a_job_knows_its_default(neural: Path) -> None:
    job = Job(inputs=("a.jsonl",), output="b.jsonl", target="es")
    assert job.translator is None and job.engine.name == "firefox"
    assert job.deciding()["translator"] == {"name": "firefox", "options": {}}
    named = Job(inputs=("a.jsonl",), output="b.jsonl", target="es", translator="echo", glossary="terms.csv")
    assert named.engine.name == "echo"
