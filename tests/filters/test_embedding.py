"""What is asked of a sentence encoder, and what a row's verdict makes of it; the encoder is a table, and once real."""

from __future__ import annotations

import pickle
import runpy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelset.contracts.filter import Scored, Verdict
from babelset.errors import ConfigError
from babelset.filters import embedding
from babelset.filters.embedding import Embedding
from babelset.languages import Pair, find
from tests.budget import examples
from tests.filters.conftest import scores

Ask = Callable[..., Verdict]
EN, CA, OTHER, OPPOSITE = "The library is open.", "La biblioteca és oberta.", "Plou.", "No."
ANGLES = {EN: 0, CA: 0.1, OTHER: np.pi / 2, OPPOSITE: np.pi}
PAIR = Pair(find("en"), find("ca"))
MAKE = Path(__file__).parents[1] / "models" / "make_tiny_encoder.py"


class Table:
    """Vectors by text, on a circle; what it does not know lies somewhere on it."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.options: list[tuple[Any, ...]] = []

    def __call__(self, *options: Any) -> Table:
        self.options.append(options)
        return self

    def encode(self, texts: Sequence[str]) -> Any:
        self.asked.append(list(texts))
        angles = [ANGLES.get(text, len(text)) for text in texts]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    fake = Table()
    monkeypatch.setattr(embedding, "encoder", fake)
    yield fake


COVERED = [
    # what it shows, source, target, language, the score
    ("a translation", EN, CA, "ca", np.cos(0.1)),
    ("into a language that COMET has not read", EN, CA, "bem", np.cos(0.1)),
    ("something else", EN, OTHER, "ca", 0),
    ("the opposite", EN, OPPOSITE, "ca", -1),
    ("a copy: for others to catch", EN, EN, "ca", 1),
    ("no target", EN, None, "ca", None),
    ("a blank target", EN, " \n", "ca", None),
    ("code alone", "`ls -l`", "`ls -l`", "ca", None),
    ("a number alone", "42.", "42.", "ca", None),
]


@pytest.mark.parametrize(("what", "source", "target", "language", "score"), COVERED, ids=[case[0] for case in COVERED])
def test_what_scores_how_much(
    what: str, source: str, target: str | None, language: str, score: float | None, table: Table, ask: Ask
) -> None:
    verdict = ask(Embedding(model="m"), source, target, language)
    assert verdict.ok and verdict.score == (None if score is None else pytest.approx(score, abs=1e-6))
    assert len(table.asked) == (score is not None)


def test_each_segment_gets_its_score_in_order_and_each_text_is_encoded_once(table: Table) -> None:
    units = [Scored(EN, target, PAIR, field) for field in "xy" for target in (OTHER, CA, None)]
    assert scores(Embedding(model="m"), units) == [pytest.approx(0, abs=1e-6), pytest.approx(np.cos(0.1)), None] * 2
    assert table.asked == [[EN, OTHER, CA]]


def test_nothing_to_score_loads_no_model(table: Table) -> None:
    assert scores(Embedding(model="m"), [Scored(EN, None, PAIR)]) == [None] and scores(Embedding(model="m"), []) == []
    assert table.options == []


def test_the_row_must_reach_what_is_demanded(table: Table, ask: Ask) -> None:
    check = Embedding(model="m", least=0.5)
    assert ask(check, EN, CA, "ca").ok
    verdict = ask(check, EN, OPPOSITE, "ca")
    assert not verdict.ok and verdict.reason == "output[0]: scores -1.00, the row -1.00, below 0.50: 'No.'"
    assert ask(Embedding(model="m"), EN, OPPOSITE, "ca").ok, "without a threshold it only scores"


def test_its_options_reach_the_model(table: Table, ask: Ask) -> None:
    ask(Embedding(model="m", max_tokens=99, batch_tokens=7, providers=("CPUExecutionProvider",)), EN, CA, "ca")
    assert table.options == [("m", 99, 7, ("CPUExecutionProvider",))]


def test_a_model_that_is_not_there_is_told(tmp_path: Path, ask: Ask) -> None:
    with pytest.raises(ConfigError, match=r"has no model\.onnx"):
        ask(Embedding(model=str(tmp_path)), EN, CA, "ca")


def test_it_chooses_among_translations_and_can_be_pickled() -> None:
    check = Embedding(model="m", least=0.6)
    assert check.quality and check.unit == "segment"
    assert pickle.loads(pickle.dumps(check)) == check
    assert dict(check).keys() == Embedding.model_fields.keys()


@pytest.mark.parametrize(
    "options",
    [{}, {"model": ""}, {"model": "m", "max_tokens": 2}, {"model": "m", "least": -1}, {"model": "m", "device": "cuda"}],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Embedding(**options)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(st.text(max_size=60) | st.just("\ud800 a"), st.none() | st.text(max_size=60)), max_size=5)
)
def test_any_text_gets_one_score_in_range(pairs: list[tuple[str, str | None]], table: Table) -> None:
    found = scores(Embedding(model="m"), [Scored(source, target, PAIR) for source, target in pairs])
    assert len(found) == len(pairs)
    assert all(score is None or -1 <= score <= 1 for score in found)


@pytest.mark.engine
def test_a_real_encoder_tells_a_translation_from_another_sentence(tmp_path: Path) -> None:
    for needed in ("onnx", "onnxruntime", "tokenizers"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    folder = runpy.run_path(str(MAKE))["make"](tmp_path)
    targets = ["la biblioteca és oberta", "la biblioteca és tancada", "nosaltres"]
    units = [Scored("the library is open", target, PAIR) for target in targets]
    first, second, third = (score or 0.0 for score in scores(Embedding(model=str(folder)), units))
    assert first == pytest.approx(1) and first > second > third > 0
