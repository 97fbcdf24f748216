from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from babelset.cli.app import app as whole
from babelset.cli.export import export
from babelset.contracts.checks import DEFAULT
from babelset.errors import AccountingError, BabelsetError, ConfigError, ContractError
from babelset.exports.alpaca import Alpaca
from babelset.exports.export import ExportJob, _Rows
from babelset.files.reading import read as read_rows
from babelset.files.row import KEY

app = typer.Typer()
app.command()(export)

HOSTILE = "a\u2028b\x00\x1f\ud800 \r\n\t\"\\</script> {lang} ,;'=cmd() \U0001f468\u200d\U0001f469"
HUGE = "1.10e2345678901234567890"


def row(text: str = "Hola.", lang: str = "cat_Latn", **evidence: Any) -> dict[str, Any]:
    data = {"instruction": "Saluda.", "input": "", "output": text, "topic": "greetings"}
    fields = [
        {"path": [key], "role": key, "source": f"EN {data[key]}", "keeps": []}
        for key in ("instruction", "input", "output")
    ]
    known = {
        "row": 0, "file": "greetings.json", "line": 1, "status": "accepted", "schema": "alpaca",
        "source": "eng_Latn", "target": lang, "translator": "test|v:1",
        "fields": fields, "segments": [], "scores": {}, "verdicts": [],
    }  # fmt: skip
    return {**data, KEY: {**known, **evidence}}


def plain(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != KEY}


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(*rows: Any, name: str = "in.jsonl") -> str:
        lines = [item if isinstance(item, str) else json.dumps(item) for item in rows]
        Path(name).write_text("".join(line + "\n" for line in lines), "utf-8")
        return name

    return write


def run(*args: str) -> Any:
    result = CliRunner().invoke(app, [*args, "--json"])
    if isinstance(result.exception, BabelsetError):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)


def read(path: str) -> Any:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def test_one_file_a_language(rows):
    source = rows(row("Hola."), row("Hola!", "spa_Latn"), row("Ei."))
    code, account = run(source, "--as", "alpaca", "-o", "out/{lang}.json")
    assert (code, account["rows"]) == (0, {"read": 3, "written": 3, "failed": 0})
    assert account["counts"]["written"] == {"out/ca.json": 2, "out/es.json": 1}
    assert json.loads(Path("out/ca.json").read_text("utf-8")) == [plain(row("Hola.")), plain(row("Ei."))]
    assert json.loads(Path("out/es.json").read_text("utf-8")) == [plain(row("Hola!", "spa_Latn"))]
    assert not list(Path().glob("**/*.failed.jsonl"))


def test_a_folder_as_okapi_names_it(rows):
    code, _ = run(rows(row(), row(lang="npi_Deva")), "--as", "okapi", "-o", "okapi")
    assert code == 0
    assert sorted(str(path) for path in Path("okapi").rglob("*.*")) == [
        "okapi/multilingual-alpaca-52k/ca.json",
        "okapi/multilingual-alpaca-52k/ne.json",
    ]


def test_what_cannot_be_written_is_listed_with_the_reason(rows):
    weak = {"check": "length", "ok": False, "score": 9.0, "reason": "9 times as long"}
    source = rows(
        row(),
        {"instruction": "no evidence"},
        "{broken",
        row(status="rejected", verdicts=[weak]),
        row(lang="tlh_Latn"),
        row(segments=[{"field": "x"}]),
        {**row(), "output": None},
    )
    code, account = run(source, "--as", "alpaca", "-o", "out.jsonl")
    assert (code, account["rows"]) == (1, {"read": 7, "written": 1, "failed": 6})
    ledger = read("out.failed.jsonl")
    assert [entry["line"] for entry in ledger] == [2, 3, 4, 5, 6, 7]
    parts = (
        "not written by babelset translate",
        "JSON",
        "length: 9 times as long",
        "tlh_Latn",
        f"{KEY}.segments",
        "output: has no translation",
    )
    for entry, part in zip(ledger, parts, strict=True):
        assert part in entry["reason"]
    assert read("out.jsonl") == [plain(row())]


