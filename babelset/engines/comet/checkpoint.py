"""
A released CometKiwi checkpoint: where it lies, what its settings are, and whether this package covers them.

    wmt22-cometkiwi-da/  hparams.yaml  checkpoints/model.ckpt

The encoder's config and tokenizer are not part of it: hparams.yaml names them as `pretrained_model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from babelset.errors import ConfigError

CURE = "pip install 'babelset[cometkiwi]'"
HPARAMS, WEIGHTS = "hparams.yaml", "checkpoints/model.ckpt"
TOKENIZERS = ("tokenizer.json", "sentencepiece.bpe.model")
ENCODER = ("config.json", *TOKENIZERS, "tokenizer_config.json", "special_tokens_map.json")
Activation = Literal["Tanh", "Sigmoid"]


class Settings(BaseModel, extra="ignore", frozen=True):
    """The settings that decide a score, in unbabel-comet's names and with its defaults; the others only train."""

    class_identifier: Literal["unified_metric"]
    encoder_model: Literal["XLM-RoBERTa", "XLM-RoBERTa-XL"] = "XLM-RoBERTa"
    pretrained_model: str = "microsoft/infoxlm-large"
    sent_layer: int | Literal["mix"] = "mix"
    layer_transformation: Literal["softmax", "sparsemax"] = "sparsemax"
    layer_norm: Literal[False]  # required, as is input_segments: unbabel-comet's defaults are not covered
    hidden_sizes: tuple[int, ...] = (3072, 1024)
    activations: Activation = "Tanh"
    final_activation: Activation | None = None
    input_segments: tuple[Literal["mt"], Literal["src"]]
    word_level_training: Literal[False] = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint holds; `weights` are torch tensors by name, mapped from the file rather than read."""

    folder: Path
    settings: Settings
    weights: Mapping[str, Any]
    encoder: Path  # holds the encoder's config.json and tokenizer

    @classmethod
    def open(cls, model: str, download: bool = False) -> Checkpoint:
        """
        The checkpoint `model`: a local folder, or a hub id that was or may be downloaded.

        >>> Checkpoint.open("models/wmt22-cometkiwi-da").settings.layer_transformation
        'softmax'

        Raises ConfigError when a part is missing or damaged, or a setting is not covered.
        """
        folder = locate(model, (HPARAMS, WEIGHTS), download)
        _expect(folder, model, HPARAMS, WEIGHTS)
        written, stored = _hparams(folder / HPARAMS), _load(folder / WEIGHTS)
        settings = effective(written, stored.get("hyper_parameters") or {}, folder / HPARAMS)
        return cls(folder, settings, stored["state_dict"], _encoder(folder, settings.pretrained_model, download))

    def weight(self, part: str, name: str, *shape: int) -> Any:
        """The weight `part` + `name` in float32; ConfigError where it is missing or has another shape."""
        found = self.weights.get(part + name)
        if found is None:
            raise ConfigError(f"{self.folder}: the weight {part}{name} is missing")
        if tuple(found.shape) != shape:
            raise ConfigError(f"{self.folder}: the weight {part}{name} has the shape {tuple(found.shape)}, not {shape}")
        return found.float()


def effective(written: Mapping[str, Any], stored: Mapping[str, Any], where: Path) -> Settings:
    """
    The settings that comet-score works with: those stored with the weights, but `pretrained_model` as written.

    "sparsemax_patch" in hparams.yaml means softmax: CometKiwi was trained with it by mistake (COMET, issue 195).
    Raises ConfigError, naming each setting that is not covered.
    """
    merged = {**written, **stored, "class_identifier": written.get("class_identifier")}
    merged["pretrained_model"] = written.get("pretrained_model") or stored.get("pretrained_model")
    if "sparsemax_patch" in (written.get("layer_transformation"), merged.get("layer_transformation")):
        merged["layer_transformation"] = "softmax"
    known = {name: value for name, value in merged.items() if value is not None}
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        names = dict.fromkeys(str(item["loc"][0]) for item in error.errors())
    found = ", ".join(f"{name}: {known.get(name, 'not set')!r}" for name in names)
    raise ConfigError(
        f"{where}: not covered: {found}. Covered are the CometKiwi models wmt22-cometkiwi-da and wmt23-cometkiwi-da-xl "
        f"and -xxl, and others of their kind; for this checkpoint use comet-score"
    )


def locate(model: str, wanted: tuple[str, ...], download: bool) -> Path:
    """The folder `model`, or the copy of the hub's `model` on this machine, fetched where `download` allows it."""
    folder = Path(model).expanduser()
    if model and folder.is_dir():
        return folder
    parts = model.split("/")
    if len(parts) > 2 or not all(parts) or model.startswith((".", "~")):
        raise ConfigError(f"{model or 'model'}: no such folder")
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model, allow_patterns=list(wanted), local_files_only=not download))
    except ImportError:
        raise ConfigError(f"{model} is no folder, and the hub needs an extra: {CURE}") from None
    except (OSError, ValueError) as error:
        reason = f"the download failed: {str(error).strip()[:400]}. {_gated(model)}"
    raise ConfigError(f"{model}: {reason}" if download else f"{model}: {_not_here(model, wanted)}")


def _not_here(model: str, wanted: tuple[str, ...]) -> str:
    return (
        f"no such folder, and no copy of it on this machine. Allow the download with download=true, or fetch it: "
        f"hf download {model} {' '.join(wanted)}. {_gated(model)}".rstrip()
    )


def _gated(model: str) -> str:
    if not model.startswith("Unbabel/"):
        return ""
    return f"Unbabel's models ask you to accept their licence at https://huggingface.co/{model}, then: hf auth login"


def _expect(folder: Path, model: str, *names: str) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise ConfigError(f"{model} has no {name}: the download was cut short, or this is no COMET checkpoint")


def _encoder(folder: Path, name: str, download: bool) -> Path:
    """Where the encoder's config and tokenizer lie; a relative folder is looked for beside hparams.yaml, too."""
    try:
        found = folder / name if (folder / name).is_dir() else locate(name, ENCODER, download)
    except ConfigError as error:
        reason = str(error).rstrip(". ")
        where = f"{folder / HPARAMS}: pretrained_model"
        raise ConfigError(f"{where}: {reason}. A folder of your own may be named there instead") from None
    _expect(found, name, "config.json")
    if not any((found / file).is_file() for file in TOKENIZERS):
        raise ConfigError(f"{name} has no tokenizer: neither {' nor '.join(TOKENIZERS)} is in {found}")
    return found


def _hparams(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        raise ConfigError(f"CometKiwi needs an extra: {CURE}") from None
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}. Fetch it again") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{path} holds no settings. Fetch it again")
    return found


def _load(path: Path) -> dict[str, Any]:
    """The file's content, which may hold tensors and plain values only: unpickling anything else runs its code."""
    from pickle import UnpicklingError

    try:
        import torch
    except ImportError:
        raise ConfigError(f"CometKiwi needs an extra: {CURE}") from None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"{path} cannot be read: {reason}. If it was cut short, fetch it again") from None
    if not isinstance(found, dict) or "state_dict" not in found:
        raise ConfigError(f"{path} holds no state_dict: it is no COMET checkpoint")
    return found
