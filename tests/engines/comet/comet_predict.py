"""
What unbabel-comet's own `predict` says of tiny models of every kind. Runs in its environment, without babelset.

    python comet_predict.py FOLDER < rows.json    # writes FOLDER/KIND, and prints {KIND: scores}

FOLDER/encoder holds the encoder's config and tokenizer; a row is {"src", "mt", "ref"}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import comet
import torch
import yaml
from comet.models import str2model

KINDS: dict[str, dict[str, Any]] = {
    "regression_metric": {"hidden_sizes": [16]},
    "referenceless_regression_metric": {"hidden_sizes": [16]},
    "unified_metric": {"hidden_sizes": [16], "input_segments": ["mt", "src", "ref"], "layer_norm": False},
    "xcomet_metric": {"hidden_sizes": [16], "word_layer": 2},
    "ranking_metric": {},
}


def make(folder: Path, kind: str, encoder: Path) -> str:
    """A checkpoint with random weights, as comet would save it."""
    torch.manual_seed(7)
    where = {"encoder_model": "XLM-RoBERTa", "pretrained_model": str(encoder)}
    model = str2model[kind](**where, **KINDS[kind], load_pretrained_weights=False)
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "embeddings" not in name:  # far enough from zero to tell rows apart
            torch.nn.init.normal_(weight, std=1.3 / weight.shape[1] ** 0.5)
    (folder / "checkpoints").mkdir(parents=True)
    settings = {**dict(model.hparams), "class_identifier": kind}
    (folder / "hparams.yaml").write_text(yaml.safe_dump(settings))
    content = {"state_dict": model.state_dict(), "hyper_parameters": settings, "pytorch-lightning_version": "2.0.0"}
    torch.save(content, folder / "checkpoints" / "model.ckpt")
    return str(folder / "checkpoints" / "model.ckpt")


if __name__ == "__main__":
    folder, rows = Path(sys.argv[1]), json.load(sys.stdin)
    scores = {}
    for kind in KINDS:
        model = comet.load_from_checkpoint(make(folder / kind, kind, folder / "encoder"))
        scores[kind] = model.predict(rows, gpus=0, progress_bar=False).scores
    print(json.dumps(scores))
