"""A pipeline in shards: what is gathered is what one run makes, or it is said which step cannot do a part, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.step import RowStep
from tests.rows import rows_of

COUNT = 10
FILTERS = "filters = { language = false, script = false, copied = false, task = false, numbers = false }\n"
LEAVE = 'leave = ["spans[*].start", "spans[*].end"]\n'
TRANSLATE = f'[[steps]]\nuse = "translate"\ntranslator = "echo"\n{LEAVE}{FILTERS}'
COLUMNS = '[[steps]]\nuse = "columns"\ntake = { answer = "{output}" }\n'
SCORE = '[[steps]]\nuse = "score"\nwith = ["length"]\n'
SWITCH = '[[steps]]\nuse = "switch"\nlexicon = "words.tsv"\nrate = 0.5\n'
FILTER = f'[[steps]]\nuse = "filter"\nwhere = "length < 1.5"\n{FILTERS}'
LABELS = '[[steps]]\nuse = "columns"\ntake = { text = "{output}", spans = "{spans}" }\nonly = true\n'
MIXED = '[[steps]]\nuse = "columns"\ntake = { text = "{output}", lang = "{speaks}" }\nonly = true\n'
PROJECT = '[[steps]]\nuse = "project"\ntranslator = "echo"\nmissing = "drop"\n'
BACK = f'[[steps]]\nuse = "translate"\nname = "back"\nto = "gl"\nbeside = "galician"\ntranslator = "echo"\n{LEAVE}{FILTERS}'
ASK = '[[steps]]\nuse = "ask"\nmodel = "m"\nprompt = "answer"\n'
DIVIDED = {
    "translate, score": TRANSLATE + SCORE,
    "columns, translate": COLUMNS + TRANSLATE,
    "columns, translate, columns, score": COLUMNS + TRANSLATE + COLUMNS.replace("answer", "more") + SCORE,
    "translate, switch": TRANSLATE + SWITCH,  # which draws, and rejects rows
    "translate, switch with an engine": TRANSLATE + SWITCH + 'translator = "echo"\n',
    "translate, filter": TRANSLATE + FILTER,
    "columns, translate, filter, score": COLUMNS + TRANSLATE + FILTER + SCORE,
    "columns, switch of several languages": MIXED + SWITCH + 'translator = "echo"\n',
    "columns, project": LABELS + PROJECT,
    "columns, translate, translate beside, columns": COLUMNS + TRANSLATE + BACK + COLUMNS.replace("answer", "more"),
}
WHOLE = {
    "mix": (TRANSLATE + '[[steps]]\nuse = "mix"\n', "step 2 (mix)", "it takes all files together"),
    "dedup": (COLUMNS + '[[steps]]\nuse = "dedup"\n', "step 2 (dedup)", "depends on those before it"),
    "filter the best": (TRANSLATE + '[[steps]]\nuse = "filter"\nkeep = 3\nby = "intact"\n', "step 2 (filter)", "it ranks all rows"),
    "lexicon": (TRANSLATE + '[[steps]]\nuse = "lexicon"\n', "step 2 (lexicon)", "it puts all rows in an order"),
    "export": (TRANSLATE + '[[steps]]\nuse = "export"\nas = "alpaca"\noutput = "a.json"\n', "step 2 (export)", "all rows"),
    "score a sample": (TRANSLATE + SCORE + "sample = 4\n", "step 2 (score)", "draws its sample from all rows"),
    "translate twice": (TRANSLATE + BACK + COLUMNS, "step 2 (back)", "numbers its rows anew"),
    "switch with eflomal": (TRANSLATE + SWITCH + "eflomal = true\n", "step 2 (switch)", "looks at all rows before the first"),
    "fewshot": (TRANSLATE + '[[steps]]\nuse = "fewshot"\n', "step 2 (fewshot)", "looks at all rows before the first"),
    "grow": ('[[steps]]\nuse = "grow"\ntotal = 3\nmodel = "m"\n', "step 1 (grow)", "makes rows of its own"),
    "backmap": (
        '[[steps]]\nuse = "backmap"\nrows = "in.jsonl"\n', "step 1 (backmap)", "depends on those before it"
    ),
}  # fmt: skip


def run(*argv: str, code: int | None = None) -> Result:
    result = CliRunner().invoke(app, [*argv])
    assert result.exit_code in ((0, 1) if code is None else (code,)), f"{result.output}{result.exception!r}"
    return result


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "instruction": f"Describe river {n}.",
            "input": "",
            "output": f"The water {n} is old." if n % 3 else "",
            "spans": [{"start": 4, "end": 9, "label": "X"}],
            "speaks": "en" if n < 6 else "fr",
        }
        for n in range(COUNT)
    ]
    lines = [json.dumps(row) for row in rows]
    for folder in ("whole", "parts"):
        place = tmp_path / folder
        place.mkdir()
        (place / "in.jsonl").write_text("\n".join([*lines[:5], "{no row", *lines[5:], "[]"]) + "\n")
        (place / "words.tsv").write_text("".join(f"{word}\t{word[::-1]}\n" for word in ("describe", "water")))
    monkeypatch.chdir(tmp_path)


def pipeline(folder: str, steps: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    monkeypatch.chdir(tmp_path / folder)
    Path("p.toml").write_text(steps)
    return ("run", "p.toml", "in.jsonl", "--to", "ca,es", "--memory", "m.sqlite", "-q")


def made(folder: Path) -> dict[str, Any]:
    """All that is in a run's places, manifests without what concerns one process."""
    found: dict[str, Any] = {}
    for path in sorted([*folder.glob("out/all.*"), *folder.glob("out/all.steps/*")]):
        if path.name.endswith(".manifest.json"):
            told = json.loads(path.read_text())
            drop = ("this_process", "files", "xxh3_128", "engine", "accounts")
            found[str(path.relative_to(folder))] = {key: value for key, value in told.items() if key not in drop}
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


