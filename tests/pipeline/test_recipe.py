"""A pipeline file is sound before any row is read, or the user is told where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelset import plugins
from babelset.cli.app import app
from babelset.pipeline.given import given_of
from babelset.pipeline.recipe import merged, pipeline_of, recipe_of, shipped
from tests.rows import rows_of

ROW = {"instruction": "Describe the river, please.", "input": "", "output": "The river is cold."}
HEAD = 'to = ["ca"]\noutput = "out.jsonl"\ndatasets = { a = "in.jsonl" }\n'
TRANSLATE = '[[steps]]\nuse = "translate"\ntranslator = "echo"\n'
ONLY = '[[steps]]\nuse = "columns"\ntake = { zzz = "{instruction}" }\nonly = true\n'
EXPORT = '[[steps]]\nuse = "export"\nas = "alpaca"\noutput = "o.json"\n'
OFF = "filters = { language = false, script = false, copied = false }\n"

WRONG = {
    "no steps": (HEAD, "steps: field required"),
    "a step without a name": (f"{HEAD}[[steps]]\ntranslator = 'echo'\n", "step 1: wants a step's name as `use`"),
    "an unknown step": (f"{HEAD}[[steps]]\nuse = 'tranlate'\n", "step 1 (tranlate): unknown step 'tranlate'. Did you mean 'translate'?"),
    "an unknown option": (f"{HEAD}{TRANSLATE}fitlers = {{}}\n", "step 1 (translate): fitlers: unknown option. Did you mean 'filters' or 'fields'?"),
    "an unknown key": (f"{HEAD}sede = 1\n{TRANSLATE}", "sede: unknown option"),
    "an unknown translator": (f"{HEAD}[[steps]]\nuse = 'translate'\ntranslator = 'ehco'\n", "step 1 (translate): unknown translator 'ehco'"),
    "an unknown filter": (f"{HEAD}{TRANSLATE}filters = {{ lenght = false }}\n", "step 1 (translate): unknown filter 'lenght'"),
    "an unknown scorer": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'score'\nwith = ['comte']\n", "step 2 (score): unknown filter 'comte'"),
    "an unknown export": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'export'\nas = 'okpai'\noutput = 'o'\n", "step 2 (export): unknown export 'okpai'"),
    "an export that cannot fill the file": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'export'\nas = 'csv'\noutput = 'o.json'\n", "step 2 (export): o.json: csv fills one file"),
    "an unknown language": (HEAD.replace('"ca"', '"qq"') + TRANSLATE, "unknown language 'qq'"),
    "an unknown step of a dataset": (HEAD.replace('a = "in.jsonl"', 'a = { inputs = ["in.jsonl"], set = { tranlate = {} } }') + TRANSLATE, "set tranlate: no step has this name. Did you mean 'translate'?"),
    "no path": (f"{HEAD}[[steps]]\nuse = 'dedup'\nfields = 'a..b'\n", "step 1 (dedup): 'a..b' is not a path"),
    "a prompt that is not there": (f"{HEAD}[[steps]]\nuse = 'ask'\nmodel = 'x'\nprompt = 'anwser'\n", "step 1 (ask): unknown prompt 'anwser'. Did you mean 'answer'?"),
    "a share beyond all numbers": (f"{HEAD}[[steps]]\nuse = 'mix'\nshare = 'en:1e400'\n", "step 1 (mix): the share of en is '1e400'; it must be a number from 0 to"),
    "no language": (HEAD.replace('to = ["ca"]', "") + TRANSLATE, "step 1 (translate): into which language?"),
    "several languages in one file": (HEAD.replace('"ca"', '"ca", "es"') + TRANSLATE, "several languages need {lang} in output"),
    "several datasets in one file": (HEAD.replace("{ a =", "{ b = 'in.jsonl', a =") + TRANSLATE, "several datasets need {dataset} in output"),
    "nothing to read": (HEAD.partition("datasets")[0] + TRANSLATE, "nothing to read"),
    "nowhere to write": (HEAD.replace('output = "out.jsonl"', "") + TRANSLATE, "nowhere to write"),
    "an output that is read": (HEAD.replace("out.jsonl", "in.jsonl") + TRANSLATE, "is read, and would be written"),
    "the former form": ('languages = ["ca"]\n' + HEAD + TRANSLATE, "languages is now to"),
    "not TOML": ("to = [", "not valid TOML"),
    "an input that is not there": (HEAD.replace("in.jsonl", "inn.jsonl") + TRANSLATE, "p.toml: step 1 (translate): datasets.a: inn.jsonl: there is no such file. Did you mean 'in.jsonl'?"),
    "an input of the second dataset": (HEAD.replace("{ a =", "{ b = 'x.jsonl', a =").replace("out.", "{dataset}.") + TRANSLATE, "datasets.b: x.jsonl: there is no such file"),
    "a pattern that fits nothing": (HEAD.replace("in.jsonl", "*.csv") + TRANSLATE, "*.csv: no file fits the pattern"),
    "a pattern": (HEAD.replace("in.jsonl", "*.jsonl") + TRANSLATE, "name each file, as in.jsonl"),
    "a folder as input": (HEAD.replace('"in.jsonl"', '"."') + TRANSLATE, "is a folder; name the files in it"),
    "a language on the way": (f"{HEAD}{TRANSLATE}to = 'qq'\n", "step 1 (translate): to: unknown language 'qq'"),
    "an unknown source language": ("from = 'qq1'\n" + HEAD + TRANSLATE, "p.toml: unknown language 'qq1'"),
    "a name that is there twice": (f"{HEAD}{TRANSLATE}name = 'x'\n[[steps]]\nuse = 'dedup'\nname = 'x'\n", "step 2: an earlier step is named 'x'"),
    "a threshold of another type": (f"{HEAD}[[steps]]\nuse = 'dedup'\nthreshold = 'high'\n", "step 1 (dedup): threshold: input should be a valid number"),
    "a column that nobody makes": (f"{HEAD}{TRANSLATE}fields = ['outputs']\n", "step 1 (translate): no earlier step and no input makes the field 'outputs'. Did you mean 'output'?"),
    "a schema of nothing": (f"{HEAD}{TRANSLATE}schema = 'alpacca'\n", "step 1 (translate): unknown schema 'alpacca'. Did you mean 'alpaca'?"),
    "no text that is left": (f"{HEAD}{ONLY}{TRANSLATE}", "step 2 (translate): no rule knows these columns, and they hold prose, or places in a text: zzz"),
    "an export without its columns": (f"{HEAD}{TRANSLATE}{ONLY}{EXPORT}", "step 3 (export): alpaca can take no row: no field plays the role 'instruction'"),
    "an export of another shape": (f"{HEAD}{TRANSLATE}{EXPORT.replace('alpaca', 'dpo')}", "has no chosen and rejected answer. Shapes that take such rows: alma, alpaca"),
    "an export of raw rows": (f"{HEAD}{EXPORT}", "step 1 (export): alpaca can take no row: no '_babelset' key"),
    "an export of two languages in a file": (HEAD.replace('"ca"', '"ca", "es"').replace("out.", "{lang}.") + TRANSLATE + EXPORT, "step 2 (export): o.json: the input holds ca and es"),
    "an export of a dataset that is not": (f"{HEAD}{TRANSLATE}{EXPORT}dataset = 'b'\n", "step 2 (export): dataset: no dataset is named 'b'"),
    "two exports into a file": (f"{HEAD}{TRANSLATE}{EXPORT}{EXPORT.replace('alpaca', 'sharegpt')}", "step 3 (export-3): o.json would be written as the rows of 2 export"),
    "two exports into a folder": (f"{HEAD}{TRANSLATE}" + 2 * EXPORT.replace("alpaca", "mits").replace("o.json", "o"), "o would be written as the rows of 2 export"),
    "an export over the output": (f"{HEAD}{TRANSLATE}{EXPORT.replace('o.json', 'out.jsonl')}", "step 2 (export): out.jsonl would be written as the rows of 1 translate"),
    "an export over what was rejected": (f"{HEAD}{TRANSLATE}{EXPORT.replace('o.json', 'out.rejected.jsonl')}", "out.rejected.jsonl would be written as the rejected rows of 1 translate"),
    "an export over the input": (f"{HEAD}{TRANSLATE}{EXPORT.replace('o.json', 'in.jsonl')}", "step 2 (export): in.jsonl is read, and would be written"),
    "a score of raw rows": (f"{HEAD}[[steps]]\nuse = 'score'\nwith = ['length']\n", "step 1 (score): no row can be scored"),
    "a score without its model": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'score'\nwith = ['cometkiwi:gone']\n", "step 2 (score): gone: no such folder"),
    "a check without its model": (f"{HEAD}[[steps]]\nuse = 'translate'\ntranslator = 'echo'\nfilters = {{ cometkiwi = {{ model = 'gone' }} }}\n", "step 1 (translate): gone: no such folder"),
    "a translator without its model": (f"{HEAD}[[steps]]\nuse = 'translate'\ntranslator = {{ name = 'nllb', options = {{ model = 'gone' }} }}\n", "step 1 (translate): gone: no such folder"),
    "a filter of raw rows": (f"{HEAD}[[steps]]\nuse = 'filter'\nwhere = 'length > 0'\n", "step 1 (filter): no row can be scored"),
    "a filter by a score that nobody made": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'filter'\nwhere = 'lenght > 0'\n", "step 2 (filter): --where: no row has the score 'lenght'. Did you mean 'length'?"),
    "a rank by a score that nobody made": (f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'filter'\nkeep = 3\nby = 'cometkiwi'\n", "step 2 (filter): --by: no row has the score 'cometkiwi'"),
    "a test set that is not there": (f"{HEAD}[[steps]]\nuse = 'backmap'\nrows = 'gone.jsonl'\n", "step 1 (backmap): rows: gone.jsonl: there is no such file"),
    "a prompt that asks for a column": (f"{HEAD}[[steps]]\nuse = 'ask'\nmodel = 'x'\nprompt = 'my.jinja'\n", "'dict object' has no attribute 'topic'"),
    "a field that nothing makes": (f"{HEAD}[[steps]]\nuse = 'ask-nobody'\n", "unknown step 'ask-nobody'"),
}  # fmt: skip


PROMPT = """+++
version = "1"
unit = "generation"
description = "What to say about it."
scheme = "raw"
context = false
[answer]
type = "object"
required = ["said"]
additionalProperties = false
[answer.properties]
said = { type = "string" }
+++
{% block user %}{{ row.topic | json }}{% endblock %}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text(json.dumps(ROW) + "\n")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["run", *words])
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_is_refused_before_anything_is_made(here: Path, kind: str) -> None:
    text, said = WRONG[kind]
    (here / "p.toml").write_text(text)
    (here / "my.jinja").write_text(PROMPT)
    before = sorted(here.iterdir())
    code, output = run("p.toml", "-q")
    output = " ".join(output.split())
    assert code == 2 and said in output and "p.toml" in output, output
    assert sorted(here.iterdir()) == before


