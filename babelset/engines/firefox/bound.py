"""The engine itself: bound to the thread that made it, and it holds the interpreter, so a `Pool` runs it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


class Models:
    """
    Translate one text with one of several models, each loaded when it is first used.

    >>> Models(models={"en-pt": ["model.bin", "vocab.spm", "vocab.spm", "lex.bin"]})(["en-pt", "Good morning."])
    'Bom dia.'
    """

    def __init__(self, models: dict[str, list[str]]) -> None:
        self._files = models
        self._loaded = cache(self._load)

    def __call__(self, job: list[str]) -> str:
        name, text = job
        return str(self._loaded(name).translate(text))

    def _load(self, name: str) -> Any:
        from fxtranslate import Translator

        weights, source, target, *shortlist = [Path(file).read_bytes() for file in self._files[name]]
        return Translator(weights, source, target, *shortlist)
