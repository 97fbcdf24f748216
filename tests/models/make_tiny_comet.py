"""
Build a CometKiwi checkpoint that needs no training: XLM-RoBERTa of 64 dimensions and random weights, always the same.

    pip install torch numpy pyyaml sentencepiece
    python tests/models/make_tiny_comet.py FOLDER    # 600 kB, less than a second
    python tests/models/make_tiny_comet.py --vocabulary    # writes tests/models/tiny-comet.spm again

The files are those of a release of Unbabel: FOLDER/hparams.yaml, FOLDER/checkpoints/model.ckpt, and in
FOLDER/encoder what the release leaves to the hub: config.json and the SentencePiece model. The weights have the names
of the release; each is drawn from NumPy's frozen Mersenne Twister, seeded with its name, so that no version of any
library changes them. The weights are far from zero: a wrong layer, token or transformation shows in the score.
"""

from __future__ import annotations

import io
import json
import sys
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY = Path(__file__).resolve().parent / "tiny-comet.spm"
PIECES = 600
PLAIN, XL = "XLM-RoBERTa", "XLM-RoBERTa-XL"


@dataclass(frozen=True)
class Size:
    """`Size(1024, 4096, 24, 16, 512)` is XLM-RoBERTa large."""

    hidden: int
    inner: int
    layers: int
    heads: int
    longest: int


TINY = Size(hidden=64, inner=128, layers=3, heads=4, longest=256)
RELEASED: dict[str, Any] = {
    "activations": "Tanh",
    "batch_size": 4,
    "class_identifier": "unified_metric",
    "dropout": 0.1,
    "encoder_model": PLAIN,
    "final_activation": None,
    "hidden_sizes": [32, 16],
    "input_segments": ["mt", "src"],
    "keep_embeddings_frozen": True,
    "layer_norm": False,
    "layer_transformation": "sparsemax",
    "nr_frozen_epochs": 0.3,
    "sent_layer": "mix",
    "word_layer": TINY.layers,
    "word_level_training": False,
}
# What SentencePiece normalises, in the way of XLM-R's NFKC but small: full width, a ligature, an ellipsis, a hair space
RULES = {
    "Ａ": "A",
    "ｂ": "b",
    "１": "1",
    "ﬁ": "fi",
    "…": "...",
    "\u200a": " ",
    "\u00a0": " ",
    "\t": " ",
    "\n": " ",
    "\r": " ",
}
SENTENCES = """
The library is open every day of the week except Sunday, and children may borrow books for free.
Write three sentences about the history of your village, and say who lived there first.
How many apples are left when you eat two of the seven that your sister has bought?
La biblioteca és oberta cada dia de la setmana excepte el diumenge, i els infants poden agafar llibres de franc.
Escriu tres frases sobre la història del teu poble, i digues qui hi va viure primer.
La biblioteca está abierta todos los días de la semana, y los niños pueden tomar libros gratis.
Die Bibliothek ist jeden Tag außer Sonntag geöffnet, und Kinder dürfen Bücher kostenlos ausleihen.
Библиотека открыта каждый день, кроме воскресенья, и дети могут брать книги бесплатно.
المكتبة مفتوحة كل أيام الأسبوع ما عدا يوم الأحد.
图书馆除星期日外每天开放，儿童可以免费借书。
पुस्तकालय रविवार को छोड़कर हर दिन खुला रहता है।
""".strip().splitlines()


def pieces() -> bytes:
    """A unigram model like XLM-R's, with the small table of normalisation."""
    from sentencepiece import SentencePieceTrainer

    model, rules = io.BytesIO(), VOCABULARY.with_suffix(".tsv")
    lines = [
        f"{' '.join(f'{ord(c):04X}' for c in old)}\t{' '.join(f'{ord(c):04X}' for c in new)}"
        for old, new in RULES.items()
    ]
    rules.write_text("\n".join(lines) + "\n", encoding="utf-8")
    SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 4),
        model_writer=model,
        model_type="unigram",
        vocab_size=PIECES,
        hard_vocab_limit=False,
        normalization_rule_tsv=str(rules),
        minloglevel=2,
        num_threads=1,
    )
    rules.unlink()
    return model.getvalue()


def config(model: str, vocabulary: int, size: Size = TINY) -> dict[str, Any]:
    """The encoder's config.json."""
    return {
        "model_type": model.lower(),
        "vocab_size": vocabulary,
        "hidden_size": size.hidden,
        "intermediate_size": size.inner,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "max_position_embeddings": size.longest + 2,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "hidden_act": "gelu",
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }


