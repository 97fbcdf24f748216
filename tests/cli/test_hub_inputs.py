"""A dataset of the hub in place of a file, in every command that reads rows."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("huggingface_hub")

from babelset.cli.app import app
from babelset.files import hubsplits
from babelset.files.hub import HubName
from tests.cli.hostile import commands
from tests.fakehub import FakeHub, sha
from tests.rows import rows_of

ROWS = {
    split: [{"instruction": f"Describe the {word}.", "input": "", "output": f"The {word} is cold."} for word in words]
    for split, words in {"train": ("river", "sea"), "test": ("moon",)}.items()
}
OFF = "[filters]\nlanguage = false\ncopied = false\ntask = false\nintact = false\n"
PIPELINE = """
to = ["ca"]
output = "{dataset}.{lang}.jsonl"
datasets = { both = "hf:a/raw", one = ["hf:a/raw/test"] }
[[steps]]
use = "translate"
translator = "echo"
filters = { language = false, copied = false, task = false, intact = false }
"""
OPTIONS = "--to ca --translator echo --config off.toml -q"
READING = [
    # command, what it prints or writes, rows that it reads
    (f"translate hf:a/raw -o new.jsonl {OPTIONS}", "new.jsonl", 3),
    (f"translate hf:a/raw/test -o new.jsonl {OPTIONS}", "new.jsonl", 1),
    (f"translate hf:a/raw@main:default/train more.jsonl -o new.jsonl {OPTIONS}", "new.jsonl", 3),
    (f"translate - hf:a/raw/test -o new.jsonl {OPTIONS}", "new.jsonl", 2),
    ("run translate hf:a/raw -o new.jsonl --to ca --set translator=echo -q", "new.jsonl", 3),
    ("run pipeline.toml -q", "both.ca.jsonl", 3),
    ("estimate hf:a/raw --to ca --translator echo", "rows: 3", 3),
    ("score hf:a/done --with length -o new.jsonl -q", "new.jsonl", 3),
    ("calibrate hf:a/done", "length", 3),
    ("filter hf:a/done --config off.toml -o new.jsonl", "new.jsonl", 3),
    ("export hf:a/done --as alpaca -o new.json", "new.json", 3),
    ("export hf:a/done/test --as parquet -o new.parquet", "new.parquet", 1),
]
BESIDE = ["report hf:a/done", "review hf:a/done --all", "apply-review hf:a/done -o new.jsonl", f"translate more.jsonl -o hf:a/new {OPTIONS}"]  # fmt: skip


def lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def run(command: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(autouse=True)
def here(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("off.toml").write_text(OFF)
    Path("pipeline.toml").write_text(PIPELINE)
    Path("more.jsonl").write_text(lines(ROWS["test"]))
    hub.put("a/raw", **{f"{split}.jsonl": lines(rows) for split, rows in ROWS.items()}, **{"README.md": "---\nlicense: odc-by\n---"})  # fmt: skip
    run(f"translate hf:a/raw -o done.jsonl {OPTIONS}")
    done = Path("done.jsonl").read_text().splitlines(keepends=True)
    hub.put("a/done", **{"train.jsonl": "".join(done[:2]), "test.jsonl": done[2]})


def test_the_table_has_every_command_that_reads_rows() -> None:
    reading = {path[0] for path, command in commands() if any(each.name == "inputs" for each in command.params)}
    assert reading == {command.split()[0] for command, *_ in READING}


@pytest.mark.parametrize(("command", "made", "rows"), READING, ids=[case[0] for case in READING])
def test_a_command_reads_a_dataset_of_the_hub(
    command: str, made: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(lines(ROWS["test"]).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    done = CliRunner().invoke(app, command.split(), input=lines(ROWS["test"]))
    assert done.exit_code == 0, done.output
    manifests = [*Path().glob(f"*{made}.manifest.json"), *Path().glob(f"{Path(made).stem}.manifest.json")]
    if manifests:
        manifest = json.loads(manifests[0].read_text())
        assert manifest["rows"]["read"] == rows
        assert any(each["file"].startswith("hf:a/") for each in manifest["inputs"])
    else:
        assert made in done.output


@pytest.mark.parametrize("command", BESIDE)
def test_what_keeps_files_beside_a_run_says_how_to_get_one(command: str) -> None:
    assert "babelset filter hf:a/" in run(command, code=2)


def test_rows_know_their_split_and_commit_and_datasets_their_names() -> None:
    found = [HubName.of(row["_babelset"]["file"]) for row in rows_of(Path("done.jsonl"))]
    assert [(name.split, name.revision) for name in found] == [("train", sha(1))] * 2 + [("test", sha(1))]
    run("run pipeline.toml -q")
    assert len(rows_of(Path("both.ca.jsonl"))) == 3 and len(rows_of(Path("one.ca.jsonl"))) == 1
    run("run translate hf:a/raw more.jsonl -o {dataset}.{lang}.jsonl --to ca --set translator=echo -q")
    assert Path("raw.ca.jsonl").exists() and Path("more.ca.jsonl").exists()


def test_the_licence_of_the_card_travels() -> None:
    for command in ("score done.jsonl --with length -o scored.jsonl -q", "filter scored.jsonl -o strict.jsonl"):
        run(command)
    assert json.loads(Path("strict.manifest.json").read_text())["licenses"]["data"] == "odc-by"


def test_a_run_goes_on_when_the_dataset_has_moved_if_the_commit_is_named(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from babelset.translation import run as runs

    with monkeypatch.context() as patch:
        patch.setattr(runs.Tally, "report", lambda *_, **__: 1 / 0)
        CliRunner().invoke(app, f"translate hf:a/raw -o new.jsonl {OPTIONS} --chunk 1".split())
    assert Path("new.work").exists()
    hub.put("a/raw", **{"train.jsonl": lines(ROWS["train"] * 2)})
    hubsplits._files.cache_clear()
    refused = run(f"translate hf:a/raw -o new.jsonl {OPTIONS} --chunk 1", code=2)
    assert sha(1) in refused and sha(2) in refused
    run(f"translate hf:a/raw@{sha(1)} -o new.jsonl {OPTIONS} --chunk 1")
    assert Path("new.jsonl").read_text() == Path("done.jsonl").read_text()


def test_a_run_begins_with_the_first_file_and_writes_what_it_writes_of_files_that_are_there(hub: FakeHub) -> None:
    hub.held = {"test.jsonl": threading.Event()}
    hub.put("a/raw", **{"train.jsonl": lines(ROWS["train"] * 20)})
    hubsplits._files.cache_clear()
    with ThreadPoolExecutor() as pool:
        made = pool.submit(run, f"translate hf:a/raw -o new.jsonl {OPTIONS} --chunk 4")
        while not list(Path().glob("new.work/chunk-*")):
            assert not made.done(), made.result()
            time.sleep(0.01)
        assert not hub.held["test.jsonl"].is_set()
        hub.held["test.jsonl"].set()
        made.result()
    run(f"translate hf:a/raw -o again.jsonl {OPTIONS} --chunk 4")
    assert Path("new.jsonl").read_bytes() == Path("again.jsonl").read_bytes()
    told = [json.loads(Path(f"{name}.manifest.json").read_text()) for name in ("new", "again")]
    assert told[0]["inputs"] == told[1]["inputs"] and told[0]["rows"]["read"] == 41
