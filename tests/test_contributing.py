"""The examples in CONTRIBUTING.md are complete and work."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.evidence import outcome_of
from babelset.contracts.export import Export, TranslatedRow
from babelset.contracts.filter import Filter
from babelset.contracts.schema import parse_schema
from babelset.languages import Pair
from babelset.translation.deciding import judge, score

GUIDE = (Path(__file__).resolve().parents[1] / "CONTRIBUTING.md").read_text("utf-8")


def example(heading: str, language: str) -> str:
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, f"no {language} under {heading}"
    return found[1]


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The Python example under a heading, imported."""

    def load(heading: str) -> Any:
        (tmp_path / "contributed.py").write_text(example(heading, "python"), "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "contributed", raising=False)
        return importlib.import_module("contributed")

    return load


@pytest.mark.parametrize("heading", ["Add a translator", "Add a filter", "Add a schema", "Add an export"])
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
def test_filter(module, pair: Pair, source, target, ok):
    question = module("Add a filter").Question()
    assert isinstance(question, Filter)
    outcome = outcome_of({"instruction": target}, evidence("cat_Latn", source))
    with question.open():
        [outcome.marks] = score([question], [outcome])
    [verdict] = judge([question], outcome)
    assert verdict.ok is ok and list(type(question).model_fields) == ["marks"]


def test_export(module, pair: Pair):
    pairs = module("Add an export").Pairs()
    assert isinstance(pairs, Export)
    row = TranslatedRow({"instruction": "Saluda."}, evidence("cat_Latn", "Say hello."), pair.target)
    assert pairs.convert(row).data == {"en": "Say hello.", "ca": "Saluda."}


def test_schema():
    schema = parse_schema("quiz", example("Add a schema", "toml"))
    row = {
        "question": "Why?",
        "answers": [{"text": "So.", "by": "Ada"}, {"text": "x = 1", "by": "code"}],
        "id": 3,
    }
    assert [(field.name, field.role, field.text) for field in schema.fields(row)] == [
        ("question", "instruction", "Why?"),
        ("answers[0].text", "output", "So."),
    ]
