"""
Whatever happens to the server, to the network or to babelset: every row is there once, and no answer is paid for twice.

Sources are English, but pass for Buginese, and their cipher for Balinese: no identifier knows either of them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from codecs import encode
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.commands import program
from tests.engines.llm.scripted_server import (
    CUT,
    HALF_JSON,
    HANG,
    NO_CHOICES,
    SERVER_ERROR,
    Fault,
    ScriptedServer,
    rate_limited,
)
from tests.rows import told

ROOT = Path(__file__).resolve().parents[1]
IN_FLIGHT, KILLS = 4, 9
FAULTS = {
    "429": rate_limited("0"),
    "500": SERVER_ERROR,
    "cut": CUT,
    "half": HALF_JSON,
    "empty": NO_CHOICES,
}
RARE = {"hang": HANG, "slow": Fault(drip=0.001), "too slow": Fault(drip=0.2)}  # seconds a byte, of some 400


def write(folder: Path, count: int) -> list[dict[str, str]]:
    words = ["river", "stone", "cloud", "garden", "window", "bridge", "letter", "market", "winter", "harbour"]
    draw = random.Random(7)
    rows = []
    for number in range(count):
        one, other = draw.sample(words, 2)
        code = f"\n\n```\n{other} = {number}\n```\nIt was cold." if number % 3 == 0 else ""
        row = {"instruction": f"Describe {one} {number}.", "input": "", "output": f"The {one} is a {other}.{code}"}
        rows.append(row)
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def command(base_url: str, folder: Path, *arguments: object) -> list[str]:
    asked = [folder.parent / "in.jsonl", "-o", folder / "out.jsonl", "--from", "bug", "--to", "ban", "-q"]
    (folder.parent / "checks.toml").write_text("[filters]\nlanguage = false\n")  # a second to load, in every process
    asked += ["--config", folder.parent / "checks.toml"]
    engine = ["--translator", "openai", "--base-url", base_url, "--model", "rot13", "-O", "wait=0.01"]
    return ["translate", *map(str, (*asked, *engine, *arguments))]


class Trouble:
    """One request in five fails; some hang or come byte by byte, within the time that is allowed and beyond."""

    def __init__(self, rare: int) -> None:
        self.draw, self.met, self.rare = random.Random(3), Counter[str](), rare

    def __call__(self, body: dict[str, Any], number: int) -> Fault | None:
        if "Translate:\n" not in body["messages"][-1]["content"]:
            return None
        kinds = RARE if number % self.rare == 0 else FAULTS if self.draw.random() < 0.2 else {}
        if not kinds:
            return None
        kind = self.draw.choice(sorted(kinds))
        self.met[kind] += 1
        return {**FAULTS, **RARE}[kind]


@pytest.mark.core(1)
@pytest.mark.parametrize("count", [300, 5000])
def test_under_trouble_every_row_comes_through_once(count: int, tmp_path: Path) -> None:
    sources = write(tmp_path, count)
    trouble = Trouble(rare=count // 12)
    (tmp_path / "run").mkdir()
    with ScriptedServer(trouble) as server:
        options = ("-O", "attempts=30", "-O", "timeout=3", "-O", "concurrency=24")
        result = CliRunner().invoke(app, command(server.base_url, tmp_path / "run", *options))
    assert result.exit_code == 0, result.output
    assert trouble.met.keys() == {*FAULTS, *RARE} and trouble.met.total() > count / 5
    found = [told(json.loads(line)) for line in (tmp_path / "run" / "out.jsonl").read_text().splitlines()]
    assert [row[KEY]["row"] for row in found] == list(range(count))
    assert [row["instruction"] for row in found] == [encode(row["instruction"], "rot13") for row in sources]
    for row, source in zip(found, sources, strict=True):
        pieces = source["output"].split("```")
        assert row["output"] == "```".join(
            [encode(pieces[0], "rot13"), *pieces[1:2], *(encode(p, "rot13") for p in pieces[2:])]
        )
    engine = json.loads((tmp_path / "run" / "out.manifest.json").read_text())["engine"]
    read = len(server.bodies) - 7  # a server that is late may not read what had left
    assert 1.2 * count < read <= engine["requests"] <= read + 5


SERVER = '''
"""A server that writes down what it is asked, in a process that may be killed."""
import json, sys, threading
sys.path.insert(0, sys.argv[1])
from tests.engines.llm.scripted_server import ScriptedServer

log = open(sys.argv[3], "a", buffering=1)

def script(body, number):
    if "Translate:\\n" in body["messages"][-1]["content"]:
        log.write(json.dumps(body) + "\\n")

with ScriptedServer(script, port=int(sys.argv[2]), latency=float(sys.argv[4])) as server:
    print(server.port, flush=True)
    threading.Event().wait()
'''


class LoggingServer:
    """That server; `asked` are the requests of all its lives, in order, probes left out."""

    def __init__(self, log: Path, latency: float) -> None:
        self.log, self.latency, self.port = log, latency, 0
        self.start()

    def start(self) -> None:
        options = [str(ROOT), str(self.port), str(self.log), str(self.latency)]
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def repeated(self) -> int:
        counts = Counter(self.asked)
        return counts.total() - len(counts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the rows of all tests in which something dies."""
    folder = tmp_path_factory.mktemp("crash")
    write(folder, 100)
    return folder


