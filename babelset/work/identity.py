"""
What decides an output, and whether it was made already: two commands with the same identity write the same bytes.

An identity stands in the manifest of a finished output and in the journal of an unfinished one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from babelset import __version__
from babelset.errors import ConfigError
from babelset.translation.job import Places
from babelset.work.journal import compare


def identity_of(parts: Mapping[str, Any]) -> dict[str, Any]:
    """`identity_of({"chunk": 8})` -> {"babelset": "0.1.0", "chunk": 8}: JSON, the same in every process."""
    return dict(json.loads(json.dumps({"babelset": __version__, **parts}, default=_plain)))


def _plain(value: Any) -> Any:
    """Sets have no order of their own."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def finished(places: Places, identity: Mapping[str, Any], otherwise: str) -> dict[str, Any] | None:
    """
    The manifest of a finished output of this identity; None where there is none, or work on it goes on.

    Raises ConfigError for an output of another identity, with the difference, and for a file that no manifest tells
    of: that is what `otherwise` says of it, "is not a run's output".
    """
    if places.work.exists() or not places.accepted.exists():
        return None
    if places.accepted.is_dir() or not places.manifest.exists():
        raise ConfigError(f"{places.accepted} exists and {otherwise}; name another one, or say --force")
    manifest = json.loads(places.manifest.read_text("utf-8"))
    differences = compare({key: manifest.get(key) for key in identity}, dict(identity))
    if not differences:
        return dict(manifest)
    shown = "".join(f"\n  {line}" for line in differences[:10])
    raise ConfigError(f"{places.accepted} exists and was made differently:{shown}\nName another output, or say --force")
