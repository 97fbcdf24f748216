"""Pairs under the names that ALMA's trainer reads: it takes the better and the worse one out of them again."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.exports.test_hub_loaded import PYTHON
from tests.exports.test_hub_loaded import pytestmark as loading
from tests.exports.test_segments import EL_LLAC, EL_RIU, LAKE, RIVER, translated

WORSE = "Riu profund el."
SYSTEMS = {f"{name}_{lang}" for name in ("gpt4", "alma") for lang in ("en", "ca")}
SCORES = {
    f"{name}_{lang}_{by}"
    for name in ("gpt4", "alma", "ref") for lang in ("en", "ca") for by in ("kiwi", "xcomet", "kiwi_xcomet")
}  # fmt: skip
TEXTS = {"en", "ca", "language_pair", "required_directions", *SYSTEMS}
LOAD = """
import json, sys
from datasets import Features, Value, load_dataset
texts, numbers = json.loads(sys.argv[1])
struct = {**{name: Value("string") for name in texts}, **{name: Value("float64") for name in numbers}}
rows = load_dataset("json", data_files="out.jsonl", split="train", features=Features({"translation": struct}))
print(json.dumps(list(rows["translation"])))
"""
ALMA = """
import json
from datasets import Features, Translation, load_dataset
features = Features({"translation": Translation(languages=["ca", "en"])})
rows = load_dataset("json", data_files="alma.jsonl", split="train", features=features)
assert isinstance(rows.features["translation"], Translation)
print(json.dumps(list(rows["translation"])))
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = translated((LAKE, EL_LLAC), (RIVER, EL_RIU))
    row[KEY]["segments"][0]["candidates"] = [(EL_LLAC, 0.9), ("El llac.", 0.5), (WORSE, 0.2)]
    Path("in.jsonl").write_text(json.dumps(row) + "\n")


def run(line: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return " ".join(done.output.split())


def exported(*words: str) -> dict[str, Any]:
    run("run translation-pairs in.jsonl -o pairs.jsonl -q")
    run(" ".join(["export pairs.jsonl --as alma-r -o out.jsonl", *words]))
    [row] = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert set(row) == {"translation"}
    found: dict[str, Any] = row["translation"]
    return found


def chosen(example: dict[str, Any], lang: str, scorer: str) -> tuple[str, str]:
    """What ALMA's trainer makes of an example for a direction."""
    texts = [example[lang], example[f"gpt4_{lang}"], example[f"alma_{lang}"]]
    scores = [example[f"{name}_{lang}_{scorer}"] for name in ("ref", "gpt4", "alma")]
    return texts[scores.index(max(scores))], texts[scores.index(min(scores))]


@pytest.mark.parametrize("scorer", ["kiwi_xcomet", "kiwi", "xcomet"])
def test_the_trainer_finds_the_pair_again(scorer: str) -> None:
    example = exported(*([] if scorer == "kiwi_xcomet" else [f"-O scorer={scorer}"]))
    assert example["en"] == LAKE and chosen(example, "ca", scorer) == (EL_LLAC, WORSE)
    assert (example["language_pair"], example["required_directions"], example["Delta"]) == ("en-ca", "en-ca", 0)
    assert set(example) == TEXTS | SCORES | {"Delta"}
    told = {name for name in SCORES if example[name] is not None}
    assert told == {f"{name}_ca_{scorer}" for name in ("gpt4", "alma", "ref")}
    assert all(example[name] is None for name in SYSTEMS if name.endswith("_en"))


def test_other_rows_and_options_are_told() -> None:
    assert "make pairs with: babelset run translation-pairs" in run("export in.jsonl --as alma-r -o out.jsonl", 1)
    assert "scorer is one of" in run("export in.jsonl --as alma-r -o other.jsonl -O scorer=bleu", 2)


def test_two_languages_need_two_names() -> None:
    row = translated((LAKE, EL_LLAC), (RIVER, EL_RIU), source="zho_Hans", lang="zho_Hant")
    row[KEY]["segments"][0]["candidates"] = [(EL_LLAC, 0.9), (WORSE, 0.2)]
    Path("in.jsonl").write_text(json.dumps(row) + "\n")
    run("run translation-pairs in.jsonl -o pairs.jsonl -q")
    assert "both languages are 'zh'" in run("export pairs.jsonl --as alma-r -o out.jsonl", 1)


def loaded(script: str, *words: str) -> Any:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(Path("hf").absolute())}
    done = subprocess.run([str(PYTHON), "-c", script, *words], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class TestDatasets:
    """The library itself reads what is written."""

    pytestmark = loading

    def test_it_loads_the_fields_of_the_published_data(self) -> None:
        example = exported()
        assert loaded(LOAD, json.dumps([sorted(TEXTS), sorted(SCORES | {"Delta"})])) == [example]

    def test_it_loads_pairs_as_a_translation_feature(self) -> None:
        run("export in.jsonl --as alma -o alma.jsonl")
        assert loaded(ALMA) == [{"ca": EL_LLAC, "en": LAKE}, {"ca": EL_RIU, "en": RIVER}]
