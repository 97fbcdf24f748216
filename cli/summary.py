"""How a finished run is told: a rich table on a terminal, plain lines in a pipe, JSON when asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from babelset.cli.terminal import say, show_json

NOTES = {
    "rejections": "rejected by",
    "failures": "failed because",
    "not_covered": "not covered by",
}

SHOWN = 12  # counts of one line


def show(manifest: Mapping[str, Any], *, as_json: bool, stderr: bool = False) -> None:
    """Print the account of a run. `stderr` when standard output carries rows."""
    if as_json:
        show_json(manifest, err=stderr)
        return
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        _table(manifest, stderr)
    else:
        for name, value in _facts(manifest):
            say(f"{name}: {value}", err=stderr)


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = manifest["rows"]
    apart = ("read", "written") if "used" in rows else ("read",)
    became = " + ".join(f"{count} {status}" for status, count in rows.items() if status not in apart)
    more = f", {rows['written']} written" if "used" in rows else ""
    facts = [("rows", f"{rows['read']} read = {became}{more}")]
    for key, title in NOTES.items():
        if counts := manifest.get(key):
            facts.append((title, _first(counts)))
    if segments := manifest.get("segments"):
        facts.append(("segments", ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in segments.items())))
    for check, counts in manifest.get("counts", {}).items():
        facts.append((check, _first(counts)))
    if engine := manifest.get("engine"):
        plain = {key: value for key, value in engine.items() if not isinstance(value, dict)}
        facts.append(("engine", ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in plain.items())))
    if routes := manifest.get("routes"):
        facts.append(("routes", _routes(routes["engines"])))
    facts += [(check, _cost(account)) for check, account in manifest.get("accounts", {}).items()]
    facts += [(name, path) for name, path in manifest.get("files", {}).items()]
    if manifest.get("notice"):
        facts.append(("quality", manifest["notice"]))
    return facts


def _first(counts: Mapping[str, int]) -> str:
    """The first of many counts: a line of a terminal, the manifest or the ledger has all."""
    shown = [f"{what} {count}" for what, count in list(counts.items())[:SHOWN]]
    return ", ".join(shown) + (", ..." if len(counts) > SHOWN else "")


def _routes(engines: dict[str, dict[str, Any]]) -> str:
    """Which engine made how many rows, then what each cost: "nllb 800 rows, llm 199 rows (84 after nllb); llm ..."."""
    rows = []
    for name, engine in engines.items():
        after = ", ".join(f"{count} after {other}" for other, count in engine["after"].items())
        rows.append(f"{name} {engine['rows']} rows" + (f" ({after})" if after else ""))
    costs = [f"{name} {_cost(engine['account'])}" for name, engine in engines.items() if "account" in engine]
    return "; ".join([", ".join(rows), *costs])


def _cost(account: Mapping[str, Any]) -> str:
    """Requests, tokens and money of an account, as far as it tells them."""
    parts = [f"{account['requests']:,} requests"] if "requests" in account else []
    if tokens := sum(value for key, value in account.items() if key.endswith("_tokens")):
        parts.append(f"{tokens:,} tokens")
    if "cost" in account:
        parts.append(f"{account['cost']:.2f} {account.get('currency', '')}".rstrip())
    return ", ".join(parts)


def _table(manifest: Mapping[str, Any], stderr: bool) -> None:
    from babelset.cli.console import Console, cell, table

    shown = table(("", ""), (), left=2, show_header=False, padding=(0, 2, 0, 0))
    for name, value in _facts(manifest):
        shown.add_row(cell(name, "bold"), cell(value, "yellow" if name == "quality" else ""))
    Console(stderr=stderr).print(shown)


def show_all(accounts: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the accounts of many steps: a line each, where the rows went, and each quality notice once."""
    from babelset.cli.console import Console, cell, table

    titles = ("step", "read", "written", "rejected", "failed", "where")
    steps = [_step(title, account) for title, account in accounts.items()]
    shown = table(titles, steps, left=1, padding=(0, 2, 0, 0))
    shown.columns[-1].justify = "left"
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(shown)
    for title, account in accounts.items():
        for note in account.get("notes", ()):
            console.print(cell(f"{title}: {note}"))
        if lines := account.get("mix"):
            console.print(table((title, *lines[0]), [["", *line.values()] for line in lines], left=2))
    for notice in dict.fromkeys(account["notice"] for account in accounts.values() if account.get("notice")):
        console.print(cell(f"quality: {notice}", "yellow"))


def _step(title: str, account: Mapping[str, Any]) -> list[object]:
    rows, where = account["rows"], _where(account.get("files", {}))
    counts = (rows["read"], rows.get("accepted", rows.get("written")), rows.get("rejected", ""), rows["failed"])
    return [title, *counts, where]


def _where(files: Mapping[str, str]) -> str:
    """The accepted rows of a run, or all files of an export."""
    apart = ("rejected", "failed", "manifest")
    return files.get("accepted") or ", ".join(path for what, path in files.items() if what not in apart)