def shapes(settings: dict[str, Any], vocabulary: int, size: Size = TINY) -> dict[str, tuple[int, ...]]:
    """Every weight of the checkpoint by the name that unbabel-comet gives it."""
    found: dict[str, tuple[int, ...]] = {}
    for name, rows in (("word", vocabulary), ("position", size.longest + 2), ("token_type", 1)):
        found[f"encoder.model.embeddings.{name}_embeddings.weight"] = rows, size.hidden
    for name, shape in (
        encoder_matrices(size) | estimator_matrices([size.hidden, *settings["hidden_sizes"], 1])
    ).items():
        found |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms(size.layers, settings["encoder_model"] == XL):
        found |= {f"encoder.model.{name}.weight": (size.hidden,), f"encoder.model.{name}.bias": (size.hidden,)}
    if settings["sent_layer"] == "mix":
        found |= {f"layerwise_attention.dropout_{name}": (size.layers + 1,) for name in ("mask", "fill")}
        found |= {f"layerwise_attention.scalar_parameters.{place}": (1,) for place in range(size.layers + 1)}
        found["layerwise_attention.gamma"] = (1,)
    return found


def encoder_matrices(size: Size) -> dict[str, tuple[int, int]]:
    found = {}
    for layer in range(size.layers):
        block = f"encoder.model.encoder.layer.{layer}."
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            found[f"{block}attention.{name}"] = size.hidden, size.hidden
        found |= {
            f"{block}intermediate.dense": (size.inner, size.hidden),
            f"{block}output.dense": (size.hidden, size.inner),
        }
    return found


def estimator_matrices(sizes: list[int]) -> dict[str, tuple[int, int]]:
    """Every third module is a matrix: between them stand activations and dropout."""
    return {f"estimator.ff.{3 * place}": pair[::-1] for place, pair in enumerate(pairwise(sizes))}


def norms(layers: int, xl: bool) -> list[str]:
    """XL normalises before each block and once at the end, the others after each block and once at the start."""
    block = (
        ("attention.self_attn_layer_norm", "LayerNorm") if xl else ("attention.output.LayerNorm", "output.LayerNorm")
    )
    single = "encoder.LayerNorm" if xl else "embeddings.LayerNorm"
    return [single, *(f"encoder.layer.{layer}.{name}" for layer in range(layers) for name in block)]


def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The weight `name`: normal, of a size that keeps each layer's output near 1."""
    value = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if "LayerNorm.weight" in name or "layer_norm.weight" in name or name.endswith("gamma"):
        value = 1 + 0.2 * value
    elif "scalar_parameters" in name:
        value = 0.5 * value
    elif len(shape) == 2 and "embeddings" not in name:
        value = 1.3 * value / shape[1] ** 0.5
    else:
        value = 0.2 * value
    return value.astype(np.float32)


def make(folder: Path, **changes: Any) -> Path:
    """Write the checkpoint into the folder; `changes` are settings that differ, `None` leaves one out."""
    import torch
    import yaml

    settings = {**RELEASED, "pretrained_model": str(folder / "encoder"), **changes}
    pieces = VOCABULARY.read_bytes()
    vocabulary = count(pieces) + 2  # XLM-R puts <pad> before the pieces and <mask> behind
    (folder / "encoder").mkdir(parents=True)
    (folder / "encoder" / "sentencepiece.bpe.model").write_bytes(pieces)
    (folder / "encoder" / "config.json").write_text(json.dumps(config(settings["encoder_model"], vocabulary)))
    weights = {name: torch.from_numpy(drawn(name, shape)) for name, shape in shapes(settings, vocabulary).items()}
    (folder / "hparams.yaml").write_text(yaml.safe_dump(settings))
    (folder / "checkpoints").mkdir()
    stored = {**settings, "layer_transformation": settings["layer_transformation"].removesuffix("_patch")}
    del stored["class_identifier"]
    content = {"state_dict": OrderedDict(weights), "hyper_parameters": stored, "pytorch-lightning_version": "1.8.2"}
    torch.save(content, folder / "checkpoints" / "model.ckpt")
    return folder


def count(pieces: bytes) -> int:
    from sentencepiece import SentencePieceProcessor

    return len(SentencePieceProcessor(model_proto=pieces))


if __name__ == "__main__":
    if sys.argv[1] == "--vocabulary":
        VOCABULARY.write_bytes(pieces())
    else:
        make(Path(sys.argv[1]).resolve())
