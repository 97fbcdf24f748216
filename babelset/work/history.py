"""How rows came to be: the manifests beside them, and beside what these runs read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError
from babelset.files.hub import is_hub
from babelset.work.manifest import Manifest, told_manifest
from babelset.work.places import Places

MOST = 10_000  # runs that are told
STEPS = 20  # folders of pipelines that are looked into


def history(paths: Iterable[str]) -> list[Manifest]:
    """
    The manifests of the runs that made these files, and of those that made what they read, the earliest first.

    >>> [run["command"] for run in history(["strict.jsonl"])]
    ['translate', 'score', 'filter']

    A run is found beside the run that read it, or in its folder of steps, by the hash of its output. A manifest that is
    missing or damaged is left out.
    """
    found: dict[str, Manifest] = {}
    for path in paths:
        if not is_hub(path):
            _add(found, Path(path), told_manifest(Places.of(path).manifest))
    return list(found.values())


def _add(found: dict[str, Manifest], path: Path, manifest: Manifest) -> None:
    """The run after those before it; a chain of runs is as deep as somebody typed commands."""
    left = [(path, manifest)]
    line: dict[str, Manifest] = {}
    while left and len(found) + len(line) < MOST:
        path, manifest = left.pop(0)
        key = os.path.realpath(path)
        if not manifest or key in line:
            continue
        line[key] = manifest
        left += [each for given in _given(manifest) for each in _made(path.parent, given)]
    for key, manifest in reversed(line.items()):
        found.setdefault(key, manifest)


def _given(manifest: Manifest) -> list[Mapping[str, Any]]:
    given = manifest.get("inputs", [])
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _made(folder: Path, given: Mapping[str, Any]) -> Iterator[tuple[Path, Manifest]]:
    """The run, in the folder or in one of steps in it, whose output is this very file."""
    name = Path(str(given.get("file", ""))).name
    for place in (folder, folder.parent, *sorted(folder.glob("*.steps"))[:STEPS]) if name else ():
        try:
            manifest = told_manifest(Places.of(place / name).manifest)
        except ConfigError:
            return
        hashes = [each.get("xxh3_128") for each in manifest.get("written", ()) if isinstance(each, dict)]
        if given.get("xxh3_128") in hashes:
            yield place / name, manifest
            return
