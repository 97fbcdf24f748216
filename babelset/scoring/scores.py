"""
Add scores to translated rows: what is scored once is stored in the row, and never scored again.

Crash-proof like a run: chunks of rows are finished one by one in a journal beside the output, which appears by rename.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import Any

from babelset.contracts.checks import accounts, cautioning, deciding, opened
from babelset.contracts.evidence import (
    MADE,
    Evidence,
    add_marks,
    evidence_of,
    evidence_of_made,
    known_of,
    marks_of,
    outcome_of,
)
from babelset.contracts.filter import Filter, Outcome
from babelset.contracts.loading import build_filter, filter_class
from babelset.errors import AccountingError, ConfigError, DataError
from babelset.files.halves import fit_for
from babelset.files.reading import read
from babelset.files.row import KEY, BadRow, Row
from babelset.files.shard import Shard, Within
from babelset.files.survey import Survey, survey
from babelset.plugins import read_option
from babelset.scoring.corpus_tables import corpus_tables
from babelset.scoring.distribution import ScoreReport
from babelset.translation.deciding import score
from babelset.translation.parsing import failed
from babelset.work.chunks import chunked
from babelset.work.journal import Entry
from babelset.work.licenses import licenses
from babelset.work.manifest import Manifest, sharded
from babelset.work.output import Output, making
from babelset.work.places import Places, named_files
from babelset.work.watch import Ahead, Watch

SEED = 20  # of what is drawn by chance: the same rows in every process

Known = tuple[dict[str, Any], Evidence, Outcome]


@dataclass(frozen=True, slots=True)
class Scoring:
    """
    Which rows get which scores, and where they are written.

    >>> Scoring(["ca.jsonl"], "scored.jsonl", build_scorers(["cometkiwi:models/kiwi"], {}, {}), sample=1000)

    `sample` scores only that many rows; `force` scores again.
    """

    inputs: Sequence[str]
    output: str
    scorers: Sequence[Filter]
    sample: int | None = None
    format: str | None = None
    chunk: int = 256
    force: bool = False
    shard: Shard | None = None


def build_scorers(
    names: Sequence[str], options: Mapping[str, Any], config: Mapping[str, bool | dict[str, Any]]
) -> list[Filter]:
    """
    The scorers that a user names, as "comet", "comet:MODEL", "reference:FILE" or "roundtrip:TRANSLATOR", with options.

    >>> build_scorers(["cometkiwi:models/kiwi", "length"], {"length.tolerance": 3.0}, {})

    An option without the name of its scorer is the only scorer's; a text is read by the type of the option. Raises
    ConfigError for what is unknown or unclear.
    """
    models = dict(name.partition(":")[::2] for name in names)
    if len(models) < len(names):
        raise ConfigError(f"--with: a scorer is named twice in {', '.join(names)}; name it once")
    given: dict[str, dict[str, Any]] = {
        name: {_main_option(name, value): value} if value else {} for name, value in models.items()
    }
    for key, value in _flat(options, given).items():
        name, _, option = key.rpartition(".")
        if not name and len(given) > 1:
            raise ConfigError(f"--option {key}: of which scorer? Write it as {next(iter(given))}.{key}=VALUE")
        if name and name not in given:
            raise ConfigError(f"--option {key}: {name!r} is not among the scorers: {', '.join(given)}")
        name = name or next(iter(given))
        given[name][option] = read_option(filter_class(name), option, value) if isinstance(value, str) else value
    return [build_filter(name, {**_table(config.get(name)), **given[name]}) for name in given]


def _flat(options: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """`_flat({"rubric": {"least": 3}}, ["rubric"])` -> {"rubric.least": 3}: tables, as a pipeline file has them."""
    tables = {key: value for key, value in options.items() if key in names and isinstance(value, dict)}
    inner = {f"{name}.{key}": value for name, table in tables.items() for key, value in table.items()}
    return {**{key: value for key, value in options.items() if key not in tables}, **inner}


def _main_option(name: str, value: str) -> str:
    """The option that the text behind a scorer's colon sets."""
    if option := filter_class(name).main_option:
        return option
    raise ConfigError(f"--with {name}:{value}: {name} takes nothing behind a colon; its options: --option KEY=VALUE")


def _table(wanted: bool | dict[str, Any] | None) -> dict[str, Any]:
    return wanted if isinstance(wanted, dict) else {}


