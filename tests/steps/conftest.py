"""A step at work on rows in memory, and a translator that is a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.contracts.step import Made, RowStep, Running, Stage, StepOutcome, StepRow
from babelset.contracts.translator import Failure
from babelset.files.row import Row
from babelset.steps.alignment.words import tokens
from babelset.steps.running import step_row

# Word for word; two English words share a target, one is an article, and some have none.
WORDS = {
    "the": "la", "old": "vella", "ancient": "vella", "house": "casa", "bridge": "pont", "river": "riu", "green": "verd",
    "stands": "es troba", "behind": "darrere", "garden": "jardí", "people": "gent", "bread": "pa", "water": "aigua",
    "prague": "praga", "africa": "àfrica", "name": "nom", "where": "on", "town": "poble", "crosses": "travessa",
}  # fmt: skip


def word_for_word(text: str) -> str | Failure:
    """`word_for_word("The old house")` -> "La vella casa"; a text with "unspeakable" has no translation."""
    if "unspeakable" in text:
        return Failure("it was told not to")
    out, at = [], 0
    for start, end in tokens(text):
        word = text[start:end]
        new = WORDS.get(word.lower(), word)
        out += [text[at:start], new.capitalize() if word[:1].isupper() else new]
        at = end
    return "".join([*out, text[at:]])


@pytest.fixture
def dictionary(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The translator of every step; its only scheme is "letters"."""
    fake = scripted(word_for_word, schemes=("letters",))
    monkeypatch.setattr(Engine, "make", lambda self: fake)
    for module in ("means", "aligning"):
        monkeypatch.setattr(f"babelset.steps.alignment.{module}.choose", lambda pair: Chosen)
    return fake


class Chosen:
    engine = Engine(name="dictionary")


Work = Callable[..., list[StepOutcome]]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """What a step makes of rows: an outcome each."""

    def outcomes(step: RowStep, rows: Sequence[Mapping[str, Any]], **stage: Any) -> list[StepOutcome]:
        known = {"source": "eng_Latn", "target": "cat_Latn", "name": "step", **stage}
        read = [step_row(Row(number, "rows.jsonl", number + 1, dict(row))) for number, row in enumerate(rows)]
        running = Running(Stage((), "", **known), known["target"], lambda: iter(read), tmp_path)
        with step.open(running) as do:
            batch: list[StepRow] = list(step.stream(running, iter(read)))
            return list(do(batch))

    return outcomes


def made(outcome: StepOutcome) -> dict[str, Any]:
    """The one row of an outcome."""
    assert isinstance(outcome, Made), outcome
    [row] = outcome.rows
    return row
