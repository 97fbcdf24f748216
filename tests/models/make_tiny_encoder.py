"""
Make a sentence encoder in ONNX that knows the words below: a word and its translation have the same vector.

    python tests/models/make_tiny_encoder.py FOLDER

Unknown words have the vector of [UNK]; [CLS], which begins every text, one of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import numpy as np

PAIRS = [
    ("the", "la"),
    ("library", "biblioteca"),
    ("is", "és"),
    ("open", "oberta"),
    ("closed", "tancada"),
    ("we", "nosaltres"),
]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", *(word for pair in PAIRS for word in pair)]
POSITIONS = 64  # texts of more tokens fail, as they do in a transformer

Output = Literal["last_hidden_state", "sentence_embedding", "logits"]


def make(
    folder: Path, output: Output = "last_hidden_state", feeds: str = "input_ids attention_mask", integers: str = "INT64"
) -> Path:
    """Write model.onnx and tokenizer.json; "sentence_embedding" is the vector of the second token, whatever it is."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    names = feeds.split()
    inputs = [helper.make_tensor_value_info(name, getattr(TensorProto, integers), ["n", "t"]) for name in names]
    table, positions = (numpy_helper.from_array(values, name) for name, values in _weights().items())
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Shape", ["input_ids"], ["width"], start=1, end=2),
        helper.make_node("Slice", ["positions", "zero", "width"], ["places"]),
        helper.make_node("Add", ["words", "places"], ["tokens"]),
    ]
    constants = [
        table,
        positions,
        numpy_helper.from_array(np.array([0]), "zero"),
        numpy_helper.from_array(np.array(1), "second"),
    ]
    if output == "sentence_embedding":
        nodes.append(helper.make_node("Gather", ["tokens", "second"], [output], axis=1))
    else:
        nodes.append(helper.make_node("Identity", ["tokens"], [output]))
    outputs = [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["n", "t", 16])] * (
        output == "sentence_embedding"
    )
    shape = ["n", 16] if output == "sentence_embedding" else ["n", "t", 16]
    outputs.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, shape))
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    (folder / "tokenizer.json").write_text(_tokenizer(), encoding="utf-8")
    return folder


def _weights() -> dict[str, np.ndarray]:
    """Nothing is added for a place; but there are only so many places."""
    vectors = np.eye(16, dtype=np.float32)
    kinds = [0, 1, 2, *(3 + place for place in range(len(PAIRS)) for _ in PAIRS[0])]
    return {"table": vectors[kinds], "positions": np.zeros((POSITIONS, 16), np.float32)}


def _tokenizer() -> str:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.enable_padding(length=32)  # as released ones may: not to be heeded
    tokenizer.enable_truncation(4)
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
