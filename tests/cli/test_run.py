from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.commands import program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PIPELINE = """
to = ["ca", "es"]
output = "out/{dataset}.{lang}.jsonl"
memory = "out/memory.sqlite"

[datasets.dolly]
inputs = ["dolly.jsonl"]
license = "cc-by-sa-3.0"

[datasets.chat]
inputs = ["messages.jsonl"]
set = { translate = { schema = "messages" } }

[[steps]]
use = "translate"
translator = "echo"
filters = { language = false, copied = false }

[[steps]]
use = "export"
as = "mits"
output = "out/mits"

[[steps]]
use = "export"
as = "alpaca"
dataset = "dolly"
output = "out/alpaca.{lang}.json"
"""


def run(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code in (code, 1), f"{result.output}\n{result.exception!r}"
    return result.output


def test_many_datasets_many_languages_then_exports(tmp_path: Path) -> None:
    for name in ("dolly.jsonl", "messages.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "p.toml").write_text(PIPELINE)
    accounts = json.loads(run("run", tmp_path / "p.toml", "--json", "-q"))
    assert list(accounts) == [
        "1 translate: dolly into Catalan", "1 translate: dolly into Spanish", "1 translate: chat into Catalan",
        "1 translate: chat into Spanish", "2 export as mits", "3 export-3 as alpaca: dolly",
    ]  # fmt: skip
    for account in accounts.values():
        rows = account["rows"]
        assert rows["read"] == sum(count for status, count in rows.items() if status != "read")
    assert [account["licenses"]["data"] for account in list(accounts.values())[:4]] == ["cc-by-sa-3.0"] * 2 + [""] * 2
    assert len(list((tmp_path / "out" / "mits").rglob("*.json*"))) >= 4
    assert json.loads((tmp_path / "out/alpaca.es.json").read_text())
    before = (tmp_path / "out/dolly.ca.jsonl").stat().st_mtime_ns
    run("run", tmp_path / "p.toml", "-q")
    assert (tmp_path / "out/dolly.ca.jsonl").stat().st_mtime_ns == before


def test_the_examples_pipeline_is_sound() -> None:
    lines = json.loads(run("run", EXAMPLES / "pipeline.toml", "--dry-run", "--json"))
    assert len(lines) == 15 and all(line["rows"] for line in lines[:12])


def test_a_later_step_is_told_from_what_is_finished_else_from_a_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"instruction": f"Name river {n}.", "input": "", "output": "The Ebre." if n else 7} for n in range(9)]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    steps = '[[steps]]\nuse = "columns"\ntake = { more = "{output}" }\n[[steps]]\nuse = "dedup"\n'
    more = f'{steps}fields = ["more"]\n[[steps]]\nuse = "translate"\ntranslator = "echo"\n'
    Path("p.toml").write_text(more)
    order = ("run", "p.toml", "in.jsonl", "--to", "ca", "-o", "out.jsonl")
    before = json.loads(run(*order, "--dry-run", "--json"))
    told = "a trial: an estimate"
    assert [line["from"] for line in before] == ["inputs", told, told]
    assert [line["reads"] for line in before] == [9, 9, 2] and before[2]["rows"] == 2
    CliRunner().invoke(app, [*order, "-q"])
    after = json.loads(run(*order, "--dry-run", "--json"))
    assert [line["from"] for line in after] == ["inputs", "earlier steps", "earlier steps"]
    assert after[2]["rows"] == len(Path("out.steps/2-dedup.jsonl").read_text().splitlines()) < 9


def test_make_drives_it_with_file_rules(tmp_path: Path) -> None:
    """Into languages that no identifier has to be loaded for."""
    tree = tmp_path / "examples"
    shutil.copytree(EXAMPLES, tree)
    command = ["make", "-C", str(tree), "-j2", f"BABELSET={program()}", "LANGS=gl oc", "SETS=dolly", "TRANSLATOR=echo"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted(path.name for path in (tmp_path / "out/make").glob("*.alpaca.json"))
    assert made == ["dolly.gl.alpaca.json", "dolly.oc.alpaca.json"]
    again = subprocess.run(command, capture_output=True, text=True)
    assert "translate" not in again.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[datasets.dolly]", '[datasets."../../dolly"]', 'holds "/"'),
        ("[datasets.dolly]", '[datasets.".."]', "ends with a dot"),
        ("[datasets.dolly]", '[datasets."a\\u0000b"]', "control characters"),
        ("[datasets.dolly]", '[datasets."a\\nb"]', "control characters"),
        ("[datasets.dolly]", '[datasets."NUL"]', "device on Windows"),
        ("[datasets.dolly]", f"[datasets.{'a' * 300}]", "bytes long"),
        ("{dataset}.{lang}", "{dataset.__class__}.{lang}", "may hold {dataset} and {lang} only"),
        ("{dataset}.{lang}", "{dataset:>999999999}.{lang}", "may hold {dataset} and {lang} only"),
        ("{dataset}.{lang}", "{dataset!r}.{lang}", "may hold {dataset} and {lang} only"),
        ("{dataset}.{lang}", "{dataset}.{lang}.{}", "may hold {dataset} and {lang} only"),
        ("{dataset}.{lang}", "\\u0000{dataset}.{lang}", "output: holds a NUL"),
        ('["dolly.jsonl"]', '["a\\u0000b.jsonl"]', "datasets.dolly.inputs.1: holds a NUL"),
        ('"out/mits"', '"out/\\u0000mits"', "steps.2.output: holds a NUL"),
        ("{dataset}.{lang}", "{dataset}.{lang}" + "x" * 300, "File name too long"),
    ],
)
def test_names_that_no_file_can_have(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = PIPELINE.replace(old, new).replace('dataset = "dolly"\n', "")
    assert text != PIPELINE
    (tmp_path / "p.toml").write_text(text)
    for name in ("dolly.jsonl", "messages.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path)
    done = CliRunner().invoke(app, ["run", str(tmp_path / "p.toml"), "-q"])
    assert done.exit_code == 2 and said in done.output and done.output.count("\n") == 1, done.output
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
