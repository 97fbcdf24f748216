"""Decisions into rows: each row of a run as its reviewer decided, and corrections into the translation memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import REVIEW, Evidence
from babelset.errors import ConfigError, DataError
from babelset.files.halves import fit_for
from babelset.files.reading import read
from babelset.files.row import KEY, BadRow, Row
from babelset.files.survey import Survey, survey
from babelset.review.choice import known, translated_files
from babelset.review.decided import DONE, decided
from babelset.review.item import id_of, place_of
from babelset.review.record import Decision
from babelset.review.remember import Correction, corrections, remember
from babelset.review.store import Store
from babelset.translation.parsing import failed
from babelset.work.account import Tally
from babelset.work.journal import Entry
from babelset.work.licenses import licenses
from babelset.work.manifest import Manifest
from babelset.work.output import making
from babelset.work.places import Places, keep_apart

NAMED = 20  # rows that the account names
UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Order:
    """`Order(("es.jsonl",), "es.reviewed.jsonl")`; `memory` and `store` are in place of those beside the runs."""

    runs: Sequence[str]
    output: str
    rejected: str | None = None
    memory: str | None = None
    store: str | None = None
    reviewed_only: bool = False
    format: str | None = None
    force: bool = False


def apply_review(order: Order) -> Manifest:
    """
    Write every row of the runs with the newest decision on it; the account.

    >>> apply_review(Order(["es.jsonl"], "es.reviewed.jsonl"))["rows"]
    {'read': 33, 'accepted': 30, 'rejected': 3, 'failed': 0}

    Rows that nobody decided on are written as they are, or left out with `reviewed_only`; failed ones stay failed.
    A finished output of the same order is left alone. Raises ConfigError where there is no review, an output of another
    one exists without `force`, or is one of the inputs.
    """
    places = Places.of(order.output)
    rejected = Path(order.rejected) if order.rejected else places.rejected
    files = {"accepted": places.accepted, "rejected": rejected, "failed": places.failed}
    inputs = [str(path) for run in order.runs for path in _files(Places.of(run))]
    paths = _stores(order)
    keep_apart(inputs, {f"review {path}": path for path in paths})
    seen = survey(inputs, format=order.format, count=False)
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(_whole(path))) for path in paths]
        output = stack.enter_context(
            making(
                "apply-review", places, _parts(order, seen, stores), reads=[*inputs, *paths], writes=files,
                shares=_memories(order), like=order.runs[0], force=order.force, resumes=False,
            )
        )  # fmt: skip
        if output.made:
            return output.made
        applying = _Applying(order, stores)

        def about() -> dict[str, Any]:
            seen.check()
            account = applying.account()
            if applying.corrections:
                account["counts"]["memory"] = remember(applying.corrections)
                account["files"] = {"memory": ", ".join(sorted({str(each.memory) for each in applying.corrections}))}
            for review in stores:
                review.close()  # before anything appears: who is killed later leaves no log next to it
            return {"licenses": licenses(None, order.runs, {}), **account}

        return output.publish(applying.entries(), files, about, always=("accepted", "rejected"))


def _parts(order: Order, seen: Survey, stores: Sequence[Store]) -> dict[str, Any]:
    options = {"rejected": order.rejected, "memory": order.memory, "reviewed_only": order.reviewed_only}
    return {"inputs": seen.files, "options": options, "decisions": [store.digest() for store in stores]}


def _whole(path: Path) -> Store:
    """Raises DataError for one that was damaged: rows must not come out as if nobody had decided on them."""
    store = Store.open(path)
    if store.mended:
        store.close()
        raise DataError("look at what was saved of it with `babelset review`, then run this again", file=str(path))
    return store


def _memories(order: Order) -> dict[str, Path]:
    paths = [Path(order.memory)] if order.memory else [Places.of(run).memory for run in order.runs]
    return {f"translation memory {number}": path for number, path in enumerate(dict.fromkeys(paths))}


def _stores(order: Order) -> list[Path]:
    """The review that is named, or every one beside a run: one may hold the rows of several."""
    paths = [Path(order.store)] if order.store else [Places.of(run).review for run in order.runs]
    found = [path for path in dict.fromkeys(paths) if path.exists()]
    if not found:
        raise ConfigError(f"{paths[0]}: it has no review yet; first run: babelset review {order.runs[0]}")
    return found


def _files(places: Places) -> list[Path]:
    return [*translated_files(places), *(path for path in [places.failed] if path.exists())]


@dataclass
class _Applying:
    """The rows on their way out, and what is counted meanwhile."""

    order: Order
    stores: Sequence[Store]
    tally: Tally = field(default_factory=Tally)
    verdicts: Counter[str] = field(default_factory=Counter)
    read: int = 0
    left_out: int = 0
    seen: set[str] = field(default_factory=set)  # items with a decision
    turned_back: list[str] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        done = set[Path]()
        for places in map(Places.of, self.order.runs):
            for path in _files(places):
                if path.resolve() not in done:  # the rejected rows of a run that was named before
                    done.add(path.resolve())
                    yield from self._read(path, places)

    def _read(self, path: Path, places: Places) -> Iterator[Entry]:
        ledger = path == places.failed
        for row in fit_for(self.order.output, read([path], format=None if ledger else self.order.format)):
            self.read += 1
            entry = self._ledger(row) if ledger else self._entry(row, places)
            if entry:
                yield entry

    def _ledger(self, row: Row | BadRow) -> Entry:
        entry = failed(row) if isinstance(row, BadRow) else {"status": "failed", "data": row.data}
        self.tally.add(entry)
        return entry

    def _entry(self, row: Row | BadRow, places: Places) -> Entry | None:
        """None for a row that is left out."""
        try:
            if isinstance(row, BadRow):
                raise DataError(row.reason)
            data, evidence = known(row.data)
        except (DataError, ConfigError) as error:
            return self._ledger(BadRow(row.number, row.file, row.line, str(error), getattr(row, "raw", "")))
        decision = self._newest(id_of(data, evidence))
        self.verdicts[decision["verdict"] if decision else UNDECIDED] += 1
        if decision:
            self.seen.add(decision["item"])
            return self._decided(data, evidence, decision, places)
        if self.order.reviewed_only:
            self.left_out += 1
            return None
        self.tally.add({"status": evidence["status"], "data": {KEY: evidence}})
        return {"status": evidence["status"], "data": data}

    def _newest(self, id: str) -> Decision | None:
        found = [decision for store in self.stores if (decision := store.decision(id))]
        newest = max(found, key=lambda decision: decision["at"], default=None)
        return newest if newest and newest["verdict"] != "open" else None

    def _decided(self, data: dict[str, Any], evidence: Evidence, decision: Decision, places: Places) -> Entry:
        entry = decided(data, evidence, decision)
        self.tally.add(entry)
        if entry["status"] == "rejected" and decision["verdict"] != "reject":
            reasons = [verdict["reason"] for verdict in entry["data"][KEY]["verdicts"] if not verdict["ok"]]
            self.turned_back.append(f"{place_of(evidence)}: {'; '.join(reasons)}")
        if decision["verdict"] == "correct":
            memory = Path(self.order.memory) if self.order.memory else places.memory
            self.corrections += corrections(data, evidence, decision, memory)
        return entry

    def account(self) -> dict[str, Any]:
        """Raises AccountingError where rows were lost."""
        report = self.tally.report(self.read - self.left_out)
        rows = {**report["rows"], "read": self.read, **({"left_out": self.left_out} if self.left_out else {})}
        verdicts = {DONE.get(verdict, verdict): self.verdicts[verdict] for verdict in (*DONE, UNDECIDED)}
        gone = [
            self._name(store, decision)
            for store in self.stores
            for decision in store.decisions()
            if self._gone(decision)
        ]
        return {
            **report,
            "rows": rows,
            "counts": {**report["counts"], REVIEW: verdicts},
            "turned_back": {"rows": len(self.turned_back), "first": self.turned_back[:NAMED]},
            "gone": {"decisions": len(gone), "first": gone[:NAMED]},
        }

    def _gone(self, decision: Decision) -> bool:
        return decision["verdict"] != "open" and decision["item"] not in self.seen

    def _name(self, store: Store, decision: Decision) -> str:
        item = store.get(decision["item"])
        place = f"{item['run']} {item['place']}" if item else "unknown row"
        return f"{place}: {DONE[decision['verdict']]} by {decision['reviewer']}"
