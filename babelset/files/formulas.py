"""
Text that a spreadsheet would run: a cell that begins like a formula is written behind an apostrophe.

>>> as_text("=1+1"), as_text("-5"), as_text("- a list")
("'=1+1", '-5', "'- a list")
"""

from __future__ import annotations

import re
from typing import Any

START = re.compile("['\"\\s\ufeff\u200b-\u200f\u2060\x00]*[=+\\-@|\t\r\n\uff1d\uff0b\uff0d\uff20\uff5c]")
NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?%?", re.ASCII)


def as_text(text: str) -> str:
    """The text, behind an apostrophe where it begins like a formula and is no number."""
    return f"'{text}" if START.match(text) and not NUMBER.fullmatch(text) else text


def as_texts(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its names and texts so; a name that differed before does so after."""
    return {as_text(name): as_text(value) if isinstance(value, str) else value for name, value in row.items()}
