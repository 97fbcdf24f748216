"""Numbers as words of a report, the same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def count(value: int) -> str:
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """`share(948, 999)` -> "94.9%"; what is not all or nothing is never shown as that."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1%"
    return ">99.9%" if 99.9 < percent < 100 else f"{percent:.1f}%"


def facts(table: Mapping[str, Any]) -> str:
    """`facts({"requests": 1200, "cost": 1.5, "currency": "USD"})` -> "1,200 requests, 1.50 USD"."""
    known = {key: value for key, value in table.items() if key not in ("cost", "currency", "started")}
    parts = [_fact(key.replace("_", " "), value) for key, value in known.items()]
    if cost := table.get("cost"):
        parts.append(f"{_money(cost)} {table.get('currency', '')}".rstrip())
    return ", ".join(parts)


def _fact(name: str, value: object) -> str:
    return f"{name} {value}" if isinstance(value, str) else f"{_amount(value)} {name}"


def _amount(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _money(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, int | float) else str(value)
