from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli import prompts as command
from babelset.cli.app import app
from babelset.engines.llm.prompt import load

OWN = """+++
version = "7"
unit = "segment"
description = "My own."
scheme = "tags"
context = false
+++
{% block user %}{{ target.name }}: {{ text }}{% endblock %}
"""


def babelset(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["prompts", *arguments])
    return result.exit_code, result.output


def test_the_list_in_a_pipe_is_tab_separated() -> None:
    code, output = babelset("list")
    segments = load("segments")
    assert code == 0 and f"segments\t2\trow\t{segments.hash}\t\t{segments.description}" in output.splitlines()
    assert any(line.startswith("hy-mt\t") and "\t*hunyuan-mt* *hy-mt*\t" in line for line in output.splitlines())


def test_json_holds_the_same_facts() -> None:
    code, output = babelset("list", "--json")
    row = next(row for row in json.loads(output) if row["name"] == "qwen-mt")
    assert code == 0 and (row["unit"], row["models"], row["hash"]) == ("segment", ["*qwen-mt*"], load("qwen-mt").hash)


def test_the_table_shows_patterns_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    command._table([command._row(load("translategemma"))])
    assert "*translategemma*" in capsys.readouterr().out.replace("\n", "")


def test_show_prints_the_file_as_it_is() -> None:
    assert babelset("show", "segments") == (0, load("segments").text)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["segments", "--to", "ca"], '--- user\nRoles: "1 instruction"\nTranslate:\n{"1":"Say <1/>'),
        (["segments", "--to", "ca", "--text", "Hi <s>"], 'Translate:\n{"1":"Hi \\u003cs>"}\n'),
        (["judge-faith", "--to", "ca"], 'Source: "Say <1/> aloud, three times."\nTranslation: "(the translation'),
        (["document", "--to", "de", "--from", "fr"], "from French (fr) into German (de)"),
        (["translategemma", "--to", "de", "--text", "Hi"], '"text": "Hi"'),
        (["qwen-mt", "--to", "de"], '--- body\n{\n "translation_options": {\n  "source_lang": "en"'),
    ],
)
def test_show_renders_an_example(arguments: list[str], shown: str) -> None:
    code, output = babelset("show", *arguments)
    assert code == 0 and shown in output


def test_show_takes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.jinja"
    file.write_text(OWN, encoding="utf-8")
    assert babelset("show", str(file)) == (0, OWN)
    assert babelset("show", str(file), "--to", "ca", "--text", "Hi") == (0, "--- user\nCatalan: Hi\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["segmants"], "unknown prompt 'segmants'. Did you mean 'segments'?"),
        (["nowhere/x.jinja"], "nowhere/x.jinja: cannot be read"),
        (["segments", "--text", "Hi"], "add --to"),
        (["segments", "--to", "catlan"], "Did you mean Catalan"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], message: str) -> None:
    code, output = babelset("show", *arguments)
    assert code == 2 and message in output
