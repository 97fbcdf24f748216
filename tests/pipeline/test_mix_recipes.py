"""The recipes that mix, whole, on twenty rows: twice the same bytes, and the account adds up."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.pipeline.recipe import recipe_of
from tests.rows import rows_of as whole

ROWS = [
    {"id": n, "instruction": f"Write {n + 2} words about the rain.", "output": f"Rain falls {n + 2} times.", "label": "ab"[n % 2]}
    for n in range(20)
]  # fmt: skip
PART = "[shares]\nen = 50\nca = 20\nes = 30\n"
ECHO = ["translate.translator.name=echo", 'translate.filters={"language": false, "copied": false, "repetition": false}']
APERTIUM = ["translate.translator.name=apertium"]
RECIPES = {
    "mblip": ["mix.partition=part.toml"],
    "taco-curriculum": ["--to", "en,ca"],
    "selective-mix": ["--to", "ca,en"],
    "parallel-k": ["--to", "ca,es"],
    "duoguard-balance": ["--to", "ca,en,es"],
}


def run(recipe: str, output: str, options: list[str]) -> dict[str, Any]:
    given = [word for option in options for word in (["-O", option] if "=" in option else [option])]
    result = CliRunner().invoke(app, ["run", recipe, "in.jsonl", "-o", output, "--json", "-q", *given])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    accounts: dict[str, Any] = json.loads(result.stdout)
    for account in accounts.values():
        rows = account["rows"]
        assert rows["read"] == sum(rows.get(what, 0) for what in ("used", "accepted", "rejected", "failed"))
    return accounts


def outputs(folder: Path, name: str) -> dict[str, bytes]:
    found = {path.name.replace(name, ""): path.read_bytes() for path in folder.glob(f"{name}*.jsonl")}
    assert found
    return found


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("part.toml").write_text(PART)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(
    "engine", ["echo", pytest.param("apertium", marks=[pytest.mark.engine, pytest.mark.skipif(not shutil.which("apertium"), reason="no apertium")])]
)  # fmt: skip
def test_a_recipe_makes_the_same_twice(recipe: str, engine: str, tmp_path: Path) -> None:
    end = "{lang}.jsonl" if recipe == "mblip" else "jsonl"
    options = [*RECIPES[recipe], *(ECHO if engine == "echo" else APERTIUM)]
    run(recipe, f"one.{end}", options)
    run(recipe, f"two.{end}", options)
    one, two = (outputs(tmp_path, name) for name in ("one", "two"))
    kept = {name: text.replace(b"two.", b"one.") for name, text in two.items()}  # rows name the files they came from
    assert one == kept
    described = recipe_of(recipe)
    assert described.description and described.source and described.not_the_papers


def rows_of(name: str) -> list[dict[str, Any]]:
    return whole(Path(name))


def test_mblip_translates_each_row_into_one_language() -> None:
    accounts = run("mblip", "{lang}.out.jsonl", [*RECIPES["mblip"], *ECHO])
    counts = {name: len(rows_of(f"{name}.out.jsonl")) for name in ("en", "ca", "es")}
    assert counts == {"en": 10, "ca": 4, "es": 6}
    assert sorted(row["id"] for name in counts for row in rows_of(f"{name}.out.jsonl")) == [*range(20)]
    assert all(row["_babelset"]["mix"]["language"] == "cat_Latn" for row in rows_of("ca.out.jsonl"))
    assert len(accounts) == 4


@pytest.mark.engine
@pytest.mark.skipif(not shutil.which("apertium"), reason="Apertium is not installed")
def test_a_partition_is_checked_for_every_language_before_any_row_is_read() -> None:
    result = CliRunner().invoke(app, ["run", "mblip", "in.jsonl", "-o", "{lang}.out.jsonl", "-O", APERTIUM[0]])
    assert result.exit_code == 2 and "step 2 (translate): apertium does not translate English into" in result.output
    assert not [*Path().glob("*.out*")]


def test_the_curriculum_begins_in_english() -> None:
    run("taco-curriculum", "out.jsonl", [*RECIPES["taco-curriculum"], *ECHO])
    stages = [row["_babelset"]["mix"]["stage"] for row in rows_of("out.jsonl")]
    assert stages == ["english"] * 20 + ["translated"] * 20


def test_as_many_of_each_label_in_each_language() -> None:
    run("duoguard-balance", "out.jsonl", [*RECIPES["duoguard-balance"], *ECHO])
    found = Counter((row["label"], row["_babelset"]["mix"]["language"]) for row in rows_of("out.jsonl"))
    assert len(found) == 6 and {*found.values()} == {10}


def test_a_shortfall_ends_with_1_and_a_table_and_later_steps_are_not_done() -> None:
    Path("p.toml").write_text(
        'to = ["ca", "en"]\noutput = "out.jsonl"\n[datasets]\na = "in.jsonl"\n'
        '[[steps]]\nuse = "mix"\nlanguage = "en"\nshare = { en = 60, ca = 40 }\ntotal = 30\n'
        '[[steps]]\nuse = "dedup"\n'
    )
    result = CliRunner().invoke(app, ["run", "p.toml"])
    assert result.exit_code == 1
    assert "too few rows of cat_Latn" in result.output and "available" in result.output
    assert not Path("out.jsonl").exists() and not [*Path("out.steps").glob("*.jsonl")]
    assert "shortfall" in json.loads(Path("out.steps/1-mix.a.manifest.json").read_text())


def test_a_shortfall_is_in_the_manifest_and_the_report_until_there_are_enough() -> None:
    arguments = ["run", "mix", "in.jsonl", "-o", "out.jsonl", "-O", "language=en"]
    short = [*arguments, "-O", "total=30"]
    for _ in range(2):
        assert CliRunner().invoke(app, short).exit_code == 1
    told = json.loads(Path("out.manifest.json").read_text())
    assert told["shortfall"]["reason"].startswith("too few rows of eng_Latn") and told["written"] == []
    assert [line.split() for line in told["shortfall"]["details"]] == [
        ["language", "asked", "available", "taken", "share"], ["eng_Latn", "30", "20", "20", "1.0"]
    ]  # fmt: skip
    said = " ".join(CliRunner().invoke(app, ["report", "out.jsonl"]).output.split())
    assert "nothing was written" in said and "eng_Latn 30 20 20 1.0" in said
    page = CliRunner().invoke(app, ["report", "out.jsonl", "-o", "page.html"])
    assert page.exit_code == 0 and "too few rows of eng_Latn" in Path("page.html").read_text()
    done = CliRunner().invoke(app, [*arguments, "-O", "total=20"])
    assert done.exit_code == 0 and len(rows_of("out.jsonl")) == 20
    before = Path("out.manifest.json").read_bytes()
    assert CliRunner().invoke(app, short).exit_code == 2  # made differently
    assert CliRunner().invoke(app, [*short, "--force"]).exit_code == 1
    assert Path("out.manifest.json").read_bytes() == before and len(rows_of("out.jsonl")) == 20


def test_the_table_is_shown_and_in_the_manifest() -> None:
    arguments = ["run", "mix", "in.jsonl", "-o", "out.jsonl", "-O", "language=en", "-O", "total=5"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and "eng_Latn     5        20     5   1.0" in result.output
    told = json.loads(Path("out.manifest.json").read_text())["mix"]
    assert told == [{"language": "eng_Latn", "asked": 5, "available": 20, "taken": 5, "share": 1.0}]


def test_dedup_from_the_command_line() -> None:
    result = CliRunner().invoke(app, ["run", "dedup", "in.jsonl", "-o", "out.jsonl", "-O", "fields=instruction,output"])
    assert result.exit_code == 0 and len(rows_of("out.jsonl")) < 20
