"""Rows that babelset wrote, as a test wants them: the evidence whole, and no text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babelset.contracts.stored import filled
from babelset.files.row import KEY


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The row with all of its evidence; as it is where it has none."""
    return {**row, KEY: filled(row, json.loads(row[KEY]))} if isinstance(row.get(KEY), str) else row


def underived(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they were before a command copied them from one output to another."""
    return [{**row, KEY: {key: told for key, told in row[KEY].items() if key != "derived"}} for row in rows]


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [told(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
