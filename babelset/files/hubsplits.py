"""
Which files of a hub dataset are which split: as its card says, else as the files are named.

configs:                             # of the card; without it, data/test-00000-of-00001.parquet is of the split test
- config_name: socratic
  data_files: [{split: train, path: socratic/train-*}]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from babelset.errors import ConfigError, did_you_mean
from babelset.files.compression import COMPRESSED
from babelset.files.formats import FORMATS
from babelset.files.frontmatter import front_matter
from babelset.files.hub import HubName, cached, fetched, hub, is_hub, reaching

CARD = "README.md"
CONVERTED = "refs/convert/"  # where the hub keeps its own Parquet copies: CONFIG/SPLIT/0000.parquet
BEST = ("parquet", "jsonl", "json", "csv", "tsv", "txt")  # of formats that are there equally often
MOST = 100_000  # patterns of a card
NO_DATA = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "config.json", "state.json")
SHARDED = re.compile(r"(?:.*/)?(?P<split>[A-Za-z_][\w.]*)-\d{5,}-of-\d{5,}[^/]*", re.ASCII)
WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
Files = dict[str, dict[str, list[str]]]  # paths by configuration and split


def expanded(paths: Sequence[str | Path]) -> tuple[str, ...]:
    """
    The paths with each dataset of the hub replaced by its files, at the commit where it is now.

    >>> expanded(["a.jsonl", "hf:tatsu-lab/alpaca"])
    ('a.jsonl', 'hf:tatsu-lab/alpaca@dce01c9b08f8...:default/train/data/train-00000-of-00001-a09b74b3ef9c3b56.parquet')

    Within a process the answer stays the same. Raises ConfigError for a dataset, configuration or split that is not
    there, EngineError where the hub cannot be reached.
    """
    return tuple(each for path in paths for each in (_files(str(path)) if is_hub(path) else (str(path),)))


def split_of(file: str) -> str:
    """`split_of("alpaca.test.jsonl")` -> "test"; of a file of the hub as it says, "train" where nothing tells."""
    if is_hub(file):
        return HubName.of(file).split or "train"
    return _split_by_name(PurePosixPath(file).name)


def card_of(file: str) -> Path | None:
    """The card of the dataset that a file of the hub is from, which was fetched with it; None where it has none."""
    return cached(HubName.of(file), CARD)


@cache
def _files(name: str) -> tuple[str, ...]:
    asked = HubName.of(name)
    if asked.path:
        return (name,)
    with reaching(name):
        info = hub().dataset_info(asked.repo, revision=asked.revision or None)
    paths = frozenset(each.rfilename for each in info.siblings or ())
    pinned = replace(asked, revision=str(info.sha))
    configs = _configs(pinned, paths, asked.revision.startswith(CONVERTED))
    config = _chosen(name, "configuration", asked.config, configs, ":")
    splits = configs[config]
    wanted = [_chosen(name, "split", asked.split, splits, "/")] if asked.split else list(splits)
    files = [replace(pinned, config=config, split=split, path=path) for split in wanted for path in splits[split]]
    return tuple(str(HubName.of(str(file))) for file in files)  # which looks at the names that others gave


def _chosen(name: str, what: str, asked: str, known: Mapping[str, Any], mark: str) -> str:
    there = ", ".join(known)
    if asked and asked not in known:
        raise ConfigError(f"{name}: no {what} {asked!r}.{did_you_mean(asked, list(known))} There are: {there}")
    if not asked and len(known) > 1 and "default" not in known:
        raise ConfigError(f"{name}: which {what}? Write {mark}NAME behind it. There are: {there}")
    return asked or ("default" if "default" in known else next(iter(known)))


def _configs(name: HubName, paths: frozenset[str], converted: bool) -> Files:
    told = [] if converted or CARD not in paths else _told(fetched(name, CARD))
    found: Files = {}
    if converted:
        for path in sorted(path for path in paths if path.count("/") > 1):
            config, split, _ = path.split("/", 2)
            found.setdefault(config, {}).setdefault(split.removeprefix("partial-"), []).append(path)
    for each in told:
        found[str(each.get("config_name", "default"))] = _said(name, each, paths)
    found = found or {"default": _by_name(paths)}
    if not any(splits for splits in found.values()):
        kinds = ", ".join(format.names[0] for format in FORMATS)
        raise ConfigError(f"{name}: it has no file that can be read ({kinds}); try {name.repo}@{CONVERTED}parquet")
    return {config: splits for config, splits in found.items() if splits}


def _told(card: Path) -> list[dict[str, Any]]:
    """The configurations of a card; none where it has no metadata that can be read."""
    found = front_matter(card).get("configs")
    told = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [each for each in told if re.fullmatch(r"[^/:@]+", str(each.get("config_name", "default")))]


def _said(name: HubName, config: Mapping[str, Any], paths: frozenset[str]) -> dict[str, list[str]]:
    """The files of a configuration by split."""
    folder = str(config.get("data_dir", "")).strip("/")
    inside = frozenset(path for path in paths if not folder or path.startswith(f"{folder}/"))
    data = config.get("data_files")
    if data is None:
        return _by_name(inside)
    found: dict[str, list[str]] = {}
    for split, pattern in islice(_patterns(data), MOST):
        whole = str(PurePosixPath(folder, pattern))
        matching = sorted(path for path in inside if fits(path, whole))
        if not matching:
            raise ConfigError(f"{name}: its card names {pattern!r}, and there is no such file; tell those who wrote it")
        found[split] = list(dict.fromkeys([*found.get(split, ()), *matching]))
    return found


def _patterns(data: Any, split: str = "train", depth: int = 4) -> Iterator[tuple[str, str]]:
    """Splits and patterns: "a.csv", ["a.csv", "b.csv"], [{split: test, path: [...]}], {test: a.csv}."""
    if isinstance(data, str):
        yield split, data
    elif isinstance(data, list) and depth:
        for each in data:
            yield from _patterns(each, split, depth - 1)
    elif isinstance(data, dict) and depth:
        told = {data.get("split", split): data["path"]} if "path" in data else data
        for name, each in told.items():
            yield from _patterns(each, _name_of(name), depth - 1)


def _name_of(split: Any) -> str:
    if not re.fullmatch(r"\w[\w.-]*", str(split), re.ASCII):
        raise ConfigError(f"the card names a split {str(split)[:60]!r}, which is no name; tell those who wrote it")
    return str(split)


def fits(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern, in which `*` stands for any part of a name and `**` for any folders."""
    parts, marks = PurePosixPath(path).parts, PurePosixPath(pattern).parts

    @cache  # so that hostile patterns take no more than parts times marks
    def rest(at: int, mark: int) -> bool:
        if mark == len(marks):
            return at == len(parts)
        if marks[mark] == "**":
            return rest(at, mark + 1) or (at < len(parts) and rest(at + 1, mark))
        return at < len(parts) and fnmatchcase(parts[at], marks[mark]) and rest(at + 1, mark + 1)

    return len(marks) < 100 and rest(0, 0)


