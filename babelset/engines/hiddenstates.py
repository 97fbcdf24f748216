"""
What a model makes of sentences, layer by layer: the hidden states of a language model, or what a sentence encoder says.

A folder with weights in safetensors is read by transformers (extra `coverage`): a vector for each layer, the embeddings
first. Anything else is a sentence encoder (engines/encoders), which has one layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from babelset.engines.encoders import encoder
from babelset.errors import ConfigError

EXTRA = "hidden states need an extra: pip install 'babelset[coverage]'"
LONGEST = 512  # tokens of a sentence
Pooling = Literal["weighted", "last"]
Layers = Sequence[Any]  # of each layer a matrix, a row for each sentence
Embed = Callable[[Sequence[str]], Layers]


def embedder(model: str, pooling: Pooling) -> Embed:
    """What turns sentences into vectors; ConfigError where the model or a package is missing."""
    folder = Path(model).expanduser()
    if next(folder.glob("*.safetensors"), None) is None:
        if next(folder.glob("pytorch_model*.bin"), None):
            raise ConfigError(f"{model}: weights in pickles are not loaded; fetch the model in safetensors")
        found = encoder(model)
        return lambda texts: [found.encode(texts)]
    network, tokenizer = _loaded(folder)
    return lambda texts: _layers([_states(network, tokenizer, text, pooling) for text in texts])


def _loaded(folder: Path) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging
    except ImportError:
        raise ConfigError(EXTRA) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **local)
        network = AutoModel.from_pretrained(str(folder), use_safetensors=True, dtype="auto", **local)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ConfigError(f"{folder}: transformers cannot load it: {error}") from None
    return network.eval().to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def _states(network: Any, tokenizer: Any, text: str, pooling: Pooling) -> Any:
    """
    A vector for each layer. One sentence at a time: padding would change what some models say.

    "weighted" is the mean over tokens, the n-th of which counts n times: later ones have seen more of the sentence.
    """
    import torch

    ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=LONGEST)["input_ids"].to(network.device)
    if not ids.shape[1]:
        raise ConfigError(f"the tokenizer makes nothing of {text!r}; leave this line out in all languages")
    with torch.inference_mode():
        told = network(input_ids=ids, output_hidden_states=True)
    states = torch.stack([layer[0] for layer in _hidden(told)]).double()
    if pooling == "last":
        return states[:, -1].cpu().numpy()
    weights = torch.arange(1, states.shape[1] + 1, device=states.device, dtype=states.dtype)
    return ((states * weights[:, None]).sum(1) / weights.sum()).cpu().numpy()


def _hidden(told: Any) -> Any:
    states = getattr(told, "hidden_states", None)
    if states is None:
        raise ConfigError("the model gives no hidden states; name a decoder or an encoder, as Qwen or XLM-R")
    return states


def _layers(sentences: Sequence[Any]) -> Layers:
    import numpy as np

    return list(np.stack(sentences, axis=1))
