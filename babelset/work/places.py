"""Where a command writes, and what it must never write to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from babelset.errors import ConfigError, check_name
from babelset.files.hub import is_hub
from babelset.files.writing import part_of

SUFFIXES = (".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".txt", ".conll")


@dataclass(frozen=True, slots=True)
class Places:
    """
    The output of a command, and everything beside it.

    >>> Places.of("out/ca.jsonl").failed, Places.of("out/ca.json").failed
    (PosixPath('out/ca.failed.jsonl'), PosixPath('out/ca.json.failed.jsonl'))

    Raises ConfigError for a dataset of the hub.

    Two outputs never share a file: what is beside them is named after the whole file name, without ".jsonl" only.
    """

    accepted: Path
    quiet: bool = False  # whether the manifest is a hidden file, since whoever reads the output reads all of its folder

    @classmethod
    def of(cls, output: str | Path, *, quiet: bool = False) -> Places:
        if is_hub(output):
            cure = "make a file of it first: babelset filter {} -o FILE.jsonl"
            raise ConfigError(f"{output}: nothing can be kept beside a dataset of the hub; {cure.format(output)}")
        return cls(Path(output), quiet)

    def _beside(self, ending: str) -> Path:
        return self.accepted.with_name(self.accepted.name.removesuffix(".jsonl") + ending)

    @property
    def rejected(self) -> Path:
        stem = stem_of(self.accepted.name)
        return self.accepted.with_name(f"{stem}.rejected{self.accepted.name[len(stem) :]}")

    @property
    def failed(self) -> Path:
        return self._beside(".failed.jsonl")

    @property
    def manifest(self) -> Path:
        found = self._beside(".manifest.json")
        return found.with_name(f".{found.name}") if self.quiet else found

    @property
    def memory(self) -> Path:
        return self._beside(".memory.sqlite")

    @property
    def review(self) -> Path:
        return self._beside(".review.sqlite")

    @property
    def calibration(self) -> Path:
        return self._beside(".calibrate.work")

    @property
    def all(self) -> list[Path]:
        """Every file of a finished run."""
        return [self.accepted, self.rejected, self.failed, self.manifest, self.memory, self.review]

    @property
    def work(self) -> Path:
        return self._beside(".work")


def stem_of(name: str) -> str:
    """`stem_of("ca.jsonl.gz")` -> "ca"."""
    while name.lower().endswith(SUFFIXES):
        name = name.rpartition(".")[0]
    return name


def keep_apart(
    reads: Iterable[str | Path], writes: Mapping[str, Path], shares: Mapping[str, Path] | None = None
) -> None:
    """
    Raise ConfigError for a file that is read and written, or written as two things; links are what they point to.

    >>> keep_apart(["a.rejected.jsonl"], {"rejected rows": Path("a.rejected.jsonl")})
    ConfigError: a.rejected.jsonl is read, and would be written as the rejected rows; name another output
    """
    read = {key for path in reads for key in _keys(Path(path))}
    written: dict[str, str] = {}
    shared = shares or {}
    for path in [*writes.values(), *shared.values()]:
        check_name(str(path))
    for path in writes.values():
        _check_kind(path)
    for what, path in {**writes, **shared}.items():
        for each in (path, part_of(path)) if path.name else (path,):
            keys = _keys(each)
            if keys & read:
                raise ConfigError(f"{each} is read, and would be written as the {what}; name another output")
            keys.add(_alike(each))
            if other := next((written[key] for key in keys if key in written), ""):
                raise ConfigError(f"{path} would be written as the {other} and as the {what}; name another output")
            written |= dict.fromkeys(keys, what)


def keep_outside(folder: Path, paths: Iterable[str | Path]) -> None:
    """Raise ConfigError for a file in the work folder, which goes when the output is finished."""
    inside = os.path.realpath(folder)
    for path in paths:
        if Path(os.path.realpath(path)).is_relative_to(inside):
            raise ConfigError(f"{path} lies in {folder}, which is removed when the output is finished; move it")


def named_files(options: Any) -> Iterator[str]:
    """
    Every file that an option names, however deep, also behind a colon: all of them may be read.

    >>> list(named_files({"few_shot": "shots.csv", "guard": "embedding:labse", "seed": 4}))
    ['shots.csv']
    """
    if isinstance(options, Mapping):
        yield from named_files(list(options.values()))
    elif isinstance(options, list | tuple):
        for option in options:
            yield from named_files(option)
    elif isinstance(options, str | Path):
        whole = str(options)
        texts = (whole, whole.partition(":")[2])
        yield from filter(os.path.isfile, texts)  # unlike `Path.is_file` it takes any text


def _check_kind(path: Path) -> None:
    """Raise ConfigError for a device or a pipe, in whose place the output would appear."""
    _keys(path)  # which looks at the name
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ConfigError(f"{path} is not a regular file; name another output, or write to standard output with -o -")


def _keys(path: Path) -> set[str]:
    """What a file is known by: where it is, and the file itself, which may have several names."""
    try:
        keys = {os.path.realpath(path)}
        if path.exists():
            found = path.stat()
            keys.add(f"{found.st_dev}:{found.st_ino}")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a name cannot hold NUL"
        raise ConfigError(f"{path}: {reason}; choose another name") from None
    return keys


def _alike(path: Path) -> str:
    """What names have in common that some file systems take for one."""
    return normalize("NFC", os.path.realpath(path)).casefold()
