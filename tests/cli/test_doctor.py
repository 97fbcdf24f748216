from __future__ import annotations

import json
import tomllib
from importlib.metadata import metadata

import pytest
from typer.testing import CliRunner

from babelset import doctor
from babelset.cli.app import app
from babelset.doctor import EXTRAS, examine
from tests.test_package import PACKAGES, ROOT, declared


def test_every_translator_and_extra_is_examined_and_what_is_missing_has_a_cure() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0, result.output
    findings = {finding["part"]: finding for finding in json.loads(result.output)}
    assert {"python", "apertium", "nllb", "ct2", "echo", "folder", "extra parquet", "extra vllm"} <= findings.keys()
    for finding in findings.values():
        assert finding["detail"]
        assert finding["ok"] or finding["cure"], finding
    assert "needs --model" in findings["nllb"]["detail"]


def test_the_extras_are_those_of_the_package() -> None:
    told = set(metadata("babelset").get_all("Provides-Extra") or ())
    assert set(EXTRAS) == told - {"dev", "docs", "oracles"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_there_when_all_that_it_brings_is(extra: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    modules = [module.partition(".")[0] for module in EXTRAS[extra].split()]
    assert {PACKAGES.get(module, module.replace("_", "-")) for module in modules} == declared(extras[extra], extras)


def test_an_extra_of_which_a_part_is_missing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_there", lambda module: module != "tenacity")
    found = {each.part: each for each in examine([])}
    assert found["extra openai"].detail == "not installed: tenacity" and not found["extra openai"].ok
    assert found["extra llm"].ok and found["extra openai"].cure == "pip install 'babelset[openai]'"


def test_the_plain_form_has_a_line_each() -> None:
    output = CliRunner().invoke(app, ["doctor"]).output
    assert "ok" in output and "python" in output
