"""How a finished run is told: a rich table on a terminal, plain lines in a pipe, JSON when asked."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

NOTES = {
    "rejections": "turned away by",
    "failed": "failed because",
    "not_covered": "not judged by",
}


def show(manifest: dict[str, Any], *, as_json: bool, stderr: bool = False) -> None:
    """Print the account of a run. `stderr` when standard output carries rows."""
    if as_json:
        typer.echo(json.dumps(manifest, ensure_ascii=False, indent=1), err=stderr)
        return
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        _table(manifest, stderr)
    else:
        for name, value in _facts(manifest):
            typer.echo(f"{name}: {value}", err=stderr)


def _facts(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    rows = manifest["rows"]
    written = " + ".join(f"{count} {status}" for status, count in rows.items() if status != "read")
    facts = [("rows", f"{rows['read']} read = {written}")]
    for key, title in NOTES.items():
        if counts := manifest.get(key):
            facts.append((title, ", ".join(f"{check} {count}" for check, count in counts.items())))
    if segments := manifest.get("segments"):
        facts.append(("segments", ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in segments.items())))
    facts += [(name, path) for name, path in manifest.get("files", {}).items()]
    if manifest.get("notice"):
        facts.append(("quality", manifest["notice"]))
    return facts


def _table(manifest: dict[str, Any], stderr: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _facts(manifest):
        table.add_row(name, Text(value, style="yellow" if name == "quality" else ""))
    Console(stderr=stderr).print(table)


def show_all(accounts: dict[str, dict[str, Any]]) -> None:
    """Print the accounts of many steps: a line each, where the rows went, and each quality notice once."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("step", style="bold")
    for name in ("read", "written", "rejected", "failed"):
        table.add_column(name, justify="right")
    table.add_column("where", overflow="fold")
    for title, account in accounts.items():
        rows, files = account["rows"], account.get("files", {})
        counts = (rows["read"], rows.get("accepted", rows.get("written")), rows.get("rejected", ""), rows["failed"])
        table.add_row(title, *map(str, counts), files.get("accepted") or files.get("written"))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    for notice in dict.fromkeys(account["notice"] for account in accounts.values() if account.get("notice")):
        console.print(f"quality: {notice}", style="yellow", markup=False, highlight=False)
