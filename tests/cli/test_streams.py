"""Standard streams that are closed, full or left by their reader: a line at most, and no output that passes for whole."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines.firefox.models import installed
from tests.cli.hostile import COMMANDS, arguments, prepare
from tests.commands import program

STARTED = shlex.join([sys.executable, "-m", "babelset"])  # what is closed when Python starts it must stand
NOT_WRITTEN = "babelset: standard output cannot be written: "
ROWS = "translate in.jsonl --to ca -o - --translator echo -q --config off.toml"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)


def shell(command: str) -> tuple[int, str]:
    """Exit code and standard error; of a pipe, those of the first command."""
    babelset = STARTED if "&-" in command or "completion" in command else program()  # which looks for its shell
    script = f"{babelset} {command} 2>told; code=$?"
    if "|" in command:
        before, _, after = command.partition("|")
        script = f"{babelset} {before} 2>told | {after}; code=${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", f"{script}; exit $code"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr + Path("told").read_text() and "Exception" not in Path("told").read_text()
    return done.returncode, Path("told").read_text()


@pytest.mark.core(2)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_full_or_closed_standard_output(path: tuple[str, ...]) -> None:
    for where in (">/dev/full", ">&-"):
        for made in {*Path().glob("new.*"), *Path().glob("done.*"), *Path().glob("*.csv")}:
            made.unlink()
        prepare(Path())
        code, said = shell(f"{shlex.join(arguments(path))} {where}")
        if path == ("review",) or (path == ("models", "list") and not installed()):  # nothing is printed there
            assert code == 0
        elif path in {("models", "get"), ("coverage",), ("push",)}:  # from nowhere, of nothing
            assert code in (2, 3)
        else:
            assert code == 5 and said.count(NOT_WRITTEN) == 1 and said.splitlines()[-1].startswith(NOT_WRITTEN), said


@pytest.mark.core(2)
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
@pytest.mark.parametrize("option", ["--help", "--version", "translate --help", "prompts", "--show-completion bash"])
def test_what_the_parser_prints(option: str, where: str) -> None:
    code, said = shell(f"{option} {where}")
    assert code in (2, 5) and len(said.splitlines()) <= 4, said


@pytest.mark.core(3)
@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2>&- >/dev/null <&-"])
@pytest.mark.parametrize(
    ("command", "code"), [("languages cat", 0), ("languages nothing-so", 2), ("--no-such", 2), (ROWS, 0)]
)
def test_nobody_can_be_told_of_a_broken_standard_error(command: str, code: int, where: str) -> None:
    done = subprocess.run(["bash", "-c", f"{STARTED} {command} {where}"], capture_output=True, check=False)
    assert done.returncode == code


@pytest.mark.core(2)
@pytest.mark.parametrize(
    "command",
    [ROWS.replace("in.jsonl", "-"), "inspect -", "estimate - --to ca --translator echo", "filter - -o new.jsonl", "score - --with length -o new.jsonl", "calibrate -", "export - --as csv -o new.csv"],
)  # fmt: skip
def test_a_closed_standard_input(command: str) -> None:
    code, said = shell(f"{command} <&- >/dev/null")
    assert code == 3 and said.startswith("babelset: standard input: cannot be read") and said.count("\n") == 1, said
    assert not list(Path().glob("new.*"))


@pytest.mark.core(1)
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_rows_that_cannot_be_written_are_not_even_translated(where: str) -> None:
    code, said = shell(f"{ROWS} {where}")
    assert code == 5 and said.startswith(NOT_WRITTEN) and said.count("\n") == 1, said


@pytest.mark.parametrize("many", [1, 1000])
def test_a_reader_that_ends_before_it_has_all_rows(many: int) -> None:
    Path("in.jsonl").write_text(Path("in.jsonl").read_text() * many)
    code, said = shell(f"{ROWS} | head -c 1 >/dev/null" if many > 1 else f"{ROWS} | true")
    assert (
        code == 5
        and said == "babelset: standard output: its reader ended before it had all rows; write a file with -o\n"
    )


@pytest.mark.core(2)
@pytest.mark.parametrize(
    "command", ["languages", "languages --json", "plugins", "--help", "prompts show segments", "doctor"]
)
def test_a_reader_that_has_seen_enough(command: str) -> None:
    assert shell(f"{command} | true") == (0, "")


def test_a_full_disk_of_messages_and_of_rows() -> None:
    done = subprocess.run(["bash", "-c", f"{program()} {ROWS} >/dev/full 2>&1"], capture_output=True, check=False)
    assert done.returncode == 5


@pytest.mark.parametrize(
    "command",
    ["translate in.jsonl --to ca --translator echo -o", "score done.jsonl --with length -o", "filter done.jsonl -o", "apply-review done.jsonl -o", "export done.jsonl --as alpaca -o", "report done.jsonl -o", "review done.jsonl --all --export"],
)  # fmt: skip
def test_a_device_or_pipe_is_no_output(command: str) -> None:
    name = "pipe.csv" if "review d" in command and "--export" in command else "pipe.jsonl"
    os.mkfifo(name)
    for force in ("", " --force"):
        if not (force and command.startswith("apply")):
            result = CliRunner().invoke(app, [*command.split(), name, *force.split()])
            assert result.exit_code == 2 and name in result.output.splitlines()[-1], result.output
    assert Path(name).is_fifo()
