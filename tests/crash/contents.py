"""What is in a folder, without what may differ between two runs that are the same."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

TIMES = ("this_process", "started", "seconds", "server")  # of a manifest: what concerns one process
SPENT = ("requests", "retries", "prompt_tokens", "completion_tokens", "cached_tokens", "cost")  # at most, after a death
DECIDED = re.compile(r'(?<="at":")[\dT:Z-]{20}|"xxh3_128":"[0-9a-f]{32}"')  # when, and the checksum of that, too
Files = dict[str, Any]


def snapshot(folder: Path) -> Files:
    """What each file says, by its path; folders end with a slash."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[f"{name}/" if path.is_dir() else name] = "" if path.is_dir() else content(path)
    return found


def content(path: Path) -> Any:
    """The bytes; of a manifest no times and costs, of a database its rows."""
    if path.name.endswith(".manifest.json"):
        manifest = _timeless(json.loads(path.read_text("utf-8")))
        assert len(manifest.pop("xxh3_128")) == 32, "the checksum, of the times too"
        return manifest
    if path.suffix == ".sqlite":
        return _tables(path)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    return path.read_bytes()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in (*TIMES, *SPENT)}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def _tables(path: Path) -> dict[str, list[str]]:
    with _copy(path) as db:
        names = sorted(name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        found = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in names}
    found.pop("spent", None)
    return {name: [DECIDED.sub("", row) for row in rows] for name, rows in found.items()}


@contextmanager
def _copy(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of a database with its log: to open the database itself may change it."""
    with tempfile.TemporaryDirectory(dir=path.parent.parent) as folder:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-journal"):
            if (path.parent / name).exists():
                shutil.copyfile(path.parent / name, Path(folder, name))
        with closing(sqlite3.connect(Path(folder, path.name))) as db:
            yield db


def stored_in(folder: Path) -> tuple[set[str], int]:
    """What the translator that costs has in the memories of a folder, and how many replies of models are kept there."""
    sources, replies = set[str](), 0
    for path in folder.rglob("*.sqlite"):
        with _copy(path) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            if "memory" in tables:
                paid = "SELECT pair || ' ' || source FROM memory WHERE signature LIKE 'paid%'"
                sources |= {text for (text,) in db.execute(paid)}
            if "replies" in tables:
                replies += db.execute("SELECT count(*) FROM replies").fetchone()[0]
    return sources, replies
