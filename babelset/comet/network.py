"""CometKiwi's forward pass: encoder, mixture of its layers, estimator. What unbabel-comet computes, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from babelset.comet.checkpoint import CURE, Checkpoint, Settings
from babelset.errors import ConfigError

Dtype = Literal["auto", "fp32", "fp16", "bf16", "int8"]
PAD = 1  # of every XLM-RoBERTa; its positions are counted from there


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


@dataclass
class Network:
    """
    One copy of the model on one device: token ids in, scores out.

    >>> Network.build(checkpoint, "cpu")([[0, 9, 2, 2, 9, 2], [0, 8, 2, 2, 8, 2]])
    [0.71, 0.64]
    """

    encoder: Any
    estimator: Any
    mixture: Any  # weight of each layer, the embeddings' first; float32, shape (layers + 1, 1, 1)
    device: str
    half: Any = None  # torch dtype of the encoder's matrix products, where it is not float32
    _states: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for module in (self.encoder.embeddings, *self.encoder.encoder.layer[:-1]):
            module.register_forward_hook(self._keep)

    @classmethod
    def build(cls, checkpoint: Checkpoint, device: str, dtype: Dtype = "auto") -> Network:
        """
        The model on `device`; `auto` is fp32 on the CPU and fp16 on a GPU, in which XLM-RoBERTa was trained.

        Raises ConfigError when weights are missing, or the device cannot do `dtype`.
        """
        import torch

        if dtype == "int8" and device != "cpu":
            raise ConfigError(f"dtype=int8 works on the CPU only, not on {device}: use fp16 or bf16")
        settings, where = checkpoint.settings, checkpoint.folder
        encoder = _encoder(settings, checkpoint.encoder, _below(checkpoint.weights, "encoder.model."), where)
        estimator = _estimator(settings, encoder.config.hidden_size, _below(checkpoint.weights, "estimator.ff."), where)
        mixture = _mixture(settings, encoder.config.num_hidden_layers + 1, checkpoint.weights, where)
        kind = ("fp32" if device == "cpu" else "fp16") if dtype == "auto" else dtype
        half = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(kind)
        if kind == "int8":
            encoder = _quantized(encoder)
        elif half:  # matrices only: sums and norms stay in float32, as they lose most
            for module in encoder.modules():
                if isinstance(module, torch.nn.Linear):
                    module.to(half)
        return cls(encoder.to(device), estimator.to(device), mixture.to(device), device, half)

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """
        The score of each row, of as many tokens as the encoder has positions at most. Not for two threads.

        Rows that do not fit into the memory together are halved until they do; ConfigError where one does not.
        """
        import torch

        try:
            return self._forward(rows)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
        if len(rows) == 1:
            raise ConfigError(f"{self.device} has no memory left for CometKiwi: use another device")
        half = len(rows) // 2
        return self(rows[:half]) + self(rows[half:])

    def _forward(self, rows: Sequence[Sequence[int]]) -> list[float]:
        import torch

        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows], device=self.device)
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        mask = (torch.arange(longest, device=self.device) < lengths[:, None]).long()
        self._states.clear()
        kind = self.device.partition(":")[0]
        with torch.inference_mode(), torch.autocast(kind, dtype=self.half, enabled=self.half is not None):
            last = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        with torch.inference_mode():
            states = torch.stack([*self._states, last[:, 0].float()])
            scores = self.estimator((self.mixture * states).sum(0)).view(-1)
        return [float(score) for score in scores.tolist()]

    def _keep(self, module: Any, inputs: Any, output: Any) -> None:
        """Keep of each layer what the score is made of, its first token, and let the rest go."""
        state = output[0] if isinstance(output, tuple) else output
        self._states.append(state[:, 0].float())


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


def _below(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value.float() for name, value in weights.items() if name.startswith(prefix)}


def _encoder(settings: Settings, folder: Path, weights: dict[str, Any], where: Path) -> Any:
    import torch

    try:
        import transformers
    except ImportError:
        raise ConfigError(f"CometKiwi needs an extra: {CURE}") from None
    kind = "XLMRobertaXL" if settings.encoder_model == "XLM-RoBERTa-XL" else "XLMRoberta"
    config = getattr(transformers, f"{kind}Config").from_pretrained(folder, local_files_only=True)
    with torch.device("meta"):  # neither memory nor time for weights that are replaced at once
        encoder = getattr(transformers, f"{kind}Model")(config, add_pooling_layer=False)
    _fill(encoder, weights, where, f"the encoder of {folder}")
    for name, buffer in list(encoder.embeddings.named_buffers()):  # constants, which no checkpoint holds
        value = torch.zeros_like(buffer, device="cpu")
        if name == "position_ids":
            value += torch.arange(buffer.shape[-1])
        encoder.embeddings.register_buffer(name, value, persistent=False)
    return encoder.eval()


def _estimator(settings: Settings, width: int, weights: dict[str, Any], where: Path) -> Any:
    """Linear layers, each but the last followed by its activation and, in training, dropout."""
    from torch import device, nn

    sizes = [width, *settings.hidden_sizes]
    modules: list[Any] = []
    with device("meta"):
        for before, after in pairwise(sizes):
            modules += [nn.Linear(before, after), getattr(nn, settings.activations)(), nn.Identity()]
        modules.append(nn.Linear(sizes[-1], 1))
    if settings.final_activation:
        modules.append(getattr(nn, settings.final_activation)())
    estimator = nn.Sequential(*modules)
    _fill(estimator, weights, where, "the estimator")
    return estimator.eval()


def _fill(module: Any, weights: dict[str, Any], where: Path, part: str) -> None:
    """Give the module its weights; others, of a pooler or of positions, are left over in old checkpoints."""
    try:
        missing = module.load_state_dict(weights, strict=False, assign=True).missing_keys
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"{where}: the weights do not fit {part}: {reason}") from None
    if missing:
        raise ConfigError(f"{where}: {len(missing)} weights of {part} are missing, {missing[0]} the first")


def _mixture(settings: Settings, layers: int, weights: Mapping[str, Any], where: Path) -> Any:
    """What each layer counts: `gamma` times the transformed weights, or 1 for the only layer that is looked at."""
    import torch

    if settings.sent_layer != "mix":
        if not 0 <= settings.sent_layer < layers:
            raise ConfigError(f"{where}: sent_layer: {settings.sent_layer}, but the encoder has {layers - 1} layers")
        return torch.eye(layers)[settings.sent_layer].view(-1, 1, 1)
    names = [f"layerwise_attention.scalar_parameters.{layer}" for layer in range(layers)]
    missing = [name for name in (*names, "layerwise_attention.gamma") if name not in weights]
    if missing:
        raise ConfigError(f"{where}: the weight {missing[0]} is missing")
    raw = torch.cat([weights[name].float() for name in names])
    shares = sparsemax(raw) if settings.layer_transformation == "sparsemax" else raw.softmax(0)
    return (weights["layerwise_attention.gamma"].float() * shares).view(-1, 1, 1)


def _quantized(encoder: Any) -> Any:
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces that this moves to another package
        return torch.ao.quantization.quantize_dynamic(encoder, {torch.nn.Linear}, dtype=torch.qint8)
