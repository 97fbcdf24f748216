"""Each recipe that ships is run by a test, and is in the docs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines.llm.examples import Examples
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.pipeline.recipe import shipped
from tests.engines.llm.scripted_server import ScriptedServer
from tests.rows import rows_of
from tests.steps.test_grow import Writer, plant

ROOT = Path(__file__).resolve().parents[2]
OFF = [
    f"--set=translate.filters.{name}=false"
    for name in ("language", "script", "copied", "task", "length", "repetition", "intact")
]


@pytest.mark.parametrize("name", shipped())
def test_a_recipe_is_tried_and_told(name: str) -> None:
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    docs = "".join(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert f'"{name}"' in tests and f"run {name}" in docs


def run(*words: str) -> None:
    done = CliRunner().invoke(app, ["run", *words, "-q"])
    assert done.exit_code == 0, f"{done.output}{done.exception!r}"


def test_okapi_rl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text(json.dumps({"instruction": "Name a river.", "input": "", "output": "The Ebre."}) + "\n")
    run("okapi-rl", "in.jsonl", "--to", "ca,es", "-o", "out/rl.{lang}.jsonl", "--set", "translator=echo", *OFF)
    rows = json.loads(Path("out/okapi-rl/multilingual-rl-tuning-64k/ca.json").read_text())
    assert len(rows) == 1 and "output" not in rows[0]


def test_multi_if(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = {
        "key": "1", "turn_1_prompt": json.dumps({"role": "user", "content": "Name a river without a comma."}),
        "turn_1_instruction_id_list": json.dumps(["punctuation:no_comma"]), "turn_1_kwargs": json.dumps(["{}"]),
    }  # fmt: skip
    Path("in.jsonl").write_text(json.dumps(row) + "\n")
    run("multi-if", "in.jsonl", "--to", "ca", "-o", "out.jsonl", "--set", "translator=echo", *OFF)
    [made] = rows_of(Path("out.jsonl"))
    assert json.loads(made["turn_1_kwargs"]) == ["{}"]
    assert json.loads(made["turn_1_prompt"])["role"] == "user"


def test_urdu_instruct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plant("ur", "a", "b")
    with ScriptedServer(Writer("ur")) as server:
        options = [f"--set={key}" for key in (f"base_url={server.base_url}", "model=rot13", "total=12")]
        run("urdu-instruct", "a.jsonl", "b.jsonl", "-o", "out.jsonl", *options)
    assert len(rows_of(Path("out.jsonl"))) == 12


def test_mine_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes is what a prompt takes its examples from."""
    monkeypatch.chdir(tmp_path)
    numbers = ("one", "two", "three", "four")
    for name in ("en", "ca"):
        texts = [f"{'The river is' if name == 'en' else 'El riu és el'} {word} {word} {word}." for word in numbers]
        Path(f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    options = ["--set=mine.with=translate:echo", "--set=filter.keep=3"]
    options += [f"--set=filter.filters.{name}=false" for name in ("language", "task", "copied", "intact", "repetition")]
    run("mine-examples", "en.jsonl", "ca.jsonl", "--to", "ca", "-o", "shots.jsonl", *options)
    rows = rows_of(Path("shots.jsonl"))
    assert len(rows) == 3 and all(set(row) == {"source", "target", "language", "_babelset"} for row in rows)
    examples = Examples.read("shots.jsonl", Pair(find("en"), find("ca")))
    [(source, target)] = examples.nearest(rows[0]["source"], 1)
    assert source.split()[-1] == target.split()[-1] and len(examples) == 3
    with pytest.raises(ConfigError, match="no example for Spanish"):
        Examples.read("shots.jsonl", Pair(find("en"), find("es")))


def test_webfaq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, words in (("en", ("river", "bread", "winter")), ("ca", ("riu", "pa", "hivern"))):
        rows = [{"question": f"{word} one {word}", "answer": f"{word} two {word}", "host": word[:1]} for word in words]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("webfaq", "en.jsonl", "ca.jsonl", "--to", "ca", "-o", "pairs.jsonl", "--set", "with=translate:echo")
    assert all({"source", "target", "similarity", "group"} <= row.keys() for row in rows_of(Path("pairs.jsonl")))
