"""
A sentence encoder in ONNX.

    labse-onnx/  model.onnx or onnx/model.onnx  tokenizer.json  1_Pooling/config.json  modules.json

`optimum-cli export onnx --model sentence-transformers/LaBSE labse-onnx` makes such a folder. An output named
sentence_embedding is taken as it is; otherwise the token vectors are pooled, as 1_Pooling says or by their mean.

Tried in its place: fastembed 0.9 reads a folder offline, but wants tokenizer_config.json, 64-bit ids, and pooling and
width from the caller, fails on lone surrogates, and makes batches by number; sentence-transformers 5.7 brings torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from babelset.engines.encoders import clipped, normalised
from babelset.engines.modelfolder import settings
from babelset.engines.padding import batches
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.engines.encoders import Vectors

Pooling = Literal["mean", "cls"]
GRAPHS = ("model.onnx", "onnx/model.onnx")
WHOLE = "sentence_embedding"  # the output that has gone through every module of the encoder
FEEDS = frozenset({"input_ids", "attention_mask", "token_type_ids"})
TYPES = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
WIDEST = 40  # characters a token, at most: what stands behind so many is not even read
USUAL = ("CUDAExecutionProvider", "CPUExecutionProvider")
EXTRA = "sentence encoders need an extra: pip install 'babelset[embedding]'"
PLAIN_MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True, slots=True)
class OnnxEncoder:
    """
    A loaded encoder; it sees the first `longest` tokens of a text.

    >>> OnnxEncoder.load("labse-onnx", 512, 8192).encode(["Hello.", "Hola."]).shape
    (2, 768)
    """

    folder: Path
    session: Any  # onnxruntime.InferenceSession
    tokenizer: Any  # tokenizers.Tokenizer
    pooling: Pooling
    output: str
    budget: int  # tokens in a batch, padding included
    longest: int

    @classmethod
    def load(cls, model: str, longest: int, budget: int, providers: Sequence[str] = ()) -> OnnxEncoder:
        """
        The encoder in the folder `model`, or of a hub id that is on this machine; `providers` are onnxruntime's.

        Raises ConfigError where a part or a package is missing, or the model is of a kind that is not covered.
        """
        folder = _folder(model)
        session = _session(folder, providers)
        limit = settings(folder / "sentence_bert_config.json").get("max_seq_length")
        longest = min(longest, limit) if isinstance(limit, int) else longest
        output = _output(session, folder)
        pooling = "mean" if output == WHOLE else _pooling(folder)
        return cls(folder, session, _tokenizer(folder, longest), pooling, output, budget, longest)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text, in order."""
        import numpy as np

        if not texts:
            return np.zeros((0, 0), np.float32)
        tokens = self.tokenizer.encode_batch(clipped(texts, WIDEST * self.longest))
        vectors: list[Any] = [None] * len(texts)
        for batch in batches([len(each.ids) for each in tokens], self.budget):
            for place, vector in zip(batch, self._batch([tokens[place].ids for place in batch]), strict=True):
                vectors[place] = vector
        return np.stack(vectors)

    def _batch(self, ids: Sequence[Sequence[int]]) -> Vectors:
        import numpy as np

        width = max(map(len, ids), default=0) or 1
        mask = np.array([[1] * len(row) + [0] * (width - len(row)) for row in ids])
        padded = np.array([[*row, *[0] * (width - len(row))] for row in ids])  # masked: any token does
        known = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        feeds = {each.name: known[each.name].astype(TYPES[each.type]) for each in self.session.get_inputs()}
        found = np.asarray(self._run(feeds), np.float32)
        return normalised(found if found.ndim == 2 else _pooled(found, mask, self.pooling))

    def _run(self, feeds: Mapping[str, Any]) -> Any:
        try:
            return self.session.run([self.output], feeds)[0]
        except Exception as error:  # noqa: BLE001 - its errors have no class of their own
            raise ConfigError(
                f"{self.folder}: onnxruntime failed: {error}; lower max_tokens to what the model takes, or batch_tokens"
            ) from None