@pytest.mark.parametrize("recipe", ["alpaca", "taco", "sharegpt", "messages", "mits", "okapi"])
def test_hostile_text_survives(rows, recipe):
    folder = recipe in ("mits", "okapi")
    source = rows(json.dumps({**row(HOSTILE), "big": 0}).replace('"big": 0', f'"big": {HUGE}'))
    assert run(source, "--as", recipe, "-o", "out" if folder else "out/x.json")[0] == 0
    (made,) = (path for path in Path("out").rglob("*.json") if path.name[0] != ".")
    text = made.read_text("utf-8")
    assert json.dumps(HOSTILE)[1:-1] in json.dumps(json.loads(text))
    assert recipe == "okapi" or HUGE in text  # okapi's columns are fixed


def test_tables(rows):
    source = rows(row('a,b\n"c"'), row("d"))
    assert run(source, "--as", "csv", "-o", "t.csv.gz")[0] == 0
    with gzip.open("t.csv.gz", "rt", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["output"] for line in table] == ['a,b\n"c"', "d"]
    assert list(table[0]) == ["instruction", "input", "output", "topic"]


@pytest.mark.parametrize("recipe, output", [("parquet", "t.parquet"), ("csv", "t.csv"), ("alpaca", "t.jsonl")])
def test_a_table_with_evidence_can_be_exported_again(rows, recipe, output):
    pytest.importorskip("pyarrow")
    assert run(rows(row()), "--as", recipe, "-o", output, "--with-evidence")[0] == 0
    assert run(output, "--as", "taco", "-o", "again.jsonl")[0] == 0
    assert read("again.jsonl")[0]["output"].startswith("Instruction in English: EN Saluda.")


@pytest.mark.parametrize("recipe, output", [("csv", "t.tsv"), ("parquet", "t.parquet")])
def test_a_table_has_the_columns_of_all_rows(rows, recipe, output):
    code, account = run(rows(row(), {**row(), "extra": 1}, row()), "--as", recipe, "-o", output)
    assert (code, account["rows"]) == (0, {"read": 3, "written": 3, "failed": 0})
    absent = None if recipe == "parquet" else ""
    assert [found.data["extra"] for found in read_rows([output])] == [absent, 1 if recipe == "parquet" else "1", absent]


def test_an_empty_input_makes_an_empty_file(rows):
    code, account = run(rows(), "--as", "alpaca", "-o", "out.json")
    assert (code, account["rows"]["written"], account["files"]["written"]) == (0, 0, "out.json")
    assert json.loads(Path("out.json").read_text("utf-8")) == []


@pytest.mark.parametrize(
    "args, message",
    [
        (["--as", "alpacca", "-o", "x.json"], "Did you mean 'alpaca'"),
        (["--as", "parquet", "-o", "x.json"], "name it with .parquet"),
        (["--as", "alpaca", "-o", "folder"], "name it with .jsonl"),
        (
            ["--as", "alpaca", "-o", "old.json"],
            "old.json exists, and was not made by this command; name another output, or add --force",
        ),
        (["--as", "okapi", "-o", "old.json"], "old.json is a file"),
        (["--as", "alpaca", "-o", "x.json"], "holds ca and es"),
    ],
)
def test_refused(rows, args, message):
    source = rows(row(), row(lang="spa_Latn"))
    Path("old.json").write_text("kept")
    before = sorted(Path().rglob("*"))
    with pytest.raises(ConfigError) as caught:
        run(source, *args)
    assert message in str(caught.value)
    assert sorted(Path().rglob("*")) == before
    assert Path("old.json").read_text() == "kept"


def test_rows_from_a_pipe(rows):
    result = CliRunner().invoke(app, ["-", "--as", "alpaca", "-o", "out.jsonl"], input=json.dumps(row()) + "\n")
    assert result.exit_code == 0
    assert read("out.jsonl") == [plain(row())]


def test_force_replaces_the_output_and_an_old_ledger(rows):
    assert run(rows(row(), {}), "--as", "alpaca", "-o", "out.jsonl")[0] == 1
    assert run(rows(row("Nou.")), "--as", "alpaca", "-o", "out.jsonl", "--force")[0] == 0
    assert read("out.jsonl") == [plain(row("Nou."))]
    assert not Path("out.failed.jsonl").exists()


