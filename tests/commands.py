"""Commands of babelset in this process, as most tests give them."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from babelset.cli.app import app


def run(*arguments: str | Path, code: int = 0) -> str:
    """`run("score", path, "-o", other)` -> what it says; it ends with `code`."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def ended(command: str) -> tuple[int, str]:
    """`ended("score x.jsonl")` -> its exit code, and what it says; no other exception leaves it."""
    result = CliRunner().invoke(app, command.split())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output
