"""What a user asks for, typed once, and what is made of it: engines, filters, schema, paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from babelset import plugins
from babelset.contracts.filter import Filter
from babelset.languages import Pair, find
from babelset.translation.routes import Engine as Engine
from babelset.translation.routes import Routes

SUFFIXES = (".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".txt")


class Job(BaseModel, extra="forbid", frozen=True):
    """
    One dataset into one language. Everything that decides the output, and where to put it.

    `filters` names what differs from the defaults: {"length": {"tolerance": 3.0}, "task": False}.
    """

    inputs: tuple[str, ...]
    output: str
    target: str
    source: str = "eng_Latn"
    translator: Engine = Engine(name="apertium")
    fallback: Engine | None = None
    routes: Routes | None = None  # in place of translator and fallback
    filters: dict[str, bool | dict[str, Any]] = {}
    schema_name: str | None = None
    fields: tuple[str, ...] = ()  # to translate, beside those that are known
    leave: tuple[str, ...] = ()
    leave_unknown: bool = False
    roles: dict[str, str] = {}  # {"chatgpt": "assistant"}
    format: str | None = None
    translate_reasoning: bool = False
    translate_comments: bool = False
    keep_numbers: bool = False
    chunk: int | None = Field(default=None, ge=1)  # rows; without it as many as the translator wants
    memory: str | None = None
    strict: bool = False
    force: bool = False
    data_license: str | None = None  # of the inputs, for the record

    @property
    def pair(self) -> Pair:
        return Pair(find(self.source), find(self.target))

    def deciding(self) -> dict[str, Any]:
        """The options, but those of filters, that decide which bytes are written; what a resumed run must agree on."""
        plain = self.model_dump(mode="json", exclude={"output", "memory", "force", "strict", "filters", "data_license"})
        plain["translator"] = self.translator.deciding()
        plain["fallback"] = self.fallback and self.fallback.deciding()
        if self.routes:
            plain |= {"translator": None, "routes": self.routes.deciding()}
        return plain


@dataclass(frozen=True, slots=True)
class Places:
    """Where a run writes: everything beside the output, named after it."""

    output: Path
    suffix: str

    @classmethod
    def of(cls, output: str) -> Places:
        path = Path(output)
        stem = path.name
        while (suffix := Path(stem).suffix.lower()) in SUFFIXES:
            stem = stem[: -len(suffix)]
        return cls(path.with_name(stem or path.name), path.name[len(stem) :])

    def _beside(self, name: str) -> Path:
        return self.output.with_name(self.output.name + name)

    @property
    def accepted(self) -> Path:
        return self._beside(self.suffix)

    @property
    def rejected(self) -> Path:
        return self._beside(".rejected" + self.suffix)

    @property
    def failed(self) -> Path:
        return self._beside(".failed.jsonl")

    @property
    def manifest(self) -> Path:
        return self._beside(".manifest.json")

    @property
    def memory(self) -> Path:
        return self._beside(".memory.sqlite")

    @property
    def review(self) -> Path:
        return self._beside(".review.sqlite")

    @property
    def work(self) -> Path:
        return self._beside(".work")


def build_filters(config: Mapping[str, bool | dict[str, Any]]) -> list[Filter]:
    """
    Every installed filter with its defaults, changed as `config` says; `False` leaves one out.

    A filter whose class says `opt_in = True` runs only when it is named. ConfigError names what is wrong.
    """
    unknown = [name for name in config if name not in plugins.available("filters")]
    for name in unknown:
        plugins.load("filters", name)  # raises, and says what there is
    return [
        plugins.build("filters", name, wanted if isinstance(wanted, dict) else {})
        for name in plugins.available("filters")
        if (wanted := config[name] if name in config else _by_default(name)) is not False
    ]


def _by_default(name: str) -> bool:
    return not getattr(plugins.load("filters", name), "opt_in", False)


def fingerprints(paths: Sequence[str]) -> list[dict[str, Any]]:
    """Name, size in bytes and 128-bit xxh3 of each input: how a resumed run knows that they are the same."""
    import xxhash

    found = []
    for path in paths:
        digest, size = xxhash.xxh3_128(), 0
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
        found.append({"file": Path(path).name, "bytes": size, "xxh3_128": digest.hexdigest()})
    return found
