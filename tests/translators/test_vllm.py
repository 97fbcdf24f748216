"""The vllm translator with the real engine, around a model that enciphers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from codecs import encode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.contracts.translator import Translation
from babelset.engines.llm.request import Request
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.segment import Context, Segment
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.translators.vllm import VLLM

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAIR = Pair(find("eng_Latn"), find("ban_Latn"))
ENGINE = {"enforce_eager": True, "dtype": "float32", "gpu_memory_utilization": 0.3}


def row(*texts: str) -> list[Segment]:
    context = Context.of(("output", text) for text in texts)
    return [Segment(text, role="output", context=context, at=at) for at, text in enumerate(texts)]


def cipher(text: str) -> str:
    return encode(text, "rot13")


@pytest.fixture(scope="module")
def engine(rot13_model: Path, vllm_environment: None) -> Iterator[VLLM]:
    pytest.importorskip("numba")  # as BM25 loads it, before the engine, where examples are chosen
    translator = VLLM(model=str(rot13_model), engine_args=ENGINE)
    yield translator
    translator.close()


def test_it_reads_rows() -> None:
    assert VLLM(model="m").reads_rows


def test_without_vllm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelset.translators.vllm.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install 'babelset\\[vllm\\]'"):
        _ = VLLM(model="m").engine


def test_a_model_must_be_named() -> None:
    with pytest.raises(ConfigError, match="--model"):
        VLLM()


def test_a_thousand_segments_come_back_exact(engine: VLLM) -> None:
    rows = [row(f"Row {number} has <1/> here.", f"And this is line {number}.") for number in range(500)]
    segments = [segment for each in rows for segment in each]
    assert engine.translate(segments, PAIR) == [Translation(cipher(segment.text)) for segment in segments]


MISBEHAVIOURS = [
    # what the model does once, as its template has it
    "zzREFUSE", "zzEMPTY", "zzCHATTER", "zzECHO", "zzCUT",
]  # fmt: skip


@pytest.mark.parametrize("behaviour", MISBEHAVIOURS)
def test_a_model_that_misbehaves_once_is_asked_again(engine: VLLM, behaviour: str) -> None:
    text = f"The word {behaviour} zzONCE stands here."
    [answer] = engine.translate(row(text), PAIR)
    assert answer == Translation(cipher(text), ("retried",))


ROOMS = [
    # characters asked for, tokens of the context and of the prompt, tokens left for the answer
    (100, 4096, None, 50),  # a token is at least a byte: nothing needs counting
    (2000, 2048, 500, 50),
    (2000, 2048, 2020, 28),
    (9000, 2048, 2048, 0),
]


@pytest.mark.parametrize(("length", "context", "counted", "room"), ROOMS)
def test_the_room_that_a_prompt_leaves(length: int, context: int, counted: int | None, room: int) -> None:
    translator = VLLM(model="m")
    tokenizer = SimpleNamespace(apply_chat_template=lambda *_, **__: [0] * (counted or pytest.fail("counted")))
    translator.__dict__["engine"] = SimpleNamespace(
        model_config=SimpleNamespace(max_model_len=context), get_tokenizer=lambda: tokenizer
    )
    request = Request(({"role": "user", "content": "x" * length},), max_tokens=50)
    assert translator._room(request) == room
    if not room:
        assert translator._send([request])[0].too_long


def test_a_dataset(engine: VLLM, rot13_model: Path, tmp_path: Path) -> None:
    """Prose is enciphered, letters of code are not: unmasked code would show."""
    job = Job(
        inputs=(str(EXAMPLES / "alpaca.jsonl"),), output=str(tmp_path / "out.jsonl"), target="ban",
        translator=Engine(name="vllm", options={"model": str(rot13_model), "engine_args": ENGINE}),
    )  # fmt: skip
    manifest = translate(job)
    assert manifest["rows"]["failed"] == 0 and manifest["rows"]["accepted"] >= 20
    assert manifest["engine"]["requests"] >= 25
    sources = [json.loads(line) for line in (EXAMPLES / "alpaca.jsonl").read_text().splitlines()]
    rows = {data["id"]: data for data in map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())}
    [dough] = (source for source in sources if source["id"] == "prose-1")
    assert rows["prose-1"]["output"] == cipher(dough["output"])
    code = next(data for data in rows.values() if "def longest_word(sentence: str) -> str:" in data["output"])
    assert cipher(next(s["instruction"] for s in sources if s["id"] == code["id"])) == code["instruction"]


@pytest.mark.engine
def test_kill_9_and_go_on(rot13_model: Path, vllm_environment: None, tmp_path: Path) -> None:
    """The command, killed while it translates, ends with the bytes of one that was not."""
    (tmp_path / "in.jsonl").write_text(
        "".join(
            json.dumps({"instruction": f"Count to {n}.", "input": "", "output": f"One, two, {n}."}) + "\n"
            for n in range(800)
        )
    )
    whole = _command(tmp_path / "whole.jsonl", rot13_model, tmp_path)
    subprocess.run(whole, check=True, capture_output=True, timeout=300)
    killed = _command(tmp_path / "killed.jsonl", rot13_model, tmp_path)
    for kill in range(2):
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(killed, stdout=log, stderr=log, start_new_session=True)
        _wait_for_chunks(tmp_path / "killed.work", 4 + 12 * kill, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(killed, check=True, capture_output=True, timeout=300)
    assert _rows(tmp_path / "killed.jsonl") == _rows(tmp_path / "whole.jsonl")
    assert len(_rows(tmp_path / "killed.jsonl")) == 800


def _command(output: Path, model: Path, folder: Path) -> list[str]:
    arguments = ["-O", f"engine_args={json.dumps(ENGINE)}"]
    return [
        sys.executable, "-m", "babelset", "translate", str(folder / "in.jsonl"), "--to", "ban", "-o", str(output),
        "--translator", "vllm", "--model", str(model), "--chunk", "16", *arguments,
    ]  # fmt: skip


def _wait_for_chunks(work: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        if work.is_dir() and sum(1 for path in work.iterdir() if path.name.startswith("chunk-")) >= count:
            return
        time.sleep(0.005)
    pytest.fail(f"no {count} chunks: {(work.parent / 'log').read_text()[-2000:]}")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
