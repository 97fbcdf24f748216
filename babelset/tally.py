"""The account of a run: rows in = accepted + rejected + failed, and why rows were turned away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from babelset.errors import AccountingError
from babelset.evidence import KEY

STATUSES = ("accepted", "rejected", "failed")


@dataclass
class Tally:
    """What the journal holds, counted by reading it once: so a resumed run counts like an uninterrupted one."""

    rows: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    uncovered: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)  # by check, what its verdicts counted
    segments: int = 0
    kept_spans: int = 0

    def add(self, entry: dict[str, Any]) -> None:
        self.rows[entry["status"]] += 1
        if entry["status"] == "failed":
            return
        evidence = entry["data"][KEY]
        self.segments += len(evidence["segments"])
        self.kept_spans += sum(len(item["keeps"]) for item in evidence["fields"])
        self.rejections.update(verdict["check"] for verdict in evidence["verdicts"] if not verdict["ok"])
        for verdict in evidence["verdicts"]:
            if "counts" in verdict:
                self.counts.setdefault(verdict["check"], Counter()).update(verdict["counts"])
        for check, scores in evidence["scores"].items():
            self.uncovered[check] += bool(scores) and all(score is None for score in scores)
        for segment in evidence["segments"]:
            self.flags.update(segment["flags"])

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
        }
