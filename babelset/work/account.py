"""The account of a run: rows in = accepted + rejected + failed, and why rows were rejected."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from babelset.contracts.shape import column_name
from babelset.errors import AccountingError
from babelset.files.row import KEY
from babelset.work.journal import Entry

COLUMNS = 200  # that are counted by name
INDEX = re.compile(r"\[\d+\]")
STATUSES = ("accepted", "rejected", "failed")


@dataclass
class RouteTally:
    """Rows by route. `accounts` has every engine of the run, with what it cost where it tells; `rules` counts them."""

    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rules: int = 0
    rows: Counter[str] = field(default_factory=Counter)  # by the engine whose translation was kept
    tried: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)  # of the rows that it tried
    after: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # another engine
    by_rule: Counter[int] = field(default_factory=Counter)

    def add(self, evidence: dict[str, Any]) -> None:
        if (route := evidence.get("route")) is None:
            return
        self.by_rule[route["rule"]] += 1
        self.rows[route["kept"]] += 1
        before = list(takewhile(lambda name: name != route["kept"], route["tried"]))
        self.after[route["kept"]].update(before[-1:])
        made = [candidate["targets"] for candidate in evidence.get("candidates", ())] or [evidence["segments"]]
        for name, segments in zip(route["tried"], made, strict=False):
            self.tried[name] += 1
            self.segments[name] += len(segments)

    def report(self) -> dict[str, Any]:
        engines = {name: self._engine(name) for name in dict.fromkeys([*self.accounts, *self.tried])}
        rules = {str(index): self.by_rule[index] for index in sorted({*range(self.rules), *self.by_rule})}
        return {"routes": {"engines": engines, "rules": rules}} if engines else {}

    def _engine(self, name: str) -> dict[str, Any]:
        found = {"rows": self.rows[name], "tried": self.tried[name], "segments": self.segments[name]}
        after, account = dict(self.after[name]), dict(self.accounts.get(name, {}))
        return {**found, "after": after, **({"account": account} if account else {})}


def _few(name: str, counted: Mapping[str, Any]) -> str:
    """A name to count under, so that rows with keys of their own do not fill the memory."""
    return name if name in counted or len(counted) < COLUMNS else "others"


@dataclass
class Tally:
    """What the journal holds, counted by reading it once: so a resumed run counts like an uninterrupted one."""

    rows: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    uncovered: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)  # by check, what its verdicts counted
    translated: Counter[str] = field(default_factory=Counter)  # columns, in rows
    left: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # columns, by reason
    input_notes: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    kept_spans: int = 0
    routes: RouteTally = field(default_factory=RouteTally)

    def over(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries, counted as they go by."""
        for entry in entries:
            self.add(entry)
            yield entry

    def add(self, entry: Entry) -> None:
        self.rows[entry["status"]] += 1
        if entry["status"] == "failed":
            return
        evidence = entry["data"][KEY]
        self.routes.add(evidence)
        self._add_columns(evidence)
        self.segments += len(evidence["segments"])
        self.kept_spans += sum(len(item["keeps"]) for item in evidence["fields"])
        self.rejections.update(verdict["check"] for verdict in evidence["verdicts"] if not verdict["ok"])
        for verdict in evidence["verdicts"]:
            if "counts" in verdict:
                self.counts.setdefault(verdict["check"], Counter()).update(verdict["counts"])
        for check, scores in evidence["scores"].items():
            if "." not in check:  # parts are covered as the whole is
                self.uncovered[check] += bool(scores) and all(score is None for score in scores)
        for segment in evidence["segments"]:
            self.flags.update(segment["flags"])

    def _add_columns(self, evidence: dict[str, Any]) -> None:
        for name in dict.fromkeys(column_name(item["path"]) for item in evidence["fields"]):
            self.translated[_few(name, self.translated)] += 1
        for name, why in evidence.get("left", {}).items():
            name = INDEX.sub("[*]", name)
            self.left[_few(name, self.left)][why] += 1
        if note := evidence.get("input_note"):
            self.input_notes[note] += 1

    def _columns(self) -> dict[str, Any]:
        if not self.translated and not self.left:
            return {}
        left = {name: dict(reasons.most_common()) for name, reasons in self.left.items()}
        return {"columns": {"translated": dict(self.translated), "left": left}}

    def report(self, read_rows: int) -> dict[str, Any]:
        counts = {status: self.rows[status] for status in STATUSES}
        if read_rows != sum(counts.values()):
            total = " + ".join(f"{count} {status}" for status, count in counts.items())
            raise AccountingError(f"{read_rows} rows were read, but {total} were found; keep the files and report this")
        return {
            "rows": {"read": read_rows, **counts},
            "rejections": dict(self.rejections.most_common()),
            "not_covered": {check: count for check, count in self.uncovered.most_common() if count},
            "counts": {check: dict(counts.most_common()) for check, counts in self.counts.items()},
            "segments": {
                "translated": self.segments,
                "kept_spans": self.kept_spans,
                **dict(self.flags.most_common()),
            },
            **self._columns(),
            **({"input_notes": dict(self.input_notes)} if self.input_notes else {}),
            **self.routes.report(),
        }
