"""Real servers of two kinds, which differ in what they can do, through the whole command's library."""

from __future__ import annotations

import json
import sys
from codecs import encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.translation.job import Job
from babelset.translation.run import translate
from tests.servers import serving

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


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
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(rot13_model)]
    with serving([*command, "--device", "cpu", "--dtype", "float32"], tmp_path / "server.log") as base_url:
        yield base_url


def test_transformers_does_less_and_is_asked_for_less(
    transformers_server: str, rot13_model: Path, tmp_path: Path
) -> None:
    manifest = run(tmp_path / "out.jsonl", base_url=transformers_server, model=str(rot13_model), concurrency=1)
    check(manifest, tmp_path / "out.jsonl")
    server = manifest["engine"]["server"]
    assert (server["schema"], server["choices"]) == (False, False)
