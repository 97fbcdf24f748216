"""Whether files hold the same rows, as one was made of the other: to export both would double them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import MADE, known_of
from babelset.errors import ConfigError
from babelset.files.hub import is_hub
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.files.survey import Survey, digest_of
from babelset.work.manifest import told_manifest
from babelset.work.output import DERIVING
from babelset.work.places import Places

ROW = ("file", "row", "line", "target", MADE)  # what tells a row from all others


def check_derived(seen: Survey, inputs: Sequence[str], format: str | None) -> None:
    """Raise ConfigError where a row is in two of the files, as one was made of the other, or both of a third."""
    _check_manifests(seen)
    _check_rows(inputs, format)


def _check_manifests(seen: Survey) -> None:
    """By the manifests beside the files, which name their inputs with their hashes."""
    files = {str(path): known for path, (_, known) in seen.states.items()}
    owners: dict[str, list[str]] = {}  # of what is known by a hash: those that hold it, or were made of it
    for path, each in files.items():
        owners.setdefault(digest_of(each), []).append(path)
    for path in files:
        manifest = {} if is_hub(path) else told_manifest(Places.of(path).manifest)
        for parent in manifest["inputs"] if manifest.get("command") in DERIVING else ():
            known = owners.setdefault(digest_of(parent), [])
            if other := next((file for file in known if file != path), ""):
                also = other if Path(other).name == parent["file"] else f"{parent['file']}, as was {other}"
                raise ConfigError(
                    f"{path} was made of {also}, by babelset {manifest['command']}: the same rows would be "
                    "there twice; name one of the two"
                )
            known.append(path)


def _check_rows(inputs: Sequence[str], format: str | None) -> None:
    """The same by what rows say, where a manifest is not there: is the first row of a derived file in another?"""
    first = {path: next(_known(path, format), {}) for path in inputs if len(inputs) > 1 and not is_hub(path)}
    for path, known in first.items():
        near = [other for other, its in first.items() if other != path and _alike(known, its, ("file", "target"))]
        for other in near if known.get("derived") else ():
            if any(_alike(known, each, ROW) for each in _known(other, format)):
                raise ConfigError(
                    f"{path} was made by babelset {known['derived'][-1]}, and its first row is in {other}, too: the "
                    "same rows would be there twice; name one of the two"
                )


def _known(path: str, format: str | None) -> Iterator[dict[str, Any]]:
    return (known_of(row.data) for row in read([path], format=format) if isinstance(row, Row))


def _alike(one: Mapping[str, Any], other: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return all(one.get(key) == other.get(key) for key in keys)
