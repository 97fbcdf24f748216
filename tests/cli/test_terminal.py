"""Nothing from outside steers a terminal, whatever the command, the option, the key or the program that prints it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelset.cli import terminal
from babelset.cli.app import app
from babelset.cli.terminal import LONGEST, escaped, one_line
from tests.cli.hostile import COMMANDS, EVIL, SGR, STEERING, arguments, commands, prepare
from tests.commands import program

RICH = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AK]|\r")  # what rich writes: styles, a bar drawn again
VALUED = [
    (path, param.opts[-1])
    for path, command in commands()
    for param in command.params
    if param.param_type_name == "option" and not param.is_flag and param.opts[-1] not in ("--port", "--reviewer")
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    prepare(tmp_path)
    return tmp_path


def told(*args: str) -> str:
    """Standard output and error of a command, which are harmless."""
    done = CliRunner().invoke(app, list(args))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    said = done.output_bytes.decode()
    assert not STEERING.findall(said), said
    assert "\nbabelset: forged" not in said, said
    return said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31m", r"a\u001b[31m"),
        ("\x9b2J", r"\u009b2J"),
        ("\u202eb\u2066", r"\u202eb\u2066"),
        ("z\u200bw", r"z\u200bw"),
        ("\U000e0041", r"\udb40\udc41"),
        ("\ud800", r"\ud800"),
        ("a\rb", r"a\rb"),
        ("[red]x[/]", "[red]x[/]"),
        ("català 中文 \u3000 é̂ \n\t", "català 中文 \u3000 é̂ \n\t"),
    ],
)
def test_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert one_line(text) == shown.replace("\n", "\\n").replace("\t", "\\t")


@given(st.text(st.characters(codec=None)))
def test_json_stays_the_same_json_and_nothing_steers(text: str) -> None:
    assert json.loads(escaped(json.dumps(text, ensure_ascii=False))) == text
    assert not STEERING.findall(escaped(text))
    assert escaped(escaped(text)) == escaped(text)


def test_the_middle_of_a_long_text_is_left_out() -> None:
    assert len(one_line("ab" * 10**6)) < LONGEST + 10


def test_every_command_is_in_the_table() -> None:
    assert {path for path, _ in commands()} == set(COMMANDS)


@pytest.mark.core(8)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_a_command_tells_of_hostile_data(path: tuple[str, ...]) -> None:
    assert told(*arguments(path)).strip() and told(*path, f"--{EVIL}")
    told(*path, f"{EVIL}.jsonl")


@pytest.mark.core(16)
@pytest.mark.parametrize(("path", "option"), VALUED, ids=lambda value: value if isinstance(value, str) else value[-1])
def test_hostile_values_of_options(path: tuple[str, ...], option: str) -> None:
    told(*arguments(path), option, EVIL)
    if option in ("--option", "-O", "--role"):
        told(*arguments(path), option, f"{EVIL}={EVIL}")


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv", "parquet", "txt"])
def test_hostile_keys_headers_and_file_names(ending: str) -> None:
    name, row = f"{EVIL}.{ending}", {f"{EVIL}key": "Hello there, my friend.", "z": "1"}
    if ending == "parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), name)
    elif ending in ("csv", "tsv"):
        import csv

        with Path(name).open("w", newline="") as file:
            writer = csv.DictWriter(file, row, delimiter="," if ending == "csv" else "\t")
            writer.writeheader()
            writer.writerow(row)
    else:
        Path(name).write_text(json.dumps([row] if ending == "json" else row))
    said = told("translate", name, *["--to", "ca", "--translator", "echo", "-o", "new.jsonl", "-q"])
    assert ending == "txt" or "u009b" in said  # a text has no keys
    for command in ("score --with length", "filter", "export --as alpaca"):
        told(*command.split(), name, "-o", "new.jsonl")
    for command in ("calibrate", "report"):
        told(command, name)


@pytest.mark.parametrize(
    "path",
    [
        path
        for path, command in commands()
        if "--json" in str([p.opts for p in command.params]) and path != ("coverage",)
    ],
    ids=" ".join,
)  # coverage needs a model: tests/cli/test_coverage.py reads its JSON
def test_json_is_valid_json(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*arguments(path), "--json"])
    assert not STEERING.findall(done.stdout)
    for line in done.stdout.splitlines() if path == ("inspect",) else [done.stdout]:
        json.loads(line)
    if path == ("calibrate",):
        assert f"{EVIL}score" in json.loads(done.stdout)["languages"]["cat_Latn"]["scores"]


PLUGIN = """
import logging, sys, warnings
from babelset.cli.app import main
from babelset.translators.echo import Echo
evil = sys.argv.pop(1)
def translate(self, segments, pair):
    print(evil); print(evil, file=sys.stderr); warnings.warn(evil); logging.getLogger("x").warning(evil)
    raise RuntimeError(evil)
Echo.translate = translate
main()
"""


def test_prints_warnings_logs_and_tracebacks_of_plugins() -> None:
    command = [sys.executable, "-c", PLUGIN, EVIL, *arguments(("translate",))]
    done = subprocess.run(command, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 4 and said.count("u009b") >= 5, said
    assert not STEERING.findall(said)


@pytest.mark.core(4)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_on_a_terminal_only_rich_steers(path: tuple[str, ...]) -> None:
    args = [arg for arg in arguments(path) if arg != "-q"]
    said = on_a_terminal(args)
    assert SGR not in said
    assert not STEERING.findall(RICH.sub("", said)), said
    assert "Traceback" not in said


def test_rows_on_a_terminal_are_the_same_json() -> None:
    Path("in.jsonl").write_text(
        json.dumps({"instruction": f"Say hello{chr(0x9B)}2J.", "input": "", "output": "The river."})
    )
    said = on_a_terminal(
        [*["translate", "in.jsonl", "--to", "ca", "-o", "-", "--translator", "echo", "-q", "--config", "off.toml"]]
    )
    assert not STEERING.findall(RICH.sub("", said)), said
    assert "\x9b" in json.loads(said.splitlines()[0])["instruction"]


def on_a_terminal(args: list[str]) -> str:
    """What a command writes to a terminal with colours."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([program(), *args], stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    said = b""
    try:
        while block := os.read(ours, 1 << 16):
            said += block
    except OSError:  # the end, as Linux tells it
        pass
    os.close(ours)
    process.wait(300)
    return said.decode()


CLI = Path(terminal.__file__).parent


@pytest.mark.parametrize("name", sorted(file.name for file in CLI.glob("*.py")))
def test_nobody_prints_past_the_one_place(name: str) -> None:
    if name not in ("terminal.py", "console.py"):
        assert not re.search(
            r"typer\.(s?echo|style)|(?<![.\w])print\(|rich\.console|sys\.std\w+\.(write|buffer)",
            (CLI / name).read_text(),
        )
