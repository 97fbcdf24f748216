"""Ctrl-C and SIGTERM, wherever something is paid for: nothing more is asked, and what is in flight is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines.llm.judging import PARTS
from tests.commands import program
from tests.engines.llm.scripted_server import Fault, ScriptedServer, rate_limited

PROBES = ("Say yes.", "Name an animal", "Invent a name")
SIGNALS = [signal.SIGINT, signal.SIGTERM]
AT_ONCE, IN_FLIGHT, STOPPED = 9, 3, 130
ROWS = [{"instruction": f"Describe stone {n}.", "input": "", "output": f"Stone {n} is cold."} for n in range(16)]
GRADES = json.dumps({part: {"reason": "so", "score": 4} for part in PARTS})
NO_LANGUAGE = "[filters]\nlanguage = false\n"  # a second to load, in every process
ENGINE = {"wait": 0.01, "concurrency": IN_FLIGHT}


def script(body: dict[str, Any], number: int) -> str | Fault | None:
    return GRADES if "\nTranslation: " in body["messages"][-1]["content"] else None


class Paid(ScriptedServer):
    """Answers so many requests, and holds the others back until it is `released`."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        super().__init__(script, models=["rot13"])
        self.holds, self.released, self.at_once = self._held_back, False, at_once

    def _held_back(self, body: dict[str, Any]) -> bool:
        return not self.released and len(self.paid) > self.at_once and not _probes(body)

    @property
    def paid(self) -> list[str]:
        return [json.dumps(body, sort_keys=True) for body in list(self.bodies) if not _probes(body)]


def _probes(body: dict[str, Any]) -> bool:
    return bool(body["messages"][-1]["content"].startswith(PROBES))


@pytest.fixture
def server() -> Iterator[Paid]:
    with Paid() as running:
        yield running


def translating(server: Paid, folder: Path, *more: object) -> list[object]:
    engine = [word for name, value in ENGINE.items() for word in ("-O", f"{name}={value}")]
    asked = ["translate", folder / "in.jsonl", "-o", folder / "out.jsonl", "--from", "bug", "--to", "ban", "--chunk", 4]
    reach = ["--translator", "openai", "--base-url", server.base_url, "--model", "rot13", "-O", "recheck=0"]
    (folder / "checks.toml").write_text(NO_LANGUAGE)
    return [*asked, *reach, *engine, "--config", folder / "checks.toml", *more]


def judging_run(server: Paid, folder: Path) -> list[object]:
    options = ", ".join(f"{name} = {value}" for name, value in ENGINE.items())
    table = (
        f'{NO_LANGUAGE}[filters.judge]\nmodel = "rot13"\noptions = {{ base_url = "{server.base_url}", {options} }}\n'
    )
    (folder / "judge.toml").write_text(table)
    asked = ["translate", folder / "in.jsonl", "-o", folder / "out.jsonl", "--to", "ca", "--translator", "echo"]
    return [*asked, "--chunk", 4, "--config", folder / "judge.toml"]


def scoring(server: Paid, folder: Path, scorer: str, **options: object) -> list[object]:
    (folder / "checks.toml").write_text(NO_LANGUAGE)
    made = ["translate", folder / "in.jsonl", "-o", folder / "made.jsonl", "--to", "ca", "--translator", "echo", "-q"]
    assert CliRunner().invoke(app, [*map(str, made), "--config", str(folder / "checks.toml")]).exit_code == 0
    said = json.dumps({"base_url": server.base_url, **ENGINE, **options})
    asked = ["score", folder / "made.jsonl", "-o", folder / "out.jsonl", "--with", scorer, "--chunk", 4]
    return [*asked, "-O", f"options={said}"]


PAYING: dict[str, Callable[[Paid, Path], list[object]]] = {
    "a translator": translating,
    "candidates": lambda server, folder: translating(server, folder, "-O", "candidates=3"),
    "whole documents": lambda server, folder: translating(server, folder, "--prompt", "document"),
    "a judge in a run": judging_run,
    "a judge": lambda server, folder: scoring(server, folder, "judge:rot13"),
    "a round trip": lambda server, folder: scoring(server, folder, "roundtrip:openai", model="rot13", recheck=0),
}


def start(command: list[object]) -> subprocess.Popen[str]:
    line = [program(), *map(str, command)]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(done: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not done():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.005)


def read_until(words: str, process: subprocess.Popen[str]) -> str:
    assert process.stderr
    read = ""
    while words not in read:
        line = process.stderr.readline()
        assert line, read
        read += line
    return read


@pytest.mark.core(1)
@pytest.mark.parametrize("number", SIGNALS, ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("what", PAYING)
def test_what_is_paid_for_is_kept_and_nothing_more_is_asked(
    what: str, number: signal.Signals, server: Paid, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    command = PAYING[what](server, tmp_path)
    process = start(command)
    until(lambda: server.held >= IN_FLIGHT, process)
    process.send_signal(number)
    read_until("stopping when the answers in flight (", process)
    asked = len(server.paid)
    server.released = True
    _, said = process.communicate(timeout=300)
    assert process.returncode == STOPPED and "Traceback" not in said
    assert "run the same command again to resume" in said
    assert len(server.paid) == asked, "no new request leaves"
    again = start(command)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert len(server.paid) > asked and max(Counter(server.paid).values()) == 1, "none is asked twice"
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == len(ROWS)


@pytest.mark.core(1)
@pytest.mark.parametrize("what", ["a translator", "a judge"])
def test_a_second_ctrl_c_ends_at_once(what: str, server: Paid, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    process = start(PAYING[what](server, tmp_path))
    until(lambda: server.held >= IN_FLIGHT, process)
    process.send_signal(signal.SIGINT)
    read_until("Ctrl-C again loses them", process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)
    assert process.returncode == STOPPED
    assert not server.released


@pytest.mark.core(1)
@pytest.mark.parametrize("number", SIGNALS, ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("what", ["a translator", "a judge", "a round trip"])
def test_a_wait_for_the_server_is_said_and_ended(
    what: str, number: signal.Signals, server: Paid, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    server.released = True
    server.script = lambda body, number: None if _probes(body) else rate_limited("500")
    process = start(PAYING[what](server, tmp_path))
    read_until("Retry-After 500 s: waiting until ", process)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert process.returncode == STOPPED and "waiting until" not in said, "once for a wait"