def test_a_file_in_another_folder_reads_and_writes_there(here: Path) -> None:
    (here / "plans").mkdir()
    text = HEAD.replace("out.jsonl", "../out.jsonl").replace("in.jsonl", "../in.jsonl") + TRANSLATE + OFF
    (here / "plans/p.toml").write_text(text)
    code, _ = run("plans/p.toml", "-q")
    assert code == 0 and (here / "out.jsonl").exists()


def test_the_command_line_replaces_what_the_file_says(here: Path) -> None:
    (here / "p.toml").write_text(HEAD + TRANSLATE + OFF)
    (here / "other.jsonl").write_text(json.dumps(ROW) * 1 + "\n")
    code, _ = run(
        "p.toml", "other.jsonl", "-o", "{dataset}.{lang}.jsonl", "--to", "es,gl", "--set", "filters.length=false", "-q"
    )
    assert code == 0 and {path.name for path in here.glob("other.??.jsonl")} == {"other.es.jsonl", "other.gl.jsonl"}
    [evidence] = [row["_babelset"] for row in rows_of(here / "other.gl.jsonl")]
    assert "length" not in {verdict["check"] for verdict in evidence["verdicts"]}


def test_steps_before_the_last_keep_what_they_turned_away(here: Path) -> None:
    (here / "p.toml").write_text(f"{HEAD}{TRANSLATE}[[steps]]\nuse = 'filter'\n{OFF}")
    code, said = run("p.toml", "-q", "--json")
    rows = [account["rows"] for account in json.loads(said).values()]
    assert code == 0 and [row["read"] for row in rows] == [1, 0]
    assert (here / "out.steps/1-translate.a.ca.rejected.jsonl").read_text().count("\n") == 1
    assert run("p.toml", "-q")[0] == 0


