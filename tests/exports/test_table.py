"""Tables for people: no cell is run by a spreadsheet, unless formulas are to be kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset import plugins
from babelset.cli.app import app
from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.exports.export import ExportJob, export
from tests.rows import told

ROW = {"instruction": "=1+1 is a sum.", "=note": "-5", "n": -5, "x": "+3.2", "list": "- one; =2"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text(json.dumps({"instruction": "Greet.", "input": "", "output": "The river is cold."}))
    Path("off.toml").write_text("[filters]\nlanguage = false\ncopied = false\ntask = false\nintact = false\n")
    run("translate in.jsonl --to ca --translator echo -q --config off.toml -o done.jsonl")
    done = told(json.loads(Path("done.jsonl").read_text()))
    Path("done.jsonl").write_text(json.dumps({**ROW, "_babelset": {**done["_babelset"], "fields": [], "segments": []}}))


def run(command: str) -> None:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output


def cells(name: str, delimiter: str) -> list[list[str]]:
    with Path(name).open(newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_formulas_are_neutralised_unless_they_are_kept(ending: str, delimiter: str) -> None:
    run(f"export done.jsonl --as csv -o new.{ending}")
    assert cells(f"new.{ending}", delimiter) == [
        ["instruction", "'=note", "n", "x", "list"],
        ["'=1+1 is a sum.", "-5", "-5", "+3.2", "'- one; =2"],
    ]
    run(f"export done.jsonl --as csv -o kept.{ending} --keep-formulas")
    assert cells(f"kept.{ending}", delimiter) == [list(ROW), [str(value) for value in ROW.values()]]


def test_data_for_programs_keep_their_bytes() -> None:
    Path("in.csv").write_text("instruction,output,=id\nGreet the river.,The river is cold.,=1+1\n")
    run("translate in.csv --to ca --translator echo -q --config off.toml -o ca.csv --leave =id")
    table = cells("ca.csv", ",")
    assert table[0][2] == "=id" and table[1][2] == "=1+1"
    run("export done.jsonl --as parquet -o new.parquet")
    import pyarrow.parquet

    assert pyarrow.parquet.read_table("new.parquet").to_pylist() == [ROW]


@pytest.mark.parametrize("name", ["../out.json", "/tmp/out.json", "a/../../b.json", "a/\x00.json", "con.json", ""])
def test_an_export_cannot_name_a_file_outside_of_its_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Straying(Export):
        def convert(self, row: TranslatedRow) -> Exported:
            return Exported(row.data, name)

    build: Any = lambda *_: Straying()  # noqa: E731
    monkeypatch.setattr(plugins, "build", build)
    before = set(Path.cwd().parent.rglob("*"))
    account = export(ExportJob(inputs=("done.jsonl",), shape="straying", output="folder"))
    assert account["rows"]["failed"] == 1 and "which" in next(iter(account["failures"]))
    assert {path.name for path in set(Path.cwd().parent.rglob("*")) - before} <= {
        "folder.failed.jsonl",
        ".folder.manifest.json",
    }
