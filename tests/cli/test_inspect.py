from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from babelset.cli.inspect import inspect
from babelset.errors import DataError

app = typer.Typer()
app.command()(inspect)


def run(*arguments: str, text: bytes | str = "") -> str:
    result = CliRunner().invoke(app, list(arguments), input=text, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_spans_as_data() -> None:
    lines = run("-", "--json", text="Run `ls` now.").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"type": "prose", "text": "Run "},
        {"type": "keep", "kind": "inline_code", "inline": True, "text": "`ls`"},
        {"type": "prose", "text": " now."},
    ]


def test_segments_as_data() -> None:
    lines = run("-", "--json", "--segments", text="- Run `ls`.\n").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"type": "verbatim", "text": "- "},
        {"type": "segment", "text": "Run \ue000.", "keeps": ["`ls`"], "kinds": ["inline_code"]},
        {"type": "verbatim", "text": "\n"},
    ]


@pytest.mark.parametrize("data", [b"caf\xe9 \xff", b"a\r\nb\rc", "\x00\x1b[2J é 中".encode()])
def test_data_is_the_file_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    spans = [json.loads(line)["text"] for line in run(str(path), "--json").splitlines()]
    assert "".join(spans).encode("utf-8", "surrogateescape") == data


@pytest.mark.parametrize("option", [(), ("--segments",)])
@pytest.mark.parametrize(
    "text, shown",
    [
        ("a \x1b[31m b", r"\x1b"),
        ("a [red]b[/red]", "[red]b[/red]"),
        ("a \u202e b", r"\u202e"),
        (b"a \xff b", r"\udcff"),
    ],
)
def test_text_commands_neither_the_terminal_nor_rich(option: tuple[str, ...], text: str, shown: str) -> None:
    output = run("-", *option, text=text)
    assert shown in output
    assert "\x1b" not in output and "\u202e" not in output


def test_reasoning_and_comments_are_shown_as_prose_when_asked() -> None:
    text = "<think>One moment.</think>\n```python\n# Two words\n```"
    output = run("-", "--json", "--translate-reasoning", "--translate-comments", text=text)
    spans = [json.loads(line) for line in output.splitlines()]
    assert [span["text"] for span in spans if span["type"] == "prose"] == ["One moment.", "\n", "Two words"]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        run("/no/such/file")