def test_one_step_is_a_pipeline(here: Path) -> None:
    code, _ = run("translate", "in.jsonl", "--to", "ca", "-o", "a.jsonl", "-O", "translator=echo", "-q")
    assert code == 0 and (here / "a.jsonl").exists() and not (here / "a.steps").exists()


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["translate.translator=echo"], {"translate": {"translator": {"name": "echo", "options": {}}}}),
        (["translator=echo", "chunk=4"], {"translate": {"translator": {"name": "echo", "options": {}}, "chunk": 4}}),
        (["translate.filters.length.tolerance=3.5"], {"translate": {"filters": {"length": {"tolerance": 3.5}}}}),
        (["fields=[\"a\", \"b\"]"], {"translate": {"fields": ["a", "b"]}}),
    ],
)  # fmt: skip
def test_options_are_read_by_their_type(texts: list[str], found: object) -> None:
    assert given_of(pipeline_of("translate"), texts) == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "in.jsonl"], "unknown recipe 'nowhere'"),
        (["tranlate", "in.jsonl"], "Did you mean 'translate'"),
        (["translate", "in.jsonl", "--set", "chnk=3"], "Did you mean 'chunk'?"),
        (["translate", "in.jsonl", "--set", "chunk"], "write it as STEP.KEY=VALUE"),
        (["translate", "in.jsonl", "--set", "chunk=many"], "chunk is a whole number"),
        (["translate", "in.jsonl", "--to", "ca"], "nowhere to write"),
        (["translate", "in.jsonl", "--to", "ca", "-o", "-"], "a pipeline writes files"),
        (["translate", "-o", "x.jsonl"], "nothing to read"),
        ([], "which pipeline?"),
        (["gone.toml"], "gone.toml: cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_command_is_told(words: list[str], said: str) -> None:
    code, output = run(*words)
    assert code == 2 and said in output, output


def test_the_list_holds_every_recipe_and_step() -> None:
    _, said = run("--list", "--json")
    found = json.loads(said)
    assert set(found["recipes"]) == set(shipped()) and set(found["steps"]) == set(plugins.available("steps"))
    assert all(found["recipes"].values()) and all(found["steps"].values())


@pytest.mark.parametrize("name", shipped())
def test_a_recipe_says_whose_it_is_and_can_be_copied(here: Path, name: str) -> None:
    recipe = recipe_of(name)
    assert recipe.description and recipe.source and "\n" not in recipe.description
    _, said = run("--show", name)
    (here / "mine.toml").write_text(said)
    assert pipeline_of("mine.toml").recipe == recipe


def test_tables_are_merged() -> None:
    assert merged({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}, "c": 4}) == {"a": {"b": 1, "d": 3}, "c": 4}


