"""The forward pass against unbabel-comet's own scores, and checkpoints that are damaged; torch and transformers."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import correlation
from typing import Any

import pytest

from babelset.engines.comet import linear
from babelset.engines.comet.checkpoint import Checkpoint
from babelset.engines.comet.kiwi import Kiwi
from babelset.engines.comet.linear import form_of
from babelset.engines.comet.network import Network, devices, sparsemax
from babelset.errors import ConfigError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.engine

vnni = pytest.mark.skipif(not torch.cpu._is_vnni_supported(), reason="this processor has no VNNI: int8 is refused")
HERE = Path(__file__).parent
MAKE = runpy.run_path(str(HERE.parents[1] / "models" / "make_tiny_comet.py"))
REFERENCE = json.loads((HERE / "reference.json").read_text(encoding="utf-8"))
PAIRS = [(source, target) for source, target in REFERENCE["pairs"]]
Make = Callable[..., str]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return lambda **changes: str(MAKE["make"](tmp_path_factory.mktemp("kiwi"), **changes))


@pytest.fixture(scope="module")
def tiny(make: Make) -> str:
    return make()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices this small are slower on many cores, the more so when tests run side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def apart(scores: list[float], kind: str) -> float:
    return max(abs(one - other) for one, other in zip(scores, REFERENCE["scores"][kind], strict=True))


@pytest.mark.parametrize("kind", REFERENCE["scores"])
def test_scores_are_those_of_unbabel_comet(kind: str, make: Make) -> None:
    kiwi = Kiwi.load(make(**REFERENCE["settings"][kind]), "cpu", "fp32")
    assert apart(kiwi.score(PAIRS), kind) < 1e-5


@pytest.mark.parametrize("kind", REFERENCE["scores"])
def test_what_auto_means_ranks_as_unbabel_comet(kind: str, make: Make) -> None:
    scores = Kiwi.load(make(**REFERENCE["settings"][kind]), "cpu").score(PAIRS)
    assert correlation(ranks(scores), ranks(REFERENCE["scores"][kind])) > 0.999


def ranks(scores: list[float]) -> list[int]:
    order = sorted(range(len(scores)), key=scores.__getitem__)
    return sorted(range(len(scores)), key=order.__getitem__)


def test_the_reference_tells_the_kinds_apart() -> None:
    others = [kind for kind in REFERENCE["scores"] if kind not in ("softmax", "sparsemax_patch")]
    for kind in others:
        assert all(apart(REFERENCE["scores"][kind], other) > 0.02 for other in REFERENCE["scores"] if other != kind)
    assert apart(REFERENCE["scores"]["softmax"], "sparsemax_patch") == 0


DTYPES = ["fp32", "fp16", "bf16", pytest.param("int8", marks=vnni)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_tokens", [1, 200, 100_000])
def test_the_layout_of_batches_does_not_change_a_score(batch_tokens: int, dtype: Any, tiny: str) -> None:
    scores = Kiwi.load(tiny, "cpu", dtype, batch_tokens=batch_tokens).score(PAIRS[:40])
    alike = 1e-5 if dtype == "fp32" else 1e-3  # where the last digit decides how another one is rounded
    assert scores == pytest.approx(Kiwi.load(tiny, "cpu", dtype).score(PAIRS[:40]), abs=alike)


# far more than of the released models, whose weights are smaller; a wrong cast would be off by the scores' spread
MOST = {"fp32": 1e-5, "fp16": 2e-3, "bf16": 1e-2, "int8": 3e-2}


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_dtypes_are_near(dtype: Any, tiny: str) -> None:
    assert apart(Kiwi.load(tiny, "cpu", dtype).score(PAIRS), "sparsemax") < MOST[dtype]


class Lacking:
    """torch.ops.mkldnn or another library, as it would be without one of its functions."""

    def __init__(self, library: Any, name: str) -> None:
        self._library, self._name = library, name

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            raise AttributeError(name)
        return getattr(self._library, name)


@pytest.mark.parametrize(("library", "name"), linear.PRIVATE)
@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_where_torch_has_lost_a_private_function_the_public_ones_give_the_same_scores(
    library: str, name: str, dtype: Any, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Kiwi.load(tiny, "cpu", dtype).score(PAIRS)
    monkeypatch.setattr(torch.ops, library, Lacking(getattr(torch.ops, library), name))
    assert Kiwi.load(tiny, "cpu", dtype).score(PAIRS) == pytest.approx(own, abs=MOST[dtype])
    assert form_of("auto", "cpu") == "fp32"
    with pytest.raises(ConfigError, match="int8 needs"):
        form_of("int8", "cpu")


def test_a_torch_that_cannot_tell_of_the_processor_multiplies_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_vnni_supported"):
        monkeypatch.delattr(torch.cpu, name)
    assert form_of("auto", "cpu") == "fp32"
    with pytest.raises(ConfigError, match="int8 needs"):
        form_of("int8", "cpu")


CHOICES = [
    # dtype, device, oneDNN, multiplies bf16, VNNI, what it means
    ("auto", "cuda:0", True, True, True, "fp16"),
    ("auto", "cpu", True, True, True, "bf16"),
    ("auto", "cpu", True, False, True, "fp32"),
    ("auto", "cpu", False, True, True, "fp32"),
    ("fp16", "cpu", True, True, True, "fp16"),
    ("bf16", "cuda:1", False, False, False, "bf16"),
    ("int8", "cpu", True, False, True, "int8"),
    ("int8", "cpu", True, True, False, "needs an x86 processor with VNNI"),
    ("int8", "cpu", False, True, True, "and torch with oneDNN: use fp32"),
    ("int8", "cuda:0", True, True, True, "dtype=int8 works on the CPU only, not on cuda:0"),
]


@pytest.mark.parametrize(("dtype", "device", "onednn", "bf16", "vnni", "meaning"), CHOICES)
def test_the_form_of_a_dtype(
    dtype: Any, device: str, onednn: bool, bf16: bool, vnni: bool, meaning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "_has_onednn", lambda: onednn)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: bf16, raising=False)
    monkeypatch.setattr("torch.cpu._is_vnni_supported", lambda: vnni)
    if " " not in meaning:
        assert form_of(dtype, device) == meaning
        return
    with pytest.raises(ConfigError, match=meaning):
        form_of(dtype, device)


@pytest.mark.parametrize("layer", range(4))
def test_layers_that_nobody_looks_at_are_not_computed(layer: int, make: Make) -> None:
    network = Network.build(Checkpoint.open(make(sent_layer=layer)), "cpu", "fp32")
    assert len(network.encoder.layers) == layer and len(network([[0, 5, 2, 2, 9, 2], [0, 2, 2, 2]])) == 2


def test_a_score_leaves_torch_with_the_threads_it_had(tiny: str) -> None:
    kiwi = replace(Kiwi.load(tiny, "cpu"), threads=3)
    with ThreadPoolExecutor(1) as pool:
        before = torch.get_num_threads(), pool.submit(torch.get_num_threads).result()
    assert kiwi.score(PAIRS[:4])
    with ThreadPoolExecutor(1) as pool:
        assert (torch.get_num_threads(), pool.submit(torch.get_num_threads).result()) == before


def test_the_sequence_is_the_translation_and_then_the_source(tiny: str) -> None:
    tokens = Kiwi.load(tiny, "cpu").tokens
    [[row], [other]] = tokens.sequences([("a", "b"), ("b", "a")])
    assert row[0] == 0 and row[-1] == 2 and row[(middle := row.index(2)) : middle + 2] == [2, 2]
    assert row[1:middle] == other[middle + 2 : -1]


def test_a_text_too_long_is_scored_in_parts_at_sentence_ends(tiny: str) -> None:
    kiwi = Kiwi.load(tiny, "cpu")
    source, target = "The library is open. " * 20, "La biblioteca és oberta. " * 20
    [rating] = kiwi.rate([(source, target)])
    [rows] = kiwi.tokens.sequences([(source, target)])
    assert rating.parts == len(rows) > 1 and max(map(len, rows)) <= 256
    assert all(row[-2] in kiwi.tokens._ends for row in rows)
    assert abs(rating.score - kiwi.score([(source[: 21 * 5 - 1], target[: 25 * 5 - 1])])[0]) < 0.1


HOSTILE = ["\ud800", "a\udfffb", "\x00\x1b[31m", "</s></s>", "<pad>" * 50, " ", "\u202e", "a\u0301" * 500, "x" * 20_000]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_gets_a_score(text: str, tiny: str) -> None:
    assert len(Kiwi.load(tiny, "cpu").score([(text, "Hola."), ("Hello.", text)])) == 2


SPARSE = [
    ([0.0, 0.0], [0.5, 0.5]),
    ([3.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
    ([1.0, 0.8, -1.0], [0.6, 0.4, 0.0]),
    ([-5.0, -5.5, -4.9], [0.45, 0.0, 0.55]),
    ([7.0], [1.0]),
]


@pytest.mark.parametrize(("weights", "shares"), SPARSE)
def test_sparsemax(weights: list[float], shares: list[float]) -> None:
    assert sparsemax(torch.tensor(weights)).tolist() == pytest.approx(shares)


def changed(folder: str, change: Callable[[dict[str, Any]], object]) -> str:
    path = Path(folder) / "checkpoints" / "model.ckpt"
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    return folder


def gone(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["state_dict"].pop(name)


def resized(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["state_dict"].update({name: torch.zeros(3)})


DAMAGED = [
    (gone("encoder.model.embeddings.LayerNorm.bias"), "weight encoder.model.embeddings.LayerNorm.bias is missing"),
    (gone("estimator.ff.3.weight"), "the weight estimator.ff.3.weight is missing"),
    (gone("layerwise_attention.gamma"), "layerwise_attention.gamma is missing"),
    (gone("layerwise_attention.scalar_parameters.3"), "scalar_parameters.3 is missing"),
    (resized("estimator.ff.0.bias"), r"ff.0.bias has the shape \(3,\), not \(32,\)"),
    (resized("encoder.model.encoder.layer.1.output.dense.weight"), r"has the shape \(3,\), not \(64, 128\)"),
    (lambda content: content.pop("state_dict"), "holds no state_dict"),
    (lambda content: content["hyper_parameters"].update(layer_norm=True), "not covered: layer_norm: True"),
    (lambda content: content["hyper_parameters"].update(sent_layer=4), "sent_layer: 4, but the encoder has 3 layers"),
]


@pytest.mark.parametrize(("change", "message"), DAMAGED, ids=[case[1][-24:] for case in DAMAGED])
def test_weights_that_do_not_fit_are_told(change: Callable[[dict[str, Any]], object], message: str, make: Make) -> None:
    with pytest.raises(ConfigError, match=message):
        Kiwi.load(changed(make(), change), "cpu")


def test_weights_that_only_train_are_left_out(make: Make) -> None:
    extra = {
        "encoder.model.embeddings.position_ids": torch.arange(9),
        "encoder.model.pooler.dense.bias": torch.zeros(3),
    }
    folder = changed(make(), lambda content: content["state_dict"].update(extra))
    assert apart(Kiwi.load(folder, "cpu", "fp32").score(PAIRS), "sparsemax") < 1e-5


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path("bang").touch, ()


WRITTEN = [
    ("hparams.yaml", b"a: [", "not valid YAML"),
    ("hparams.yaml", b"- 1", "holds no settings"),
    ("hparams.yaml", b"\xff\xfe\x00", "not valid YAML"),
    ("hparams.yaml", b"a: !!python/object/apply:os.getcwd []", "not valid YAML"),
    ("checkpoints/model.ckpt", b"version https://git-lfs.github.com/spec/v1\n", "cannot be read"),
    ("checkpoints/model.ckpt", b"", "cannot be read"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRITTEN)
def test_damaged_files_are_told(name: str, content: bytes, message: str, make: Make) -> None:
    folder = make()
    (Path(folder) / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        Checkpoint.open(folder)


def test_a_checkpoint_cannot_run_code(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = changed(make(), lambda content: content.update(callbacks=Bomb()))
    with pytest.raises(ConfigError, match="cannot be read"):
        Checkpoint.open(folder)
    assert not list(tmp_path.iterdir())


ENCODERS = [
    # pretrained_model, what to take away from the encoder's folder, what is said
    (
        "nobody/nothing",
        "",
        r"pretrained_model: nobody/nothing: no such folder.*hf download nobody/nothing config\.json",
    ),
    (None, "config.json", "has no config.json"),
    (None, "sentencepiece.bpe.model", "has no tokenizer"),
]


@pytest.mark.parametrize(("name", "gone", "message"), ENCODERS)
def test_an_encoder_that_is_not_there_is_told(
    name: str | None, gone: str, message: str, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    folder = make(**({"pretrained_model": name} if name else {}))
    if gone:
        (Path(folder) / "encoder" / gone).unlink()
    with pytest.raises(ConfigError, match=message):
        Checkpoint.open(folder)


def test_an_encoder_of_another_kind_is_told(make: Make) -> None:
    folder = make()
    config = Path(folder) / "encoder" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"hidden_act": "relu"}))
    with pytest.raises(ConfigError, match=r"config\.json: not covered: hidden_act: 'relu'"):
        Kiwi.load(folder, "cpu")


def test_the_encoder_may_lie_beside_the_weights(make: Make) -> None:
    kiwi = Kiwi.load(make(pretrained_model="encoder"), "cpu", "fp32")
    assert apart(kiwi.score(PAIRS), "sparsemax") < 1e-5


@pytest.mark.parametrize("wanted", ["cuda:99", "cuda:0,99"])
def test_a_device_that_is_not_there_is_told(wanted: str) -> None:
    with pytest.raises(ConfigError, match=r"torch sees \d+ CUDA devices"):
        devices(wanted)
    assert devices("cpu") == ["cpu"]


@pytest.mark.parametrize("most", [1, 3, 8])
def test_a_batch_that_does_not_fit_is_halved(most: int, tiny: str) -> None:
    network = Network.build(Checkpoint.open(tiny), "cpu", "fp32")
    encoder, rows = network.encoder, [[0, 5 + row, 2, 2, 9, 2] for row in range(20)]
    expected = network(rows)

    def narrow(rows: Any) -> Any:
        if len(rows) > most:
            raise torch.OutOfMemoryError
        return encoder(rows)

    assert replace(network, encoder=narrow)(rows) == pytest.approx(expected, abs=1e-6)


def test_a_row_that_does_not_fit_is_told(tiny: str) -> None:
    def full(rows: Any) -> Any:
        raise torch.OutOfMemoryError

    network = replace(Network.build(Checkpoint.open(tiny), "cpu"), encoder=full)
    with pytest.raises(ConfigError, match="cpu has no memory left for CometKiwi"):
        network([[0, 5, 2]])
