from __future__ import annotations

import json
from importlib.metadata import metadata

from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.doctor import EXTRAS


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


def test_the_plain_form_has_a_line_each() -> None:
    output = CliRunner().invoke(app, ["doctor"]).output
    assert "ok" in output and "python" in output