def test_a_language_on_the_way_is_not_the_one_that_is_made(here: Path) -> None:
    Path("in.jsonl").write_text('{"text": "The river is cold."}\n')
    step = '[[steps]]\nuse = "translate"\ntranslator = "echo"\nfilters = { language = false, copied = false, script = false }\n'
    Path("p.toml").write_text(f'{step}name = "way"\nto = "es"\nbeside = "spanish"\n{step}')
    code, said = run("p.toml", "in.jsonl", "-o", "out.{lang}.jsonl", "--to", "ca,gl")
    assert code == 0, said
    assert sorted(path.name for path in Path().glob("out.??.jsonl")) == ["out.ca.jsonl", "out.gl.jsonl"]


def test_of_an_empty_file_no_column_is_named(here: Path) -> None:
    (here / "empty.jsonl").write_text("")
    code, said = run("verify", "empty.jsonl", "-o", "x.jsonl")
    assert code == 2 and "There are: none, as no row can be read" in said


def test_a_pipeline_file_is_not_written_over(here: Path) -> None:
    text = f"{HEAD}{TRANSLATE}"
    (here / "mine.toml").write_text(text)
    code, said = run("mine.toml", "-o", "mine.toml", "--format", "jsonl", "--force")
    assert code == 2 and "mine.toml is read, and would be written" in said and (here / "mine.toml").read_text() == text


def test_what_stands_where_a_folder_is_needed_is_told(here: Path) -> None:
    (here / "mix.steps").write_text("mine")
    (here / "mine.toml").write_text(
        'datasets = { a = "in.jsonl" }\n[[steps]]\nuse = "dedup"\n[[steps]]\nuse = "dedup"\n'
    )
    code, said = run("mine.toml", "-o", "mix.jsonl")
    assert code == 5 and "mix.steps: cannot make the folder (File exists)" in said


@pytest.mark.parametrize(("text", "fields"), [("a", ["a"]), ("a, b", ["a", "b"]), ('["a,b"]', ["a,b"])])
def test_a_list_of_texts_need_not_be_json(text: str, fields: list[str]) -> None:
    assert given_of(pipeline_of("switch"), [f"fields={text}"]) == {"switch": {"fields": fields}}


def test_a_dry_run_follows_the_rows_through_steps_that_make_more_or_fewer(here: Path) -> None:
    model = "model = 'm'\nbase_url = 'http://127.0.0.1:9/v1'\n"
    (here / "p.toml").write_text(
        f"[[steps]]\nuse = 'ask'\nto = 'en'\nn = 3\ninto = 'answers'\nprompt = 'answer'\n{model}"
        f"[[steps]]\nuse = 'rank'\n{model}[[steps]]\nuse = 'pairs'\n{TRANSLATE}to = 'ca'\n[[steps]]\nuse = 'mix'\ntotal = 7\n"
    )
    rows = [{**ROW, "output": f"River {n} is cold."} for n in range(40)]
    (here / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, said = run("p.toml", "in.jsonl", "-o", "out.jsonl", "--dry-run", "--json")
    lines = json.loads(said)
    assert code == 0 and [line["reads"] for line in lines] == [40, 40, 40, 120, 120]
    assert [line["rows"] for line in lines] == [40, 40, 120, 120, 7]
    assert [line.get("requests") for line in lines[:3]] == [120, 120, None] and lines[3]["segments"]
    assert [line["from"] for line in lines] == ["inputs", *["a trial: an estimate"] * 4]