def _by_name(paths: frozenset[str]) -> dict[str, list[str]]:
    """The data files, of the format that most of them have, by split."""
    known = {path: kind for path in sorted(paths) if (kind := _kind(path))}
    if not known:
        return {}
    counts = Counter(known.values())
    best = max(counts, key=lambda kind: (counts[kind], -BEST.index(kind)))
    found: dict[str, list[str]] = {}
    for path in (path for path, kind in known.items() if kind == best):
        found.setdefault(_split_by_name(path), []).append(path)
    order = [*WORDS, *sorted(found.keys() - WORDS.keys())]
    return {split: found[split] for split in order if split in found}


def _kind(path: str) -> str:
    """The format of a data file, "" for other files."""
    pure = PurePosixPath(path)
    if pure.name in NO_DATA or any(part.startswith((".", "__")) for part in pure.parts):
        return ""
    ending = next((end for end in reversed(pure.suffixes) if end.lower() not in COMPRESSED), "").lower().lstrip(".")
    return next((kind for kind in BEST for form in FORMATS if {ending, kind} <= set(form.names)), "")


def _split_by_name(path: str) -> str:
    if found := SHARDED.fullmatch(path):
        return found["split"]
    words = re.split(r"[^a-z]+", path.lower())
    return next((split for split, known in WORDS.items() for word in words if word in known), "train")