def test_summary_for_people(rows):
    result = CliRunner().invoke(app, [rows(row(), {}), "--as", "alpaca", "-o", "out.jsonl"])
    assert result.exit_code == 1
    for part in (
        "2 read = 1 written + 1 failed",
        "out.jsonl: 1 rows",
        "out.failed.jsonl: 1 rows",
        "failed because: no '_babelset' key",
    ):
        assert part in result.stdout


def account_of(read=0):
    rows = _Rows(ExportJob(inputs=(), shape="alpaca", output="x.json"), Alpaca())
    rows.read = read
    return rows


def test_rows_that_do_not_add_up():
    rows = account_of(read=3)
    rows.used += 2
    with pytest.raises(AccountingError, match="3 rows read, but 2 used and 0 failed"):
        rows.account()


def test_many_reasons_take_little_room():
    rows = account_of()
    for number in range(1000):
        rows._fail(f"reason {number}")
    assert len(rows.failed) < 60 and rows.failed.total() == 1000


def test_standard_output_is_refused_with_the_cure(rows):
    with pytest.raises(ConfigError, match="-: only translate writes to standard output; name a file with -o"):
        run(rows(row()), "--as", "alpaca", "-o", "-", "--format", "jsonl")


def test_a_shape_that_answers_something_else_is_named(rows, monkeypatch):
    monkeypatch.setattr(Alpaca, "convert", lambda self, row: row.data)
    with pytest.raises(ContractError, match="the export 'alpaca' returned dict in place of Exported"):
        run(rows(row()), "--as", "alpaca", "-o", "out.jsonl")


def test_many_reasons_are_cut_in_the_summary_and_whole_in_the_ledger(rows):
    weak = [{"check": "length", "ok": False, "score": 9.0, "reason": f"{times} times as long"} for times in range(20)]
    source = rows(*(row(status="rejected", verdicts=[verdict]) for verdict in weak))
    said = CliRunner().invoke(app, [source, "--as", "alpaca", "-o", "out.jsonl"]).output
    assert said.count("the row was not accepted") == 12 and ", ..." in said
    assert len({entry["reason"] for entry in read("out.failed.jsonl")}) == 20


def test_files_that_hold_the_same_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text('{"instruction": "Greet.", "input": "", "output": "The river is cold."}\n')
    Path("off.toml").write_text("[filters]\n" + "".join(f"{name} = false\n" for name in DEFAULT))
    for command in (
        "translate in.jsonl --to ca --translator echo -q --config off.toml -o ca.jsonl",
        "translate in.jsonl --to es --translator echo -q --config off.toml -o es.jsonl",
        "filter ca.jsonl --config off.toml -o ca.strict.jsonl",
        "score ca.jsonl --with length -q -o ca.scored.jsonl",
    ):
        assert CliRunner().invoke(whole, command.split()).exit_code == 0, command
    Path("ca.jsonl").rename("moved.jsonl")
    Path("bare").mkdir()
    for name in ("moved.jsonl", "es.jsonl", "ca.strict.jsonl", "ca.scored.jsonl"):
        shutil.copy(name, "bare")  # without its manifest
    for names, said in [
        ("moved.jsonl ca.strict.jsonl", "ca.strict.jsonl was made of ca.jsonl, as was moved.jsonl, by babelset filter"),
        ("ca.scored.jsonl ca.strict.jsonl", "was made of ca.jsonl, as was"),
        ("ca.strict.jsonl es.jsonl", ""),
        (
            "bare/moved.jsonl bare/ca.strict.jsonl",
            "bare/ca.strict.jsonl was made by babelset filter, and its first row is in",
        ),
        ("bare/ca.scored.jsonl bare/moved.jsonl", "bare/ca.scored.jsonl was made by babelset score, and its first row"),
        ("bare/ca.strict.jsonl bare/es.jsonl", ""),
    ]:
        done = CliRunner().invoke(whole, f"export {names} --as alpaca -o new-{{lang}}.jsonl".split())
        assert done.exit_code == (2 if said else 0) and said in done.output, done.output
