"""What `--help` says: options under headings, a sentence for each, fast and without rich."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from babelset.cli.app import app, main
from babelset.cli.help import FEW, panels


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    command = command or typer.main.get_command(app)
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = dict(commands())


def said(*path: str) -> str:
    result = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("path", ALL, ids=lambda path: " ".join(path) or "babelset")
def test_help_fits_in_80_columns_and_no_sentence_is_cut(path: tuple[str, ...]) -> None:
    lines = said(*path).splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("...") and not line.startswith("Usage:")]


@pytest.mark.parametrize("path", ALL, ids=lambda path: " ".join(path) or "babelset")
def test_every_option_says_in_a_sentence_what_it_is(path: tuple[str, ...]) -> None:
    for param in ALL[path].params:
        assert (param.help or "").endswith("."), param.name
        assert len(param.help) <= 90, param.name
        assert param.param_type_name == "argument" or param.is_flag or param.metavar, param.name


def test_the_options_of_translate_are_in_panels() -> None:
    text = said("translate")
    places = [text.index(f"\n{title}:\n") for title in ("Arguments", "Rows", "Engine", "Checks", "Run")]
    assert places == sorted(places)
    where = {param.name: title for title, params in panels(ALL["translate",].params).items() for param in params}
    assert (where["to"], where["model"], where["config"], where["force"]) == ("Rows", "Engine", "Checks", "Run")
    assert sum(param.param_type_name == "option" for param in ALL["translate",].params) <= 33


def test_few_options_need_no_panels() -> None:
    few = [path for path in ALL if path and sum(p.param_type_name == "option" for p in ALL[path].params) < FEW]
    assert few and all("\nRows:\n" not in said(*path) for path in few)


def test_commands_are_in_panels() -> None:
    text = said()
    assert all(f"\n{title}:\n" in text for title in ("Translate", "Score and decide", "Review and export"))
    assert all(f"\n  {name} " in text for name in ("translate", "apply-review", "filter", "prompts", "setup"))


@pytest.mark.parametrize("path", [(), ("translate",)])
def test_help_is_fast(path: tuple[str, ...]) -> None:
    def processor_seconds(*command: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def times_of_typer() -> float:
        return processor_seconds("-m", "babelset", *path, "--help") / processor_seconds("-c", "import typer")

    assert any(times_of_typer() < 4 for _ in range(5))  # 2 to 3; how many seconds depends on who else is at work


def test_a_bug_ends_with_its_traceback_and_not_as_a_run_that_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise AttributeError("'Segment' object has no attribute 'texxt'")

    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("babelset.cli.app.app", broken)
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 4 and "in broken" in said
    assert said.endswith("babelset: this is a bug in babelset or in a plug-in; report it with the lines above\n")