def _pooled(tokens: Any, mask: Any, pooling: Pooling) -> Any:
    if pooling == "cls":
        return tokens[:, 0]
    weights = mask[:, :, None]
    return (tokens * weights).sum(1) / weights.sum(1).clip(1)


def _folder(model: str) -> Path:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    parts = model.split("/")
    cure = f"fetch it: hf download {model} --local-dir {parts[-1]}" if len(parts) == 2 and all(parts) else ""
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model, local_files_only=True))
    except (ImportError, OSError, ValueError):
        raise ConfigError(
            f"{model}: no such folder, and no copy of such a model on this machine; {cure or 'check the path'}"
        ) from None


def _session(folder: Path, providers: Sequence[str]) -> Any:
    graph = next((folder / name for name in GRAPHS if (folder / name).is_file()), None)
    if graph is None:
        raise ConfigError(
            f"{folder} has no {' or '.join(GRAPHS)}; export the model: optimum-cli export onnx --model MODEL {folder}"
        )
    try:
        import onnxruntime
    except ImportError:
        raise ConfigError(EXTRA) from None
    there: list[str] = onnxruntime.get_available_providers()
    if unknown := [name for name in providers if name not in there]:
        raise ConfigError(f"providers: onnxruntime has no {', '.join(unknown)} here; it has {', '.join(there)}")
    usual = [name for name in USUAL if name in there]
    try:
        session = onnxruntime.InferenceSession(graph, providers=list(providers) or usual)
    except Exception as error:  # noqa: BLE001 - its errors have no class of their own
        raise ConfigError(f"{graph}: onnxruntime cannot load it: {error}; export or fetch it again") from None
    if strange := [each.name for each in session.get_inputs() if each.name not in FEEDS or each.type not in TYPES]:
        raise ConfigError(f"{graph}: not a text encoder: it wants {', '.join(strange)}; use one that reads token ids")
    return session


def _output(session: Any, folder: Path) -> str:
    names = [each.name for each in session.get_outputs()]
    if WHOLE in names:
        return WHOLE
    if names[0] == "logits":
        raise ConfigError(f"{folder}: the model sorts texts or guesses words; name a sentence encoder")
    if other := [name for name in _modules(folder / "modules.json") if not name.endswith(PLAIN_MODULES)]:
        raise ConfigError(
            f"{folder}: the graph lacks {', '.join(other)} of the model; export it with the output {WHOLE}: "
            f"optimum-cli export onnx --library sentence_transformers --model MODEL {folder}"
        )
    return str(names[0])


def _modules(path: Path) -> list[str]:
    """What sentence-transformers runs one after the other: ["sentence_transformers.models.Transformer", ...]."""
    try:
        return [str(module["type"]) for module in json.loads(path.read_bytes())] if path.is_file() else []
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a list of modules ({error!r}); fetch the model again") from None


def _pooling(folder: Path) -> Pooling:
    path = folder / "1_Pooling" / "config.json"
    found = settings(path)
    modes = {name for name, wanted in found.items() if name.startswith("pooling_mode_") and wanted is True}
    modes |= {f"pooling_mode_{found['pooling_mode']}"} if "pooling_mode" in found else set()
    if modes <= {"pooling_mode_mean_tokens", "pooling_mode_mean"}:
        return "mean"
    if modes <= {"pooling_mode_cls_token", "pooling_mode_cls"}:
        return "cls"
    names = ", ".join(sorted(modes))
    raise ConfigError(f"{path}: {names} is not covered; export the model with the output {WHOLE}")


def _tokenizer(folder: Path, longest: int) -> Any:
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ConfigError(f"{folder} has no tokenizer.json; fetch it from where the model came from")
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise ConfigError(EXTRA) from None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the class of its errors is Exception
        raise ConfigError(f"{path}: not a tokenizer: {error}; fetch it again") from None
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()  # batches are made of what it answers
    return tokenizer
