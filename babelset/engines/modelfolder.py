"""
Where a CTranslate2 model lies, and whether all of it is there.

    nllb-ct2/  model.bin  config.json  shared_vocabulary.json  sentencepiece.bpe.model

Every `ConfigError` names the command that brings what is missing.
"""

from __future__ import annotations

import json
from pathlib import Path

from babelset.errors import ConfigError

EXAMPLE = "facebook/nllb-200-distilled-600M"
PIECES = (
    "sentencepiece.bpe.model",
    "spiece.model",
    "sentencepiece.model",
    "spm.128k.model",
    "flores200_sacrebleu_tokenizer_spm.model",
    "source.spm",
)
TARGET_PIECES = "target.spm"
VOCABULARIES = ("shared_vocabulary", "source_vocabulary", "target_vocabulary")
METADATA = "tokenizer_config.json"
CHECKPOINTS = ("*.safetensors", "pytorch_model*.bin", "*.index.json", "*.npz")
WANTED = ["model.bin", "config.json", METADATA, "*_vocabulary.*", "*.spm", *PIECES[:-1]]


def locate(model: str, download: bool) -> Path:
    """
    The folder of `model`: a local folder, or a hub id that was or may be downloaded.

    Raises ConfigError when it is neither, or when a part of it is missing.
    """
    if not model:
        raise ConfigError(f"no model was named. To make one: {converter(EXAMPLE)}")
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = _from_hub(model, download)
    _check(folder, model)
    return folder


def converter(checkpoint: str, folder: str = "") -> str:
    """The command that turns a transformers checkpoint into a folder that this module accepts."""
    files = "sentencepiece.bpe.model"
    if "opus-mt" in checkpoint:
        files = f"source.spm target.spm {METADATA}"
    elif "madlad" in checkpoint or "t5" in checkpoint:
        files = "spiece.model"
    folder = folder or checkpoint.rstrip("/").rpartition("/")[2] + "-ct2"
    return (
        f"ct2-transformers-converter --model {checkpoint} --quantization int8 "
        f"--output_dir {folder} --copy_files {files}"
    )


def _from_hub(model: str, download: bool) -> Path:
    parts = model.split("/")
    if len(parts) != 2 or not all(parts) or model.startswith((".", "~")):
        raise ConfigError(f"{model}: no such folder. To make one: {converter(EXAMPLE)}")
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model, allow_patterns=WANTED, local_files_only=not download))
    except ImportError:
        reason = "the download needs the 'hub' extra: pip install 'babelset[hub]'"
    except (OSError, ValueError) as error:
        reason = f"the download failed: {error}"
    raise ConfigError(f"{model}: {reason}" if download else _not_here(model))


def _not_here(model: str) -> str:
    name = model.rpartition("/")[2]
    return (
        f"{model}: no such folder, and no copy of it on this machine. Allow the download with download=true, "
        f"or fetch it: hf download {model} --local-dir {name}. "
        f"A checkpoint that is not in CTranslate2's format must be converted: {converter(model)}"
    )


def _check(folder: Path, model: str) -> None:
    if not (folder / "model.bin").is_file():
        found = any(next(folder.glob(pattern), None) for pattern in CHECKPOINTS)
        # a hub id is fetched without its weights when they are not in this format: nothing to find here
        what = "is a checkpoint that is not converted" if found else "has no model.bin"
        raise ConfigError(f"{model} {what}. Convert it: {converter(model)}")
    if not vocabularies(folder):
        raise ConfigError(
            f"{model} has no shared_vocabulary.json: the conversion was cut short. Do it again: "
            f"{converter('CHECKPOINT', str(folder))} --force"
        )
    if not any((folder / name).is_file() for name in PIECES):
        raise ConfigError(
            f"{model} has no SentencePiece file ({', '.join(PIECES[:2])}, {PIECES[-1]}). Fetch it from the "
            f"checkpoint that the model was made of: hf download CHECKPOINT {PIECES[0]} --local-dir {folder}"
        )


def vocabularies(folder: Path) -> list[Path]:
    """The vocabulary files, in CTranslate2's names, JSON or one token a line."""
    names = (folder / f"{name}.{ending}" for name in VOCABULARIES for ending in ("json", "txt"))
    return [path for path in names if path.is_file()]


def tokens(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return list(map(str, json.loads(text))) if path.suffix == ".json" else text.rstrip("\n").split("\n")


def settings(path: Path) -> dict[str, object]:
    """A JSON file of the model, {} where it is not there."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path} is not valid JSON ({error}). Fetch or convert the model again") from None
    return found if isinstance(found, dict) else {}


def fingerprint(folder: Path) -> str:
    """A hash over every file that decides the answers: weights, vocabularies, SentencePiece models."""
    from xxhash import xxh3_64

    digest = xxh3_64()
    others = [folder / name for name in ("model.bin", "config.json", TARGET_PIECES, *PIECES)]
    for path in sorted([*vocabularies(folder), *filter(Path.is_file, others)]):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
    return digest.hexdigest()
