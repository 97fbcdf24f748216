"""What an enemy names files, keys, options and scores; what must never reach a terminal; and every command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import regex
import typer.main
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.rows import told

SGR = "\x1b[31;5m"
EVIL = (
    f"\x1b]0;pwned\x07{SGR}\x9b2J\x9d0;x\x9c\x1b]8;;http:evil\x1b\\\x08\r\x7f\u202egnp\u2066\u200b\u200d\ufeff\u2028\u3164"
    "\U000e0041[red]x [link=http:evil]y :bomb: a\nbabelset: forged"
)
STEERING = regex.compile(r"(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]")
TINY = Path(__file__).resolve().parents[1] / "models/tiny-nllb"
COMMANDS = {  # each does something in a folder that `prepare` has filled; a new command must say what
    ("translate",): "in.jsonl --to ca -o new.jsonl --translator echo -q --config off.toml",
    ("run",): "pipeline.toml",
    ("gather",): "shard.jsonl -o new.jsonl",
    ("estimate",): "in.jsonl --to ca --translator echo",
    ("inspect",): "text.txt",
    ("score",): "done.jsonl --with length -o new.jsonl -q",
    ("calibrate",): "done.jsonl",
    ("coverage",): "--model use --to ca --parallel nowhere",
    ("filter",): "done.jsonl -o new.jsonl",
    ("report",): "done.jsonl",
    ("show",): "done.jsonl",
    ("review",): "done.jsonl --all --export new.csv",
    ("apply-review",): "done.jsonl -o new.jsonl",
    ("export",): "done.jsonl --as csv -o new.csv",
    ("push",): "folder a/b",
    ("languages",): "cat",
    ("plugins",): "",
    ("doctor",): "",
    ("prompts", "list"): "",
    ("prompts", "show"): "segments",
    ("models", "list"): "",
    ("models", "vmap"): f"{TINY} text.txt -o new.txt",
    ("models", "trim"): f"{TINY} --to en,ca -o new --text text.txt --check text.txt",
    ("models", "get"): "firefox en-es --from nowhere --to models",
    ("setup", "comet"): "--dry-run",
    ("setup", "eflomal"): "--dry-run",
}
OFF = "[filters]\n" + "".join(
    f"{name} = false\n" for name in ("language", "copied", "script", "task", "length", "repetition", "intact")
)


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the application, by its path."""

    def walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        if not hasattr(command, "commands"):
            yield path, command
        else:
            for name, inner in command.commands.items():
                yield from walk((*path, name), inner)

    return walk((), typer.main.get_command(app))


def arguments(path: tuple[str, ...]) -> list[str]:
    return [*path, *COMMANDS[path].split()]


def prepare(folder: Path) -> None:
    """Rows, translated rows that an enemy has changed, a text, a pipeline."""
    shutil.copytree(_prepared().name, folder, dirs_exist_ok=True)


@cache
def _prepared() -> TemporaryDirectory[str]:
    """What `prepare` copies, made once."""
    folder = TemporaryDirectory()
    with chdir(folder.name):
        _make()
    return folder


def _make() -> None:
    row = {"instruction": "Describe the river, please.", "input": "", "output": "The river is cold."}
    Path("in.jsonl").write_text(json.dumps(row) + "\n")
    Path("off.toml").write_text(OFF)
    line = EVIL.replace("\n", " ")
    Path("text.txt").write_text(f"Look {line} at `{line}`.\n", newline="")
    toml = "".join(f"\\U{ord(char):08x}" for char in EVIL)
    Path("pipeline.toml").write_text(
        f'to = ["ca"]\noutput = "piped.jsonl"\n[datasets]\na = "in.jsonl"\n'
        f'[[steps]]\nuse = "translate"\ntranslator = "echo"\n{OFF.replace("[", "[steps.")}'
        f'[[steps]]\nuse = "export"\nas = "csv"\noutput = "{toml}.csv"\n'
    )
    translate = "translate in.jsonl --to ca --translator echo -q --config off.toml -o"
    _run(f"{translate} done.jsonl")
    _run(f"{translate} shard.jsonl --shard 1/1")
    done = told(json.loads(Path("done.jsonl").read_text()))
    evidence = done["_babelset"]
    evidence["verdicts"].append({"check": f"{EVIL}check", "ok": True, "score": 0.5, "reason": f"{EVIL}why"})
    evidence["scores"] = {**evidence.get("scores", {}), f"{EVIL}score": [0.5] * len(evidence["segments"])}
    rejected = json.loads(json.dumps(done))
    rejected["_babelset"]["status"] = "rejected"
    rejected["_babelset"]["verdicts"][-1]["ok"] = False
    Path("done.jsonl").write_text("".join(json.dumps(each) + "\n" for each in (done, rejected)))
    Path("done.manifest.json").unlink()
    _run("review done.jsonl --all --export old.csv")


def _run(command: str) -> None:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output
