"""
Add scores to translated rows: what is scored once is stored in the row, and never scored again.

Crash-proof like a run: chunks of rows are finished one by one in a journal beside the output, which appears by rename.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from babelset import __version__, plugins
from babelset.chunks import chunked
from babelset.errors import AccountingError, ConfigError, DataError
from babelset.evidence import KEY, Evidence, evidence_of, outcome_of
from babelset.files import read, writing
from babelset.filter import Filter, Outcome
from babelset.job import Places, fingerprints
from babelset.journal import Journal, compare, write_whole
from babelset.row import BadRow, Row
from babelset.run import Manifest, Watch
from babelset.spread import Report
from babelset.worker import Entry, failed, score

SEED = 20  # of what is drawn by chance: the same rows in every process

Known = tuple[dict[str, Any], Evidence, Outcome]


@dataclass(frozen=True, slots=True)
class Scoring:
    """Which rows get which scores, and where to. `sample` scores only so many rows; `force` scores again."""

    inputs: Sequence[str]
    output: str
    scorers: Sequence[Filter]
    sample: int | None = None
    format: str | None = None
    chunk: int = 256
    force: bool = False


def build_scorers(
    names: Sequence[str], options: Mapping[str, Any], config: Mapping[str, bool | dict[str, Any]]
) -> list[Filter]:
    """
    The scorers that a user names, as "comet", "comet:MODEL", "reference:FILE" or "roundtrip:TRANSLATOR", with options.

    >>> build_scorers(["cometkiwi:models/kiwi", "length"], {"length.tolerance": 3.0}, {})

    An option without the name of its scorer is the only scorer's. Raises ConfigError for what is unknown or unclear.
    """
    models = dict(name.partition(":")[::2] for name in names)
    if len(models) < len(names):
        raise ConfigError(f"--with: a scorer is named twice in {', '.join(names)}; its scores have room for one")
    given: dict[str, dict[str, Any]] = {
        name: {_main_option(name): value} if value else {} for name, value in models.items()
    }
    for key, value in options.items():
        name, _, option = key.rpartition(".")
        if not name and len(given) > 1:
            raise ConfigError(f"--option {key}: of which scorer? Write it as {next(iter(given))}.{key}=VALUE")
        if name and name not in given:
            raise ConfigError(f"--option {key}: {name!r} is not among the scorers: {', '.join(given)}")
        given[name or next(iter(given))][option] = value
    return [plugins.build("filters", name, {**_table(config.get(name)), **given[name]}) for name in given]


def _main_option(name: str) -> str:
    """What stands behind a scorer's colon."""
    taken = getattr(plugins.load("filters", name), "model_fields", {})
    return next((option for option in ("file", "translator", "glossary") if option in taken), "model")


def _table(wanted: bool | dict[str, Any] | None) -> dict[str, Any]:
    return wanted if isinstance(wanted, dict) else {}


def add_scores(order: Scoring, watch: Watch | None = None) -> Manifest:
    """
    Write the rows of the inputs, each with the scores of the scorers among its evidence; the account.

    >>> add_scores(Scoring(["ca.jsonl"], "scored.jsonl", [CometKiwi()]))["scores"]
    {'cat_Latn': {'cometkiwi': {'rows': 870, 'not_covered': 1, 'without': 0, 'mean': 0.81, 'quartiles': [...]}}}

    Scores that a row has already are kept, unless `force` is set; its status stays as it is. Rows without evidence
    go to the failed ledger. A finished output of the same order is left alone. Raises ConfigError for another one
    without `force`; what a scorer raises leaves a journal to go on from.
    """
    watch, places = watch or Watch(), Places.of(order.output)
    identity = _identity(order)
    if (done := _finished(places, identity, order)) is not None:
        watch.say(f"{places.accepted} is complete already: nothing to do")
        return done
    with _journal(places, {**identity, "force": order.force}, order.force) as journal:
        started = time.time()
        fresh, read_rows = _work(order, journal, watch)
        about = {**identity, "this_process": {"scored": fresh, "seconds": round(time.time() - started, 1)}}
        return _publish(order, places, journal, about, read_rows)


def _identity(order: Scoring) -> Manifest:
    """What decides the output. Two commands with the same identity write the same bytes."""
    identity = {
        "babelset": __version__,
        "inputs": fingerprints(order.inputs),
        "scorers": {check.name: dict(check) for check in order.scorers},  # type: ignore[call-overload]
        "sample": order.sample,
        "chunk": order.chunk,
    }
    return dict(json.loads(json.dumps(identity, default=_plain)))


