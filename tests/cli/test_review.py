"""`babelset review` as it is typed: the address, the end, what is refused."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.commands import program

EXAMPLE = Path(__file__).parents[2] / "examples" / "alpaca.jsonl"


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a finished run."""
    folder = tmp_path_factory.mktemp("run")
    order = ["translate", str(EXAMPLE), "--to", "es", "--translator", "echo", "-o", str(folder / "es.jsonl"), "-q"]
    assert CliRunner().invoke(app, order).exit_code == 0
    return folder


@pytest.fixture
def run(translated: Path, tmp_path: Path) -> Path:
    for file in translated.glob("es.*jsonl"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path / "es.jsonl"


def review(*words: str) -> Result:
    return CliRunner().invoke(app, ["review", *words, "--no-open"])


def ask(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    method, headers = ("PUT", {"content-type": "application/json"}) if data else ("GET", {})
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=120) as answer:
        return json.load(answer)


@pytest.mark.core(1)
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_ended(run: Path, sign: int) -> None:
    command = [program(), "review", str(run), "--no-open", "--all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        rows = ask(f"{url}list")
        assert len(rows) == len(EXAMPLE.read_text("utf-8").splitlines())
        said = {"verdict": "accept", "reason": "", "targets": {}, "reviewer": "Anna", "based_on": 0}
        ask(f"{url}items/{rows[0][0]}/decision", said)
        second = review(str(run))
        assert (second.exit_code, url in second.stderr, second.stdout) == (2, True, "")
        idle = socket.create_connection(("127.0.0.1", int(url.split(":")[2].split("/")[0])))  # as browsers keep them
        os.kill(server.pid, sign)
        out, err = server.communicate(timeout=120)
        idle.close()
    assert (server.returncode, out) == (0, "")
    assert f"1 of {len(rows)} rows are decided; the decisions are in {run.with_suffix('.review.sqlite')}" in err
    assert f"babelset apply-review {run} -o reviewed.jsonl" in err
    assert url.split("/")[3] not in err
    assert "Traceback" not in err


def test_a_run_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    done = review(str(tmp_path / "no.jsonl"))
    assert (done.exit_code, list(tmp_path.iterdir())) == (3, [])
    assert "no such file" in done.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--sample", "3", "--all"], "give only one of them"),
        (["--export", "a.csv", "--import", "b.csv"], "give only one of them"),
        (["--reviewer", "A" * 101], "at most 100 characters"),
        (["--reviewer", "A\x1b[31m"], "at most 100 characters"),
        (["--port", "70000"], "--port"),
        (["--store", "."], "cannot open the review"),
    ],
)
def test_what_is_refused(run: Path, words: list[str], reason: str) -> None:
    done = review(str(run), *words)
    assert done.exit_code in (2, 5)
    assert reason in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_rows_that_carry_no_evidence(tmp_path: Path) -> None:
    file = tmp_path / "plain.jsonl"
    file.write_text('{"instruction": "Hello."}\n', "utf-8")
    done = review(str(file))
    assert done.exit_code == 2
    assert "cannot be read, and so cannot be reviewed: 1" in done.stderr
    assert "there is no row to review" in done.stderr


def test_out_to_a_sheet_and_back(run: Path, tmp_path: Path) -> None:
    sheet, store = tmp_path / "sheet.csv", tmp_path / "other.sqlite"
    done = review(str(run), "--export", str(sheet), "--store", str(store), "--sample", "3")
    assert (done.exit_code, sheet.exists(), store.exists()) == (0, True, True)
    again = review(str(run), "--import", str(sheet), "--store", str(store), "--reviewer", "Anna")
    assert again.exit_code == 0, again.stderr
    assert "decided" in again.stderr