def add_scores(order: Scoring, watch: Watch | None = None) -> Manifest:
    """
    Write the rows of the inputs, each with the scores of the scorers among its evidence; the account.

    >>> add_scores(Scoring(["ca.jsonl"], "scored.jsonl", [CometKiwi()]))["scores"]
    {'cat_Latn': {'cometkiwi': {'rows': 870, 'not_covered': 1, 'without': 0, 'mean': 0.81, 'quartiles': [...]}}}

    Scores that a row has already are kept, unless `force` is set; its status stays as it is. Rows without evidence
    go to the failed ledger. Scorers that compare texts fill the table `corpus`: BLEU, chrF, chrF++ and TER by language.
    A finished output of the same order is left alone. Raises ConfigError for another one
    without `force`; what a scorer raises leaves a journal to go on from.
    """
    watch, places = watch or Watch(), Places.of(order.output)
    files = {"scored": places.accepted, "failed": places.failed}
    seen = survey(order.inputs, format=order.format, shard=order.shard)
    reads = [*order.inputs, *named_files([dict(check) for check in order.scorers])]
    with (
        making(
            "score", places, _parts(order, seen), reads=reads, writes=files,
            like=order.inputs[0], force=order.force, say=watch.say, warn=watch.warn,
        ) as output,
        ExitStack() as stack,
    ):  # fmt: skip
        if output.made:
            return output.made
        stack.enter_context(opened(order.scorers, output.work))
        within = seen.within(order.shard, order.chunk)
        started, drawn = time.monotonic(), _drawn(order, seen, watch)
        fresh, read_rows = _work(order, output, watch, drawn, seen, within)
        seen.check()
        effort = {"scored": fresh, "seconds": round(time.monotonic() - started, 1)}
        account = _Account(order)

        def about() -> dict[str, Any]:
            tables = corpus_tables(order.scorers, _rows(output, drawn, within), watch.say)
            used = licenses(None, order.inputs, {check.name: check for check in order.scorers})
            told = {"this_process": effort, "licenses": used, **account.report(read_rows)}
            told |= {"corpus": tables} if tables else {}
            return told | ({"accounts": spent} if (spent := accounts(order.scorers)) else {})

        return output.publish(account.over(output.entries()), files, about, always=("scored",))


def _parts(order: Scoring, seen: Survey) -> dict[str, Any]:
    """What decides the output. Two commands with the same parts write the same bytes."""
    return {
        "inputs": seen.files,
        "scorers": deciding(order.scorers),
        "sample": order.sample,
        "chunk": order.chunk,
        **sharded(order.shard, seen.within(order.shard, order.chunk)),
    }


def _work(
    order: Scoring, output: Output, watch: Watch, drawn: set[int] | None, seen: Survey, within: Within | None
) -> tuple[dict[str, int], int]:
    """Finish every chunk that the journal lacks; how many rows each scorer scored, and how many were read."""
    if (total := len(within.rows) if within else seen.total) is not None:
        watch.total(total)
    ahead = Ahead(watch.segments, watch.rows)
    for check in order.scorers:
        check.watched(ahead.heard)
    done, fresh, warn = output.done, Counter[str](), cautioning(order.scorers, watch.say)
    first, within = seen.left(within, done, order.chunk)
    read_rows = first * order.chunk
    watch.rows(read_rows)
    found = fit_for(order.output, read(order.inputs, format=order.format, within=within))
    for number, rows in enumerate(chunked(found, order.chunk), first):
        seen.check(rows)
        read_rows += len(rows)
        if number not in done:
            output.write(number, _scored(rows, order, drawn, fresh, warn, ahead))
        else:
            watch.rows(len(rows))
    return {check.name: fresh[check.name] for check in order.scorers}, read_rows


