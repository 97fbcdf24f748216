"""Sentence encoders in ONNX: what is found in a folder, and the vectors of a tiny one that knows twelve words."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.engines.encoders.onnx import OnnxEncoder
from babelset.errors import ConfigError
from tests.budget import examples

pytestmark = pytest.mark.engine
for needed in ("onnx", "onnxruntime", "tokenizers"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")

MAKE: Callable[..., Path] = runpy.run_path(str(Path(__file__).parents[2] / "models" / "make_tiny_encoder.py"))["make"]
MEAN, CLS, LAST = ({f"pooling_mode_{mode}": True} for mode in ("mean_tokens", "cls_token", "lasttoken"))


def pool(folder: Path, config: object) -> None:
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))


def modules(folder: Path, *names: str) -> None:
    (folder / "modules.json").write_text(
        json.dumps([{"type": f"sentence_transformers.models.{name}"} for name in names])
    )


def likeness(encoder: OnnxEncoder, one: str, other: str) -> float:
    first, second = encoder.encode([one, other])
    return float(first @ second)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return OnnxEncoder.load(str(MAKE(tmp_path_factory.mktemp("encoder"))), 32, 64)


ALIKE = [
    # one text, another, least and most
    ("the library is open", "La biblioteca és oberta", 1, 1),
    ("the library is open", "oberta és La biblioteca", 1, 1),
    ("the library is open", "La biblioteca és tancada", 0.7, 0.9),
    ("the library is open", "nosaltres", 0.1, 0.4),
    ("", "", 1, 1),
    ("", "nosaltres", 0.6, 0.8),
]


@pytest.mark.parametrize(("one", "other", "least", "most"), ALIKE)
def test_what_is_alike(one: str, other: str, least: float, most: float, encoder: OnnxEncoder) -> None:
    assert least - 1e-6 <= likeness(encoder, one, other) <= most + 1e-6


TEXTS = st.lists(
    st.text("theliby \ud800\x00\u0300", max_size=40) | st.sampled_from(["the library", "open " * 99]), max_size=9
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, budget=st.integers(1, 200))
def test_batches_change_no_vector_and_keep_the_order(texts: list[str], budget: int, encoder: OnnxEncoder) -> None:
    import numpy as np

    whole = OnnxEncoder(encoder.folder, encoder.session, encoder.tokenizer, "mean", encoder.output, budget, 32).encode(
        texts
    )
    assert len(whole) == len(texts)
    for text, vector in zip(texts, whole, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-5)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_cut(encoder: OnnxEncoder) -> None:
    assert likeness(encoder, "open " * 31, "open " * 31 + "closed " * 200_000) == pytest.approx(1)


@pytest.mark.parametrize(
    ("pooling", "least", "most"),
    [(None, 0, 0.9), (MEAN, 0, 0.9), ({"pooling_mode": "mean"}, 0, 0.9), (CLS, 1, 1), ({"pooling_mode": "cls"}, 1, 1)],
)  # fmt: skip
def test_pooling_is_as_the_model_says(pooling: object, least: float, most: float, tmp_path: Path) -> None:
    folder = MAKE(tmp_path)
    if pooling:
        pool(folder, pooling)
    found = likeness(OnnxEncoder.load(str(folder), 32, 64), "open", "closed")
    assert least - 1e-6 <= found <= most + 1e-6, "by the first token, which is always [CLS], all texts are alike"


def test_an_embedding_of_the_whole_model_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = MAKE(tmp_path, "sentence_embedding")
    pool(folder, LAST)
    modules(folder, "Transformer", "Pooling", "Dense", "Normalize")
    encoder = OnnxEncoder.load(str(folder), 32, 64)
    assert likeness(encoder, "open the", "oberta we") == pytest.approx(1)
    assert likeness(encoder, "open the", "closed the") == pytest.approx(0)


def test_modules_that_need_no_weights_are_no_trouble(tmp_path: Path) -> None:
    modules(MAKE(tmp_path), "Transformer", "Pooling", "Normalize")
    assert likeness(OnnxEncoder.load(str(tmp_path), 32, 64), "open", "oberta") == pytest.approx(1)


@pytest.mark.parametrize(
    ("feeds", "integers"),
    [
        ("input_ids", "INT64"),
        ("attention_mask input_ids token_type_ids", "INT64"),
        ("input_ids attention_mask", "INT32"),
    ],
)
def test_it_is_fed_what_it_wants(feeds: str, integers: str, tmp_path: Path) -> None:
    encoder = OnnxEncoder.load(str(MAKE(tmp_path, feeds=feeds, integers=integers)), 32, 64)
    assert likeness(encoder, "the library", "la biblioteca") == pytest.approx(1)


def test_the_limit_of_the_model_holds(tmp_path: Path) -> None:
    (MAKE(tmp_path) / "sentence_bert_config.json").write_text('{"max_seq_length": 16}')
    assert OnnxEncoder.load(str(tmp_path), 512, 64).longest == 16


def test_the_graph_may_lie_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (MAKE(tmp_path).parent / tmp_path.name / "onnx").mkdir()
    (tmp_path / "model.onnx").rename(tmp_path / "onnx" / "model.onnx")
    assert likeness(OnnxEncoder.load(str(tmp_path), 32, 64), "open", "oberta") == pytest.approx(1)


def remove(name: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_text(text)


BROKEN: list[tuple[str, dict[str, str], Callable[[Path], Any], str]] = [
    # what is wrong, how the model is made, what is done to it, what is told
    ("no graph", {}, remove("model.onnx"), "has no model.onnx or onnx/model.onnx; export the model: optimum-cli"),
    ("no tokenizer", {}, remove("tokenizer.json"), "has no tokenizer.json; fetch it"),
    ("a damaged graph", {}, write("model.onnx", "PK"), "model.onnx: onnxruntime cannot load it"),
    ("a damaged tokenizer", {}, write("tokenizer.json", "{"), "tokenizer.json: not a tokenizer"),
    (
        "images go in",
        {"feeds": "input_ids pixel_values"},
        lambda folder: None,
        "not a text encoder: it wants pixel_values",
    ),
    ("a classifier", {"output": "logits"}, lambda folder: None, "name a sentence encoder"),
    ("last-token pooling", {}, lambda folder: pool(folder, LAST), "pooling_mode_lasttoken is not covered"),
    ("two poolings", {}, lambda folder: pool(folder, MEAN | CLS), "cls_token, pooling_mode_mean_tokens is not covered"),
    ("no JSON", {}, write("sentence_bert_config.json", "{"), "is not valid JSON"),
    (
        "a dense layer left out",
        {},
        lambda folder: modules(folder, "Transformer", "Pooling", "Dense"),
        "lacks .*Dense of the model",
    ),
    ("modules that are none", {}, write("modules.json", "[1]"), "modules.json: not a list of modules"),
]


@pytest.mark.parametrize(("what", "options", "damage", "told"), BROKEN, ids=[case[0] for case in BROKEN])
def test_what_is_told(
    what: str, options: dict[str, str], damage: Callable[[Path], Any], told: str, tmp_path: Path
) -> None:
    damage(MAKE(tmp_path, **options))
    with pytest.raises(ConfigError, match=told):
        OnnxEncoder.load(str(tmp_path), 32, 64)


@pytest.mark.parametrize(
    ("model", "cure"),
    [
        ("nobody/no-such-encoder", "hf download nobody/no-such-encoder --local-dir no-such-encoder"),
        ("./nowhere/at/all", "check the path"),
    ],
)
def test_a_model_that_is_not_there_is_told(model: str, cure: str) -> None:
    with pytest.raises(ConfigError, match=cure):
        OnnxEncoder.load(model, 32, 64)


def test_a_provider_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"onnxruntime has no AbacusExecutionProvider here; it has .*CPUExecutionProvider"
    ):
        OnnxEncoder.load(str(MAKE(tmp_path)), 32, 64, ["AbacusExecutionProvider"])


def test_more_tokens_than_the_model_takes_are_told(tmp_path: Path) -> None:
    encoder = OnnxEncoder.load(str(MAKE(tmp_path)), 512, 8192)
    with pytest.raises(ConfigError, match="lower max_tokens"):
        encoder.encode(["open " * 500])


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers"])
def test_without_the_extra_the_cure_is_told(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = MAKE(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[embedding\]'"):
        OnnxEncoder.load(str(folder), 32, 64)
