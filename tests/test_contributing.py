"""The examples in CONTRIBUTING.md are complete and work."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from babelset.evidence import outcome_of
from babelset.filter import Filter, Scored
from babelset.languages import Pair
from babelset.recipe import Recipe, TranslatedRow

GUIDE = (Path(__file__).resolve().parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def example(heading: str, language: str) -> str:
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, f"no {language} under {heading}"
    return found[1]


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    return names


@pytest.mark.parametrize("heading", ["Add a translator", "Add a filter", "Add a schema", "Add a recipe"])
def test_entry_points_are_toml(heading):
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert all(tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", section, re.DOTALL))


def evidence(target: str, english: str) -> dict[str, Any]:
    return {
        "row": 0, "file": "a.json", "line": 1, "status": "accepted", "schema": "alpaca", "source": "eng_Latn",
        "target": target, "translator": "t", "segments": [], "scores": {}, "verdicts": [],
        "fields": [{"path": ["instruction"], "role": "instruction", "source": english, "keeps": []}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "source, target, ok",
    [
        ("Why?", "Per què?", True),
        ("Why?", "Per què.", False),
        ("Why.", "Per què.", True),
        ("Why?", None, True),
    ],
)
def test_filter(pair: Pair, source, target, ok):
    question = run(example("Add a filter", "python"))["Question"]()
    assert isinstance(question, Filter)
    scores = question.score([Scored(source, target, pair, "instruction")])
    outcome = outcome_of({"instruction": target}, evidence("cat_Latn", source))
    assert question.judge(outcome, scores).ok is ok


def test_recipe(pair: Pair):
    pairs = run(example("Add a recipe", "python"))["Pairs"]()
    assert isinstance(pairs, Recipe)
    row = TranslatedRow({"instruction": "Saluda."}, evidence("cat_Latn", "Say hello."), pair.target)
    assert pairs.convert(row).data == {"en": "Say hello.", "ca": "Saluda."}