@pytest.mark.core(7)
@pytest.mark.parametrize("of", [1, 3, 8])  # at last a row or two in each
@pytest.mark.parametrize("name", DIVIDED)
def test_what_is_gathered_is_what_one_run_makes(
    name: str, of: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = pipeline("whole", DIVIDED[name], monkeypatch, tmp_path)
    run(*command, "-o", "out/all.{lang}.jsonl")
    command = pipeline("parts", DIVIDED[name], monkeypatch, tmp_path)
    for number in range(of, 0, -1):
        run(*command, "-o", f"{number}/part-{number}.{{lang}}.jsonl", "--shard", f"{number}/{of}")
    for lang in ("ca", "es"):
        names = [f"{number}/part-{number}.{lang}.jsonl" for number in range(of, 0, -1)]
        run("gather", *names, "-o", f"out/all.{lang}.jsonl")
    whole, got = made(tmp_path / "whole"), made(tmp_path / "parts")
    assert whole.keys() == got.keys() and len(rows_of(Path("out/all.ca.jsonl"))) > COUNT / 2
    assert [path for path in whole if whole[path] != got[path]] == []
    before = {path: Path(path).stat().st_ino for path in got}
    run(*command, "-o", "out/all.{lang}.jsonl")  # of which there is nothing left to do
    assert before == {path: Path(path).stat().st_ino for path in got}


@pytest.mark.parametrize("name", WHOLE)
def test_what_cannot_be_divided_says_which_step_and_why(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps, step, why = WHOLE[name]
    command = pipeline("whole", steps, monkeypatch, tmp_path)
    said = " ".join(run(*command, "-o", "all.{lang}.jsonl", "--shard", "1/3", code=2).output.split())
    assert f"--shard: {step} cannot do a part of the rows: " in said and why in said
    assert {path.name for path in Path().iterdir()} == {"in.jsonl", "p.toml", "words.tsv"}


class Odd(RowStep, frozen=True):
    remembers = True


def test_every_step_says_whether_it_can_be_divided() -> None:
    assert Odd().undivided() and not RowStep().undivided()
    assert not RowStep().undivided([Odd()])


def test_a_shard_of_a_pipeline_whose_steps_have_changed_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = pipeline("parts", DIVIDED["columns, translate"], monkeypatch, tmp_path)
    for number in (1, 2):
        run(*command, "-o", f"part-{number}.{{lang}}.jsonl", "--shard", f"{number}/2")
    step = Path("part-1.steps/1-columns.jsonl")
    for manifest in ("part-2.steps/1-columns", "part-1.steps/1-columns"):
        Path(f"{manifest}.manifest.json").rename(f"{manifest}.aside")
        said = run("gather", "part-1.ca.jsonl", "part-2.ca.jsonl", "-o", "all.ca.jsonl", code=2).output
        assert "there is no manifest beside it" in " ".join(said.split())
        Path(f"{manifest}.aside").rename(f"{manifest}.manifest.json")
    step.write_bytes(step.read_bytes().replace(b"old", b"new"))
    said = run("gather", "part-1.ca.jsonl", "part-2.ca.jsonl", "-o", "all.ca.jsonl", code=2).output
    assert "has changed since it was made" in " ".join(said.split()) and not Path("all.ca.jsonl").exists()
