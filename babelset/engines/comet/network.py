"""CometKiwi's forward pass: encoder, mixture of its layers, estimator. What unbabel-comet computes, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from babelset.engines.comet.checkpoint import CURE, Checkpoint
from babelset.engines.comet.encoder import FIRST_POSITION, Encoder
from babelset.engines.comet.linear import Dtype, Form, form_of, linear
from babelset.errors import ConfigError


def devices(wanted: str) -> list[str]:
    """`auto`: every GPU, else the CPU; "cuda:0,2": these. ConfigError where a GPU that was asked for is missing."""
    import torch

    count = 0 if wanted == "cpu" else torch.cuda.device_count()
    if wanted == "cpu" or (wanted == "auto" and not count):
        return ["cpu"]
    listed = wanted.partition(":")[2]
    indices = [int(index) for index in listed.split(",")] if listed else list(range(count))
    if not count or max(indices) >= count:
        raise ConfigError(f"device={wanted}: torch sees {count} CUDA devices. Use device=cpu, or look at nvidia-smi")
    return [f"cuda:{index}" for index in indices]


@dataclass(frozen=True, slots=True)
class Network:
    """
    One copy of the model on one device: token ids in, scores out; any number of threads may share one.

    >>> Network.build(checkpoint, "cpu")([[0, 9, 2, 2, 9, 2], [0, 8, 2, 2, 8, 2]])
    [0.71, 0.64]
    """

    encoder: Encoder
    estimator: Callable[[Any], Any]
    mixture: Any  # what each layer counts, the embeddings first; float32, shape (layers + 1, 1, 1)
    device: str
    form: Form
    longest: int  # tokens that a row may have

    @classmethod
    def build(cls, checkpoint: Checkpoint, device: str, dtype: Dtype = "auto") -> Network:
        """
        The model on `device`, its matrix products in the form that `dtype` means there.

        Raises ConfigError when weights are missing or do not fit, or the device cannot do `dtype`.
        """
        chosen, config = form_of(dtype, device), _config(checkpoint)
        mixture = _mixture(checkpoint, config.num_hidden_layers + 1)
        depth = max(mixture.view(-1).nonzero().view(-1).tolist(), default=0)  # nobody looks at the layers behind it
        encoder = Encoder.build(config, partial(checkpoint.weight, "encoder.model."), depth, chosen, device)
        estimator = _estimator(checkpoint, config.hidden_size, device)
        longest = config.max_position_embeddings - FIRST_POSITION
        return cls(encoder, estimator, mixture[: depth + 1].to(device), device, chosen, longest)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """
        The score of each row, of `longest` tokens at most.

        Rows that do not fit into the memory together are halved until they do; ConfigError where one does not.
        """
        import torch

        try:
            with torch.inference_mode():
                states = (self.mixture * self.encoder(rows)).sum(0)
                return [float(score) for score in self.estimator(states).view(-1).tolist()]
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
        if len(rows) == 1:
            raise ConfigError(f"{self.device} has no memory left for CometKiwi: use another device")
        half = len(rows) // 2
        return self(rows[:half]) + self(rows[half:])


def sparsemax(weights: Any) -> Any:
    """
    The nearest point of the simplex to a vector, zero in most places (Martins & Astudillo 2016, arXiv 1602.02068).

    >>> sparsemax(torch.tensor([1.0, 0.8, -1.0]))
    tensor([0.6000, 0.4000, 0.0000])
    """
    import torch

    ordered = weights.sort(descending=True).values
    excess = ordered.cumsum(0) - 1
    support = (ordered * torch.arange(1, len(ordered) + 1) > excess).sum()
    return (weights - excess[support - 1] / support).clamp(min=0)


def _config(checkpoint: Checkpoint) -> Any:
    """The encoder's config; ConfigError for an encoder that is not XLM-RoBERTa as it was released."""
    try:
        import transformers
    except ImportError:
        raise ConfigError(f"CometKiwi needs an extra: {CURE}") from None
    kind = "XLMRobertaXL" if checkpoint.settings.encoder_model == "XLM-RoBERTa-XL" else "XLMRoberta"
    config = getattr(transformers, f"{kind}Config").from_pretrained(checkpoint.encoder, local_files_only=True)
    if config.hidden_act != "gelu":
        raise ConfigError(f"{checkpoint.encoder}/config.json: not covered: hidden_act: {config.hidden_act!r}")
    return config


def _estimator(checkpoint: Checkpoint, width: int, device: str) -> Callable[[Any], Any]:
    """Matrices, each but the last followed by its activation and, in training, dropout."""
    import torch

    settings, take = checkpoint.settings, partial(checkpoint.weight, "estimator.ff.")
    sizes = enumerate(pairwise([width, *settings.hidden_sizes, 1]))
    found = [(take(f"{3 * at}.weight", out, into), take(f"{3 * at}.bias", out)) for at, (into, out) in sizes]
    *hidden, last = [linear(weight, bias, "fp32", device) for weight, bias in found]
    activation = getattr(torch, settings.activations.lower())
    final = getattr(torch, (settings.final_activation or "clone").lower())

    def estimator(states: Any) -> Any:
        for layer in hidden:
            states = activation(layer(states))
        return final(last(states))

    return estimator


def _mixture(checkpoint: Checkpoint, layers: int) -> Any:
    """What each layer counts: `gamma` times the transformed weights, or 1 for the only layer that is looked at."""
    import torch

    settings, take = checkpoint.settings, partial(checkpoint.weight, "layerwise_attention.")
    if settings.sent_layer != "mix":
        if not 0 <= settings.sent_layer < layers:
            raise ConfigError(
                f"{checkpoint.folder}: sent_layer: {settings.sent_layer}, but the encoder has {layers - 1} layers"
            )
        return torch.eye(layers)[settings.sent_layer].view(-1, 1, 1)
    raw = torch.cat([take(f"scalar_parameters.{layer}", 1) for layer in range(layers)])
    shares = sparsemax(raw) if settings.layer_transformation == "sparsemax" else raw.softmax(0)
    return (take("gamma", 1) * shares).view(-1, 1, 1)
