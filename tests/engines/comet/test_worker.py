"""The worker's own parts, and the real unbabel-comet against its own `predict` and the native scorer."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.comet import environment, worker
from babelset.engines.comet.process import CometProcess, Triple
from babelset.errors import ConfigError

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "models"


class Model:
    """A token a letter, and two around each text."""

    def __init__(self, segments: list[str] | None, required: bool = False) -> None:
        self.hparams = {"input_segments": segments} if segments else {}
        self.requires_references = lambda: required
        self.encoder = SimpleNamespace(tokenizer=self.tokenize, max_positions=20)

    def tokenize(self, texts: list[str], **options: Any) -> dict[str, list[list[int]]]:
        return {"input_ids": [[0, *map(ord, text), 2] for text in texts]}


def scorer(segments: list[str] | None = None, required: bool = False, device: str = "cpu") -> worker.Scorer:
    return worker.Scorer(Model(segments, required), device, 0)


@pytest.mark.parametrize(
    ("segments", "required", "references"),
    [
        (["mt", "src"], False, "none"),
        (["mt", "src", "ref"], False, "optional"),
        (["mt", "ref"], True, "required"),
        (None, True, "required"),
        (None, False, "none"),
    ],
)
def test_what_a_model_reads(segments: list[str] | None, required: bool, references: str) -> None:
    assert scorer(segments, required).references == references


@given(lengths=st.lists(st.integers(0, 20), max_size=20), budget=st.integers(1, 100))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    plan = scorer().plan([{"src": "x" * length, "mt": ""} for length in lengths], budget)
    assert sorted(place for group in plan for place in group) == list(range(len(lengths)))
    for group in plan:
        assert len(group) == 1 or len(group) * max(lengths[place] + 4 for place in group) <= budget
    order = [lengths[place] for group in plan for place in group]
    assert order == sorted(order, reverse=True)


@pytest.mark.parametrize(
    ("source", "target", "joint", "cut"),
    [(16, 0, False, False), (17, 0, False, True), (16, 16, False, False), (8, 8, True, False), (8, 9, True, True)],
)
def test_a_row_that_the_model_sees_only_a_part_of_is_told(source: int, target: int, joint: bool, cut: bool) -> None:
    [lengths] = scorer(["mt", "src"] if joint else None)._lengths([{"src": "x" * source, "mt": "y" * target}])
    assert scorer(["mt", "src"] if joint else None)._cut(lengths) is cut


def test_batches_are_larger_on_a_gpu() -> None:
    assert scorer(device="cuda:1").batch_tokens > scorer().batch_tokens


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "oom"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "oom"),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA"), "oom"),
        (ValueError("a\n  b"), "ValueError: a b"),
        (worker.Unusable("it has no hparams.yaml"), "it has no hparams.yaml"),
    ],
)
def test_errors_in_one_line(error: Exception, text: str) -> None:
    assert worker.said(error) == text


@pytest.fixture(scope="module")
def comet_python() -> Iterator[str]:
    """The interpreter of an environment with the real unbabel-comet."""
    try:
        beside = Path(sys.prefix, "comet")  # where `make test-engines` puts it
        found = os.environ.get("BABELSET_COMET_PYTHON") or environment.TOOL.python(beside if beside.is_dir() else None)
    except ConfigError:
        pytest.skip("unbabel-comet has no environment: `babelset setup comet` makes it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # more threads wait for each other in loops where cores are shared
        yield found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return runpy.run_path(str(MODELS / "make_tiny_comet.py"))["make"](tmp_path_factory.mktemp("comet"))


@pytest.mark.engine
def test_scores_are_those_of_predict_and_of_the_native_scorer_even_after_its_death(
    comet_python: str, tiny: Path
) -> None:
    from babelset.engines.comet.kiwi import Kiwi

    reference = json.loads((HERE / "reference.json").read_text("utf-8"))
    pairs = [(source, target) for source, target in reference["pairs"]]
    with CometProcess(comet_python, str(tiny), "cpu") as comet:
        assert comet.hello().versions["unbabel-comet"] == reference["unbabel-comet"]
        first = comet.score([Triple(*pair) for pair in pairs[:100]])
        assert comet._channel
        os.kill(comet._channel.pid, signal.SIGKILL)
        scores = [mark.score for mark in [*first, *comet.score([Triple(*pair) for pair in pairs[100:]])]]
    assert scores == pytest.approx(reference["scores"]["sparsemax"], abs=1e-5)
    native = Kiwi.load(str(tiny), "cpu", "fp32").score(pairs)
    assert scores == pytest.approx(native, abs=1e-3)


@pytest.mark.engine
def test_every_kind_of_model_scores_as_its_own_predict(comet_python: str, tiny: Path) -> None:
    texts = json.loads((HERE / "reference.json").read_text("utf-8"))["pairs"][:40]
    triples = [Triple(*pair, ref=other[1]) for pair, other in zip(texts, texts[1:] + texts[:1], strict=True)]
    predicted = subprocess.run(
        [comet_python, "-I", str(HERE / "comet_predict.py"), str(tiny)],
        input=json.dumps([row._asdict() for row in triples]).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        check=True,
    )
    for kind, expected in json.loads(predicted.stdout).items():
        with CometProcess(comet_python, str(tiny / kind), "cpu", 100) as comet:
            reads = comet.hello().references != "none"
            found = comet.score(triples if reads else [row._replace(ref=None) for row in triples])
        assert [mark.score for mark in found] == pytest.approx(expected, abs=1e-3), kind
        assert max(expected) - min(expected) > 0.1, "these rows can be told apart"


@pytest.mark.engine
def test_what_a_model_lacks_is_told(comet_python: str, tmp_path: Path) -> None:
    for model, message in [
        (str(tmp_path), "it has no hparams.yaml"),
        ("./nowhere", "no such folder"),
        ("nobody/nothing", "Allow the download with download=true"),
    ]:
        with pytest.raises(ConfigError, match=message):
            CometProcess(comet_python, model).hello()
