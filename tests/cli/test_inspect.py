from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app

TEXT = "Run `ls -l` in /tmp, **please**.\n\n```python\nx = 1  # the first\n```\n\n<think>Let me see.</think>Done in 5 km.\n"


def inspect(text: str | bytes, *options: str) -> str:
    result = CliRunner().invoke(app, ["inspect", "-", *options], input=text)
    assert result.exit_code == 0, result.output
    return result.output


def spans(text: str | bytes, *options: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in inspect(text, "--json", *options).splitlines()]


def test_the_spans_are_the_text() -> None:
    found = spans(TEXT)
    assert "".join(span["text"] for span in found) == TEXT
    kinds = {span["text"]: span["kind"] for span in found}
    assert kinds["`ls -l`"] == "inline_code" and kinds["Run "] == "prose"
    assert any(kind == "reasoning" for kind in kinds.values())


@pytest.mark.parametrize(
    ("option", "prose"),
    [("--translate-reasoning", "Let me see."), ("--translate-comments", "the first")],
)
def test_options_of_the_parser(option: str, prose: str) -> None:
    def translated(*options: str) -> str:
        return "|".join(span["text"] for span in spans(TEXT, *options) if span["kind"] == "prose")

    assert prose not in translated() and prose in translated(option)


def test_segments() -> None:
    assert "Done in 5 km." in inspect(TEXT, "--segments").splitlines()
    first = json.loads(inspect("Run `ls`. Then stop.", "--segments", "--json").splitlines()[0])
    assert first == {"source": "Run `ls`.", "keeps": ["`ls`"], "kinds": ["inline_code"]}


@pytest.mark.parametrize("text", ["\x1b]0;title\x07\x1b[2J", "[bold red]x[/]", "a\x00b\r\x08", "\u202e\u2066"])
def test_the_terminal_is_not_steered(text: str) -> None:
    shown = inspect(f"Hello {text} there.")
    assert not set(shown) & set("\x1b\x07\x00\r\x08\u202e\u2066")
    if text.startswith("["):
        assert text in shown


def test_broken_bytes_are_shown_and_survive() -> None:
    assert "\\udcff" in inspect(b"Hello \xff there.")
    assert "".join(span["text"] for span in spans(b"Hello \xff there.")) == "Hello \udcff there."


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(tmp_path / "no.md")])
    assert result.exit_code == 3 and "no.md: cannot be read" in result.output
