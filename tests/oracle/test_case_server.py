"""Cases in which a server answers as real ones were seen to: under the neighbour's number, with talk around, in parts."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.cases import BESIDE, CASES, Run, ran
from tests.servers import free_port, until

pytestmark = BESIDE


@pytest.fixture
def server(tmp_path, request) -> Iterator[str]:
    """The case's server in one of its modes, on a free port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(CASES / "34-server.py"), request.param, str(port)], cwd=tmp_path)
    try:
        until(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, "the server did not start"
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def asked(url: str, folder: Path) -> Run:
    return ran(
        folder, "34-shifted-numbers.jsonl", "--base-url", url, "--model", "m", "-O", "wait=0.01", translator="openai"
    )


@pytest.mark.parametrize("server", ["shift2"], indirect=True)
def test_translations_under_their_neighbours_numbers_are_not_accepted(server, tmp_path):
    for _, target in asked(server, tmp_path).accepted():
        assert target["messages"][0]["content"].startswith("El puente"), target


@pytest.mark.parametrize("server", ["fence", "parts"], indirect=True)
def test_the_object_is_found(server, tmp_path):
    run = asked(server, tmp_path)
    assert run.counts.get("accepted") == 1, run.said


@pytest.mark.parametrize("server", ["err200"], indirect=True)
def test_the_servers_own_words_are_shown(server, tmp_path):
    run = asked(server, tmp_path)
    shown = run.said + "".join(path.read_text("utf-8") for path in tmp_path.glob("out*.jsonl"))
    assert "model overloaded" in shown
