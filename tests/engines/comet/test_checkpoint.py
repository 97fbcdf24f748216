"""Which checkpoints are taken, with which settings, and what is said of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from babelset.engines.comet.checkpoint import Checkpoint, effective, locate
from babelset.errors import ConfigError

WHERE = Path("kiwi/hparams.yaml")
KIWI: dict[str, Any] = {  # wmt22-cometkiwi-da, and what differs in the others
    "activations": "Tanh",
    "class_identifier": "unified_metric",
    "encoder_model": "XLM-RoBERTa",
    "final_activation": None,
    "hidden_sizes": [3072, 1024],
    "input_segments": ["mt", "src"],
    "layer": "mix",
    "layer_norm": False,
    "layer_transformation": "sparsemax_patch",
    "loss_lambda": 0.65,
    "pool": "avg",
    "pretrained_model": "microsoft/infoxlm-large",
    "sent_layer": "mix",
    "word_layer": 24,
    "word_level_training": False,
}
XL = {"encoder_model": "XLM-RoBERTa-XL", "pretrained_model": "facebook/xlm-roberta-xl", "hidden_sizes": [2560, 1280]}

TAKEN = [
    # what it shows, hparams.yaml, stored with the weights, setting, what it is
    ("the patch means softmax", {}, {}, "layer_transformation", "softmax"),
    ("the patch wins over the weights", {}, {"layer_transformation": "sparsemax"}, "layer_transformation", "softmax"),
    ("sparsemax is sparsemax", {"layer_transformation": "sparsemax"}, {}, "layer_transformation", "sparsemax"),
    ("the weights know better", {"sent_layer": 3}, {"sent_layer": "mix"}, "sent_layer", "mix"),
    ("but for the encoder's place", {"pretrained_model": "here"}, {"pretrained_model": "x/y"}, "pretrained_model", "here"),
    ("which they tell if no one else does", {"pretrained_model": None}, {"pretrained_model": "x/y"}, "pretrained_model", "x/y"),
    ("the class is written only", {}, {"class_identifier": None}, "class_identifier", "unified_metric"),
    ("XL", XL, {}, "encoder_model", "XLM-RoBERTa-XL"),
    ("XXL", {**XL, "hidden_sizes": [4096, 2048]}, {}, "hidden_sizes", (4096, 2048)),
    ("one layer", {"sent_layer": 17}, {}, "sent_layer", 17),
    ("what is not set has unbabel-comet's default", {"activations": None}, {}, "activations", "Tanh"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "written", "stored", "name", "value"), TAKEN, ids=[case[0] for case in TAKEN])
def test_settings_that_are_covered(
    what: str, written: dict[str, Any], stored: dict[str, Any], name: str, value: object
) -> None:
    assert getattr(effective(KIWI | written, stored, WHERE), name) == value


REFUSED = [
    ("class_identifier", "regression_metric"),
    ("class_identifier", "xcomet_metric"),
    ("class_identifier", None),
    ("encoder_model", "BERT"),
    ("encoder_model", "RemBERT"),
    ("encoder_model", "MiniLM"),
    ("sent_layer", "max"),
    ("layer_transformation", "entmax"),
    ("layer_norm", True),
    ("layer_norm", None),  # unbabel-comet's default is True
    ("activations", "ReLU"),
    ("final_activation", "Softplus"),
    ("hidden_sizes", "many"),
    ("input_segments", ["mt", "src", "ref"]),
    ("input_segments", ["src", "mt"]),
    ("input_segments", ["mt", "ref"]),
    ("input_segments", None),
    ("word_level_training", True),
]


DECISIVE = [case for case in REFUSED if case[0] != "class_identifier" and case[1] is not None]  # if stored, too


@pytest.mark.parametrize(
    ("name", "value", "stored"), [(*case, False) for case in REFUSED] + [(*case, True) for case in DECISIVE]
)
def test_settings_that_are_not_covered_are_named(name: str, value: object, stored: bool) -> None:
    plain, changes = KIWI | {"layer_transformation": "sparsemax"}, {name: value}
    with pytest.raises(ConfigError, match=rf"kiwi/hparams\.yaml: not covered: {name}: .*use comet-score"):
        effective(plain | ({} if stored else changes), changes if stored else {}, WHERE)


MISSING = [
    # what there is, what is said
    ([], "has no hparams.yaml"),
    (["hparams.yaml"], "has no checkpoints/model.ckpt"),
    (["checkpoints/model.ckpt"], "has no hparams.yaml"),
]


@pytest.mark.parametrize(("there", "message"), MISSING)
def test_a_part_that_is_missing_is_named(there: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for name in there:
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=message):
        Checkpoint.open(str(tmp_path))


@pytest.mark.parametrize("model", ["./kiwi", "~/kiwi", "a/b/c", "/nowhere/kiwi", "", "unbabel/"])
def test_what_is_neither_a_folder_nor_a_hub_id_is_told(model: str) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        locate(model, ("hparams.yaml",), download=True)


def test_a_model_that_is_not_on_this_machine_comes_with_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError) as told:
        locate("Unbabel/nothing", ("hparams.yaml", "checkpoints/model.ckpt"), download=False)
    for part in (
        "download=true",
        "hf download Unbabel/nothing hparams.yaml checkpoints/model.ckpt",
        "https://huggingface.co/Unbabel/nothing",
    ):
        assert part in str(told.value)


@pytest.mark.parametrize("download", [False, True])
def test_only_what_is_needed_is_fetched_and_only_if_allowed(
    download: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def snapshot(model: str, **options: Any) -> str:
        asked.append((model, options))
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    assert locate("Unbabel/kiwi", ("hparams.yaml",), download) == tmp_path
    assert asked == [("Unbabel/kiwi", {"allow_patterns": ["hparams.yaml"], "local_files_only": not download})]
