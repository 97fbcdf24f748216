"""Killed at any moment and started again, a run ends with the same bytes and asks nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import program
from tests.servers import until

COUNTED = '''
"""Translators that write down what they are asked, as another package's plug-ins."""
import os, time
from typing import ClassVar
from babelset.translators.apertium import Apertium
from babelset.translators.echo import Echo

def log(segments):
    with open(os.environ["ASKED"], "a", encoding="utf-8") as file:
        file.write("".join(segment.text + "\\n" for segment in segments))

class SlowEcho(Echo):
    batch: ClassVar[int] = 16
    def translate(self, segments, pair):
        time.sleep(float(os.environ["PACE"]))
        answers = super().translate(segments, pair)
        log(segments)
        return answers

class LoggedApertium(Apertium):
    batch: ClassVar[int] = 64
    def translate(self, segments, pair):
        answers = super().translate(segments, pair)
        log(segments)
        return answers
'''
NO_LANGUAGE = "[filters]\nlanguage = false\n"  # a second to load, in every process
ENTRY_POINTS = "[babelset.translators]\nslow = counted:SlowEcho\nlogged = counted:LoggedApertium\n"


@pytest.fixture
def plugged(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has the plug-ins above installed."""
    site = tmp_path / "site"
    info = site / "counted-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (site / "counted.py").write_text(COUNTED)
    return {**os.environ, "PYTHONPATH": str(site), "ASKED": str(tmp_path / "asked.txt"), "PACE": "0.01"}


def rows(count: int) -> Iterator[dict[str, str]]:
    words = ["river", "stone", "cloud", "garden", "window", "bridge", "letter", "market", "winter", "harbour"]
    draw = random.Random(7)
    for number in range(count):
        a, b, c = (draw.choice(words) for _ in range(3))
        yield {
            "instruction": f"Describe the {a} and the {b} in {number} words.",
            "input": f"The {c} is near the {a}. Use `{b}_{number}` and **{c}**." if number % 3 else "",
            "output": f"The {a} stands {number} metres from the {b}.\n\n```python\n{c} = {number}\n```\nIt was seen in the {c} by {number} people.",
        }


def run(env: dict[str, str], folder: Path, translator: str, target: str, config: Path) -> subprocess.Popen[bytes]:
    command = [program(), "translate", str(folder.parent / "in.jsonl"), "--to", target]
    command += [
        "-o",
        str(folder / "out.jsonl"),
        "--translator",
        translator,
        "--chunk",
        "16",
        "--config",
        str(config),
        "-q",
    ]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".jsonl"}


def kill_and_resume(tmp_path: Path, env: dict[str, str], translator: str, target: str, kills: int, batch: int) -> None:
    config = tmp_path / "checks.toml"
    config.write_text(NO_LANGUAGE + "script = false\ncopied = false\n")
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    finish(run(env, tmp_path / "whole", translator, target, config))
    expected = outputs(tmp_path / "whole")
    asked_once = Counter(Path(env["ASKED"]).read_text("utf-8").splitlines())

    draw = random.Random(11)
    done = 0
    while done < kills:
        for path in (tmp_path / "killed").glob("out.*"):
            path.unlink()
        Path(env["ASKED"]).unlink(missing_ok=True)
        deaths = 0
        while True:
            process = run(env, tmp_path / "killed", translator, target, config)
            if done + deaths < kills:
                wait_for_chunks(tmp_path / "killed", draw.randint(0, 9), process)
                time.sleep(draw.choice([0, draw.uniform(0, 0.05), draw.uniform(0, 0.4)]))
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    deaths += 1
            _, errors = process.communicate(timeout=300)
            assert process.returncode in (0, -signal.SIGKILL), errors.decode()
            if process.returncode == 0:
                break
        assert outputs(tmp_path / "killed") == expected
        again = Counter(Path(env["ASKED"]).read_text("utf-8").splitlines()) - asked_once
        assert again.total() <= deaths * batch, "more was asked twice than was in flight"
        done += max(deaths, 1)
    assert not (tmp_path / "killed" / "out.work").exists()


def wait_for_chunks(folder: Path, more: int, process: subprocess.Popen[bytes]) -> None:
    """Until the journal has so many more, or all, or the process has ended."""

    def finished() -> int:
        return len(list(folder.glob("out.work/chunk-*.jsonl")))

    goal = finished() + more
    while finished() < goal and process.poll() is None and not (folder / "out.jsonl.part").exists():
        time.sleep(0.005)


def write_rows(tmp_path: Path, count: int) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(count)))


@pytest.mark.core(1)
@pytest.mark.parametrize("kills", [2, 20])
def test_kills_change_nothing(kills: int, tmp_path: Path, plugged: dict[str, str]) -> None:
    write_rows(tmp_path, 400)
    kill_and_resume(tmp_path, plugged, "slow", "ca", kills=kills, batch=16)


@pytest.mark.engine
@pytest.mark.parametrize("target", ["ca", "es"])
def test_kills_change_nothing_with_apertium(target: str, tmp_path: Path, plugged: dict[str, str]) -> None:
    write_rows(tmp_path, 400)
    kill_and_resume(tmp_path, plugged, "logged", target, kills=15, batch=64)


@pytest.mark.core(1)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_stop_says_how_to_go_on(how: signal.Signals, tmp_path: Path, plugged: dict[str, str]) -> None:
    write_rows(tmp_path, 300)
    config = tmp_path / "checks.toml"
    config.write_text(NO_LANGUAGE)
    (tmp_path / "out").mkdir()
    process = run({**plugged, "PACE": "0.25"}, tmp_path / "out", "slow", "ca", config)
    until(lambda: list((tmp_path / "out").glob("out.work/chunk-*")))
    process.send_signal(how)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"run the same command again to resume" in errors and b"Traceback" not in errors
    assert not (tmp_path / "out" / "out.jsonl").exists()
    finish(run(plugged, tmp_path / "out", "slow", "ca", config))
    assert sum(data.count(b"\n") for data in outputs(tmp_path / "out").values()) == 300


def test_a_changed_option_is_refused_with_the_difference(tmp_path: Path, plugged: dict[str, str]) -> None:
    write_rows(tmp_path, 300)
    config = tmp_path / "checks.toml"
    config.write_text(NO_LANGUAGE)
    (tmp_path / "out").mkdir()
    process = run({**plugged, "PACE": "0.25"}, tmp_path / "out", "slow", "ca", config)
    until(lambda: list((tmp_path / "out").glob("out.work/chunk-*")))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    other = run(plugged, tmp_path / "out", "slow", "es", config)
    _, errors = other.communicate(timeout=120)
    assert other.returncode == 2
    assert b"job.target: 'ca' -> 'es'" in errors and b"--force" in errors