def _drawn(order: Scoring, seen: Survey, watch: Watch) -> set[int] | None:
    """The numbers of the rows to score: one by chance out of each of `sample` equal stretches; None for all."""
    if order.sample is None:
        return None
    total = seen.total
    if total is None:
        total = sum(1 for _ in read(order.inputs, format=order.format))
        watch.total(total)
    draw, parts = Random(SEED), min(order.sample, total)
    return {draw.randrange(part * total // parts, (part + 1) * total // parts) for part in range(parts)}


def _scored(
    rows: Sequence[Row | BadRow],
    order: Scoring,
    drawn: set[int] | None,
    fresh: Counter[str],
    warn: Callable[[str], None],
    ahead: Ahead,
) -> Iterator[Entry]:
    found = [(row, known(row)) for row in rows]
    wanted = [item for row, item in found if isinstance(item, tuple) and (drawn is None or row.number in drawn)]
    for _, evidence, _ in wanted:
        warn(evidence["translator"])
    units = [sum(len(check.units(outcome)) for _, _, outcome in wanted) for check in order.scorers]
    ahead.begin(sum(units), len(rows))
    for check, count in zip(order.scorers, units, strict=True):
        fresh[check.name] += fill(check, wanted, force=order.force)
        ahead.done(count)
    ahead.end(sum(units), len(rows))
    for row, item in found:
        if not isinstance(item, tuple):
            yield item
            continue
        added = _added(order.scorers, item) if drawn is None or row.number in drawn else {}
        yield {"status": "scored", "data": {**item[0], **added, KEY: item[1]}}


def _added(scorers: Sequence[Filter], known: Known) -> dict[str, Any]:
    """The columns that the scorers add to a row that they have scored."""
    _, evidence, outcome = known
    marks, texts = marks_of(evidence), {field["path"][0] for field in evidence["fields"]}
    adding = [check for check in scorers if type(check).columns is not Filter.columns]
    told = [check.columns(marks.ratings(check.name, check.units(outcome))) for check in adding]
    return {name: value for each in told for name, value in each.items() if name not in texts}


def known(row: Row | BadRow) -> Known | Entry:
    """The row with its evidence and what filters see of it; a line of the failed ledger where it has none."""
    if isinstance(row, BadRow):
        return failed(row)
    try:
        evidence = evidence_of_made(row.data) if MADE in known_of(row.data) else evidence_of(row.data)
        return row.data, evidence, outcome_of(row.data, evidence)
    except DataError as error:
        where = f"{error.field}: " if error.field else ""
        return failed(BadRow(row.number, row.file, row.line, where + error.reason, ""))


def scored_first(rows: Sequence[Row], scorers: Sequence[Filter]) -> list[dict[str, Any]]:
    """
    The first rows with the names of the scores that they will have; those that can be scored.

    ConfigError, with the reason of the first, where none can be.
    """
    found = [known(row) for row in rows]
    scored = [item for item in found if isinstance(item, tuple)]
    unfit = [item for item in found if not isinstance(item, tuple)]
    if unfit and not scored:
        reason = unfit[0]["data"]["reason"]
        raise ConfigError(f"no row can be scored: {reason}. Put the step translate before this one")
    for _, evidence, _ in scored:
        for check in scorers:
            for column in (check.name, *(f"{check.name}.{part}" for part in check.parts)):
                evidence["scores"].setdefault(column, [])
    return [{**data, KEY: evidence} for data, evidence, _ in scored]


def fill(check: Filter, rows: Sequence[Known], *, force: bool = False) -> int:
    """Score with `check` the rows that have no score of it, or one that does not fit the row; how many those were."""
    missing = [(evidence, outcome) for _, evidence, outcome in rows if force or not _has(evidence, outcome, check)]
    if missing:
        found = score([check], [outcome for _, outcome in missing])
        for (evidence, _), marks in zip(missing, found, strict=True):
            add_marks(evidence, marks)
    return len(missing)


def _has(evidence: Evidence, outcome: Outcome, check: Filter) -> bool:
    columns = (check.name, *(f"{check.name}.{part}" for part in check.parts))
    units, scores = len(check.units(outcome)), evidence["scores"]
    return all(column in scores and len(scores[column]) == units for column in columns)


def _rows(output: Output, drawn: set[int] | None, within: Within | None) -> Iterator[dict[str, Any]]:
    """What was scored, whichever process did it: an entry stands in the journal where its row stands in the input."""
    for number, entry in enumerate(output.entries(), within.rows.start if within else 0):
        if entry["status"] == "scored" and (drawn is None or number in drawn):
            yield entry["data"]


class _Account:
    """What became of the rows, counted as they go by, and how the scores are distributed."""

    def __init__(self, order: Scoring) -> None:
        self.rows, self.notices = Counter[str](), list[str]()
        self.scores = ScoreReport([check.name for check in order.scorers])
        self.warn = cautioning(order.scorers, self.notices.append)

    def over(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.rows[entry["status"]] += 1
            if entry["status"] == "scored":
                self.scores.add(entry["data"][KEY])
                self.warn(entry["data"][KEY]["translator"])
            yield entry

    def report(self, read_rows: int) -> dict[str, Any]:
        if self.rows.total() != read_rows:
            raise AccountingError(f"{read_rows} rows were read, but {self.rows.total()} scored; report this")
        rows = {"read": read_rows, "written": self.rows["scored"], "failed": self.rows["failed"]}
        notice = {"notice": "; ".join(self.notices)} if self.notices else {}
        return {**notice, "rows": rows, "scores": self.scores.report()}
