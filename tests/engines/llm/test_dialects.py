"""Real servers of two kinds, which differ in what they can do, through the whole command's library."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from codecs import encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.engines.llm.serving import free_port
from babelset.translation.job import Job
from babelset.translation.run import translate

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
SERVE = {"enforce_eager": True, "dtype": "float32", "gpu_memory_utilization": 0.3, "enable_chunked_prefill": False}


def accepted(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def run(output: Path, **options: Any) -> dict[str, Any]:
    job = Job(
        inputs=(str(EXAMPLES / "alpaca.jsonl"),), output=str(output), target="ban",
        translator=Engine(name="openai", options=options),
    )  # fmt: skip
    return translate(job)


def check(manifest: dict[str, Any], output: Path) -> None:
    sources = {data["id"]: data for data in map(json.loads, (EXAMPLES / "alpaca.jsonl").read_text().splitlines())}
    assert manifest["rows"]["failed"] == 0
    rows = accepted(output)
    assert len(rows) >= 20
    plain = [row for row in rows if not any(char in row["instruction"] for char in "`$")]
    assert all(row["instruction"] == encode(sources[row["id"]]["instruction"], "rot13") for row in plain)
    code = next(row for row in rows if "def longest_word" in row["output"])
    assert "return max(words, key=len)" in code["output"]


def test_vllm_does_all_that_is_asked(vllm_server: str, tmp_path: Path) -> None:
    manifest = run(tmp_path / "out.jsonl", base_url=vllm_server, model="rot13")
    check(manifest, tmp_path / "out.jsonl")
    server = manifest["engine"]["server"]
    assert (server["schema"], server["choices"], server["thinking_switch"]) == (True, True, True)


@pytest.fixture
def transformers_server(rot13_model: Path, vllm_environment: None, tmp_path: Path) -> Iterator[str]:
    """transformers' own server: no schema, one choice, no list of models."""
    pytest.importorskip("accelerate")
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(rot13_model), *options]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"), 120)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_transformers_does_less_and_is_asked_for_less(
    transformers_server: str, rot13_model: Path, tmp_path: Path
) -> None:
    manifest = run(tmp_path / "out.jsonl", base_url=transformers_server, model=str(rot13_model), concurrency=1)
    check(manifest, tmp_path / "out.jsonl")
    server = manifest["engine"]["server"]
    assert (server["schema"], server["choices"]) == (False, False)


@pytest.fixture
def own_model(rot13_model: Path, vllm_environment: None, tmp_path: Path) -> str:
    """The same model in a folder that no other server has."""
    return str(shutil.copytree(rot13_model, tmp_path / "own"))


def test_a_server_of_our_own_is_gone_with_the_run(own_model: str, tmp_path: Path) -> None:
    manifest = run(tmp_path / "out.jsonl", serve=True, model=own_model, engine_args=SERVE)
    check(manifest, tmp_path / "out.jsonl")
    assert not processes_with(own_model, "serve")


def test_a_server_of_our_own_dies_with_a_killed_run(own_model: str, tmp_path: Path) -> None:
    arguments = ["-O", f"engine_args={json.dumps(SERVE)}"]
    command = [
        sys.executable, "-m", "babelset", "translate", str(EXAMPLES / "alpaca.jsonl"), "--to", "ban",
        "-o", str(tmp_path / "out.jsonl"), "--translator", "openai", "--serve", "--model", own_model, *arguments,
    ]  # fmt: skip
    run_ = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: bool(processes_with(own_model, "serve")))
    run_.kill()
    run_.wait()
    wait_for(lambda: not processes_with(own_model, "serve"))


def processes_with(*words: str) -> list[int]:
    """Servers' command lines hold the model's folder; ours, which hold it too, are no `serve` commands."""
    import psutil

    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        line = process.info["cmdline"] or []
        if all(word in line for word in words) and "babelset" not in line:
            found.append(process.info["pid"])
    return found


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def wait_for(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