@pytest.fixture(scope="module")
def serving(folder: Path) -> Iterator[Callable[[float], LoggingServer]]:
    servers: list[LoggingServer] = []

    def serve(latency: float) -> LoggingServer:
        servers.append(LoggingServer(folder / f"asked-{len(servers)}.jsonl", latency))
        return servers[-1]

    yield serve
    for server in servers:
        server.kill()


def start(server: LoggingServer, folder: Path, *arguments: object) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    # `pack` is of tokens: several requests a row. What the guard looks at again depends on what a process meets first.
    fixed = ["--chunk", 16, "-O", f"concurrency={IN_FLIGHT}", "-O", "pack=16", "-O", "recheck=0"]
    line = [program(), *command(server.base_url, folder, *fixed, *arguments)]
    return subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=120)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, errors.decode()


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".jsonl"}


def wait_for(server: LoggingServer, more: int, process: subprocess.Popen[bytes]) -> None:
    """Until so many more requests have come, or the process has ended."""
    goal = len(server.asked) + more
    while len(server.asked) < goal and process.poll() is None:
        time.sleep(0.002)


@pytest.fixture(scope="module")
def undisturbed(folder: Path, serving: Callable[[float], LoggingServer]) -> tuple[dict[str, bytes], Counter[str]]:
    """The outputs of a run that nothing happens to, and what it asks."""
    server = serving(0.0)
    assert ended(start(server, folder / "whole")) == (0, "")
    assert server.repeated() == 0
    return outputs(folder / "whole"), Counter(server.asked)


@pytest.mark.engine  # the core suite has some of tests/crash
def test_kills_change_nothing_and_repeat_only_what_was_in_flight(
    folder: Path, serving: Callable[[float], LoggingServer], undisturbed: tuple[dict[str, bytes], Counter[str]]
) -> None:
    expected, asked = undisturbed
    server, draw = serving(0.005), random.Random(11)
    for _ in range(KILLS):
        process = start(server, folder / "killed")
        wait_for(server, draw.randint(1, asked.total() // 14), process)
        time.sleep(draw.uniform(0, 0.02))
        os.killpg(process.pid, signal.SIGKILL)
        assert ended(process) == (-signal.SIGKILL, "")
    assert ended(start(server, folder / "killed")) == (0, "")
    assert outputs(folder / "killed") == expected
    assert Counter(server.asked).keys() == asked.keys()
    assert server.repeated() <= IN_FLIGHT * KILLS
    assert not (folder / "killed" / "out.work").exists()
    account = json.loads((folder / "killed" / "out.manifest.json").read_text())["engine"]
    # a request may be killed after it was counted, and before it arrives
    assert len(server.asked) <= account["requests"] <= len(server.asked) + IN_FLIGHT * KILLS


@pytest.mark.core(1)
@pytest.mark.parametrize("attempts", [60, 2], ids=["patient", "impatient"])
def test_a_server_that_dies_is_waited_for_or_the_run_goes_on_later(
    attempts: int,
    folder: Path,
    serving: Callable[[float], LoggingServer],
    undisturbed: tuple[dict[str, bytes], Counter[str]],
) -> None:
    expected, asked = undisturbed
    server, draw, codes = serving(0.005), random.Random(5), list[int]()
    process = start(server, folder / f"attempts-{attempts}", "-O", f"attempts={attempts}")
    for _ in range(3):
        wait_for(server, draw.randint(1, asked.total() // 4), process)
        server.kill()
        if attempts == 2:
            code, errors = ended(process)
            assert "the same command goes on" in errors or "Is the server running" in errors
            codes.append(code)
        server.start()
        if attempts == 2:
            process = start(server, folder / f"attempts-{attempts}", "-O", f"attempts={attempts}")
    assert ended(process) == (0, "")
    assert codes == ([6] * 3 if attempts == 2 else [])
    assert outputs(folder / f"attempts-{attempts}") == expected
    assert server.repeated() <= 3 * IN_FLIGHT


@pytest.mark.engine  # the core suite has some of test_stopping
def test_a_polite_stop_waits_for_what_is_in_flight(
    folder: Path, serving: Callable[[float], LoggingServer], undisturbed: tuple[dict[str, bytes], Counter[str]]
) -> None:
    expected, asked = undisturbed
    server = serving(0.2)
    process = start(server, folder / "stopped")
    wait_for(server, 2 * IN_FLIGHT + 1, process)
    process.send_signal(signal.SIGINT)
    code, errors = ended(process)
    assert code == 130 and "run the same command again to resume" in errors
    assert 2 * IN_FLIGHT < len(server.asked) < asked.total()
    server.kill()
    server.latency = 0.0
    server.start()
    assert ended(start(server, folder / "stopped")) == (0, "")
    assert outputs(folder / "stopped") == expected
    assert Counter(server.asked) == asked