def _plain(value: Any) -> Any:
    """Sets have no order of their own."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _finished(places: Places, identity: Manifest, order: Scoring) -> Manifest | None:
    """The manifest of a finished output of the same order; ConfigError when the output is another one."""
    if places.accepted.resolve() in {Path(path).resolve() for path in order.inputs}:
        raise ConfigError(f"{places.accepted} is read and written; name another output")
    if order.force or places.work.exists() or not places.accepted.exists():
        return None
    if places.accepted.is_dir() or not places.manifest.exists():
        raise ConfigError(f"{places.accepted} exists and was not made by scoring; name another one, or say --force")
    manifest = json.loads(places.manifest.read_text("utf-8"))
    differences = compare({key: manifest.get(key) for key in identity}, identity)
    if not differences:
        return dict(manifest)
    shown = "".join(f"\n  {line}" for line in differences[:10])
    raise ConfigError(f"{places.accepted} exists and was made differently:{shown}\nName another output, or say --force")


def _journal(places: Places, identity: Manifest, force: bool) -> Journal:
    """The journal of this order, whoever began it; with `force` a new one in place of another order's."""
    try:
        return Journal(places.work, identity)
    except ConfigError:
        if not force:
            raise
        return Journal(places.work, identity, fresh=True)


def _work(order: Scoring, journal: Journal, watch: Watch) -> tuple[dict[str, int], int]:
    """Finish every chunk that the journal lacks; how many rows each scorer scored, and how many were read."""
    done, read_rows, fresh = journal.done(), 0, Counter[str]()
    drawn = _drawn(order, watch)
    for number, rows in enumerate(chunked(read(order.inputs, format=order.format), order.chunk)):
        read_rows += len(rows)
        if number not in done:
            journal.write(number, _scored(rows, order, drawn, fresh))
        watch.rows(len(rows))
    return {check.name: fresh[check.name] for check in order.scorers}, read_rows


def _drawn(order: Scoring, watch: Watch) -> set[int] | None:
    """The numbers of the rows to score: one by chance out of each of `sample` equal stretches; None for all."""
    if order.sample is None:
        return None
    total = sum(1 for _ in read(order.inputs, format=order.format))
    watch.total(total)
    draw, parts = Random(SEED), min(order.sample, total)
    return {draw.randrange(part * total // parts, (part + 1) * total // parts) for part in range(parts)}


def _scored(
    rows: Sequence[Row | BadRow], order: Scoring, drawn: set[int] | None, fresh: Counter[str]
) -> Iterator[Entry]:
    found = [(row, known(row)) for row in rows]
    wanted = [item for row, item in found if isinstance(item, tuple) and (drawn is None or row.number in drawn)]
    for check in order.scorers:
        fresh[check.name] += fill(check, wanted, force=order.force)
    for _, item in found:
        yield {"status": "scored", "data": {**item[0], KEY: item[1]}} if isinstance(item, tuple) else item


def known(row: Row | BadRow) -> Known | Entry:
    """The row with its evidence and what filters see of it; a line of the failed ledger where it has none."""
    if isinstance(row, BadRow):
        return failed(row)
    try:
        evidence = evidence_of(row.data)
        return row.data, evidence, outcome_of(row.data, evidence)
    except DataError as error:
        where = f"{error.field}: " if error.field else ""
        return failed(BadRow(row.number, row.file, row.line, where + error.reason, ""))


def fill(check: Filter, rows: Sequence[Known], *, force: bool = False) -> int:
    """Score with `check` the rows that have no score of it, or one that does not fit the row; how many those were."""
    missing = [(evidence, outcome) for _, evidence, outcome in rows if force or not _has(evidence, outcome, check)]
    if missing:
        scores = score([check], [outcome for _, outcome in missing])
        for (evidence, _), found in zip(missing, scores, strict=True):
            evidence["scores"].update(found)
    return len(missing)


def _has(evidence: Evidence, outcome: Outcome, check: Filter) -> bool:
    scores = evidence["scores"].get(check.name)
    return scores is not None and len(scores) == len(outcome.units(check.unit))


def _publish(order: Scoring, places: Places, journal: Journal, about: Manifest, read_rows: int) -> Manifest:
    """Write the output from the journal. It is opened first, so it is renamed last: its rows mean done."""
    report, rows = Report([check.name for check in order.scorers]), Counter[str]()
    with ExitStack() as stack:
        files = {
            "scored": stack.enter_context(writing(places.accepted, like=order.inputs[0])),
            "failed": stack.enter_context(writing(places.failed)),
        }
        for entry in journal.read():
            rows[entry["status"]] += 1
            files[entry["status"]].write(entry["data"])
            if entry["status"] == "scored":
                report.add(entry["data"][KEY])
        if rows.total() != read_rows:
            raise AccountingError(f"{read_rows} rows were read, but {rows.total()} scored; report this")
        account = {"read": read_rows, "written": rows["scored"], "failed": rows["failed"]}
        paths = {"scored": str(places.accepted), "failed": str(places.failed), "manifest": str(places.manifest)}
        manifest = {**about, "rows": account, "scores": report.report(), "files": paths}
        write_whole(places.manifest, [json.dumps(manifest, indent=1, ensure_ascii=False)])
    journal.remove()
    return manifest
