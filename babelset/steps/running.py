"""
A step that works row by row, from input files to made, rejected and failed rows: crash-proof like every command.

Its account: rows read = used + rejected + failed, and rows written = the sum of what was made of those used.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babelset.contracts import expect_kind, expect_one_each
from babelset.contracts.evidence import BESIDE, MADE, known_of
from babelset.contracts.step import (
    Failed,
    Made,
    Rejected,
    RowStep,
    Running,
    Stage,
    Step,
    StepOutcome,
    StepRow,
    knowing,
)
from babelset.errors import AccountingError, ConfigError, ContractError, ShortfallError
from babelset.files.halves import fit_for
from babelset.files.hub import label
from babelset.files.lossless import dumps
from babelset.files.reading import read
from babelset.files.row import KEY, BadRow, Row, excerpt
from babelset.files.shard import Within
from babelset.files.survey import fingerprint, survey
from babelset.languages import Language, find
from babelset.steps.sorting import in_order
from babelset.steps.whole import WholeStep
from babelset.translation.parsing import failed
from babelset.work.chunks import chunked
from babelset.work.journal import Entry
from babelset.work.licenses import licenses
from babelset.work.manifest import Manifest, sharded
from babelset.work.output import Output, making
from babelset.work.places import Places, named_files
from babelset.work.watch import Ahead, Watch

LANG = "{lang}"
LAST = 10**8 - 1  # the chunk of bad rows behind the last good one
USED = "used"  # the entry of a row that something was made of; it is counted and not written


def make(step: Step, stage: Stage, watch: Watch) -> Manifest:
    """Do any step; the manifest of what it made."""
    if isinstance(step, RowStep):
        return run_step(step, stage, watch)
    if isinstance(step, WholeStep):
        return step.make(stage, watch)
    raise ContractError(f"the step {stage.name!r} is neither a RowStep nor a WholeStep: derive its class from one")


def run_step(step: RowStep, stage: Stage, watch: Watch) -> Manifest:
    """
    Do the step, or go on with it; the manifest.

    Raises ConfigError, DataError, OutputError, AccountingError, ContractError, and what the step raises.
    """
    places = Places.of(stage.output.replace(LANG, "all"), quiet=step.splits)
    files = {"rejected": places.rejected, "failed": places.failed}
    files |= {} if step.splits else {"written": places.accepted}
    seen = survey(stage.inputs, format=stage.format, shard=stage.shard)
    within = seen.within(stage.shard, step.chunk)
    deciding = _deciding(step, stage)
    with making(
        "run", places, {"inputs": seen.files, "step": deciding, **sharded(stage.shard, within)},
        reads=[*stage.inputs, *named_files(deciding["options"])], writes=files,
        like=stage.inputs[0] if stage.inputs else None, force=stage.force, say=watch.say, warn=watch.warn,
    ) as output:  # fmt: skip
        if output.made:
            return output.made
        started = time.monotonic()
        ahead = Ahead(watch.rows)
        running = Running(
            stage, step.language(stage), lambda: _readable(stage), output.work, watch.say, ahead.heard
        )  # fmt: skip
        if (total := len(within.rows) if within else seen.total) is not None:
            watch.total(total)
        try:
            read_rows = _work(step, running, output, ahead, within)
        except ShortfallError as short:
            output.fall_short(short.summary, short.details)
            raise
        seen.check()
        tally = Tally()

        def about() -> dict[str, Any]:
            effort = {"this_process": {"seconds": round(time.monotonic() - started, 1)}}
            used = licenses(stage.license, stage.inputs, {})
            used["models"] |= running.licenses
            notes = step.told(tally.counts)
            told = {**tally.report(read_rows, stage.name), **({"notes": notes} if notes else {})}
            return {**effort, "licenses": used, **told, **running.tell}

        entries = tally.over(output.entries(), None if step.splits else "written", stage.output)
        if step.sorts:
            entries = in_order(entries, output.work)
        return output.publish(entries, files, about, always=() if step.splits else ("written",))


def first_made(step: Step, stage: Stage, rows: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """
    What a step makes of the first rows, as far as that can be told without an engine.

    Raises ConfigError where it can take none of them.
    """
    if isinstance(step, WholeStep):
        return step.trial(rows, stage)
    assert isinstance(step, RowStep)
    given = [step_row(row) for row in rows]
    running = Running(stage, step.language(stage), lambda: iter(given), Path())
    with ExitStack() as stack:
        works = step.quick or type(step).open is RowStep.open
        outcomes = stack.enter_context(step.open(running))(given) if works else step.promised(given, stage)
        made = [
            entry for row, outcome in zip(given, outcomes, strict=True) for entry in _entries(row, outcome, running)
        ]
    return [entry["data"] for entry in made if entry["status"] == "written"]


def _deciding(step: RowStep, stage: Stage) -> dict[str, Any]:
    """What decides the bytes of an output: the step, its options and the files that they name, chance and languages."""
    said = {"recipe": stage.recipe, "name": stage.name, "seed": stage.seed}
    options = step.model_dump(mode="json", by_alias=True)
    files = [fingerprint(Path(path)) for path in named_files(options)]
    return {**said, "source": stage.source, "target": stage.target, "options": options, "files": files}


def _read(stage: Stage, within: Within | None = None) -> Iterator[Row | BadRow]:
    return fit_for(stage.output, read(stage.inputs, format=stage.format, within=within))


def _readable(stage: Stage) -> Iterator[StepRow]:
    for row in _read(stage):
        if isinstance(row, Row):
            yield step_row(row)


def step_row(row: Row) -> StepRow:
    """The row with its name and its language, as far as it tells."""
    known = known_of(row.data)
    said = _made(known).get("id")
    name, number = (known["file"], known["row"]) if {"file", "row"} <= known.keys() else (row.file, row.number)
    return StepRow(row, said if isinstance(said, str) else f"{label(str(name))}:{number}", _language(row, known), known)


def _made(known: dict[str, Any]) -> dict[str, Any]:
    """What earlier steps say of how they made the row; {} where that is damaged: rows come from anywhere."""
    made = known.get(MADE)
    if not isinstance(made, dict) or not all(isinstance(made.get(key, {}), dict) for key in ("models", "licenses")):
        return {}
    parents = made.get("parents", [])
    return made if isinstance(parents, list) and all(isinstance(each, str) for each in parents) else {}


def _language(row: Row, known: dict[str, Any]) -> Language | None:
    said = _made(known).get("language")
    translated = known.get("source" if BESIDE in known else "target")
    for name in (known.get("language"), translated, said, row.data.get("language"), row.data.get("lang")):
        try:
            if isinstance(name, str) and name:
                return find(name)
        except ConfigError:
            continue
    return None


def _work(step: RowStep, running: Running, output: Output, ahead: Ahead, within: Within | None) -> int:
    """Finish every chunk that the journal lacks; how many rows there were. `ahead` is told of those that were read."""
    done, bad, count, begun = output.done, list[BadRow](), 0, 0

    def rows() -> Iterator[StepRow]:
        nonlocal begun
        for row in _read(running.stage, within):
            ahead.begin(1)
            begun += 1
            if isinstance(row, BadRow):
                bad.append(row)
            else:
                yield step_row(row)

    with step.open(running) as do:
        for number, batch in enumerate(chunked(step.stream(running, rows()), step.chunk)):
            entries = [failed(row) for row in bad]
            count += len(batch) + len(bad)
            bad.clear()
            if number not in done or step.remembers:
                outcomes = do(batch)
                expect_one_each(f"the step {running.stage.name!r}", batch, outcomes, "rows")
                for row, outcome in zip(batch, outcomes, strict=True):
                    entries += _entries(row, outcome, running)
            if number not in done:
                output.write(number, entries)
            ahead.done(begun)
            begun = 0
    if bad:
        output.write(LAST, [failed(row) for row in bad])
    ahead.done(begun)
    return count + len(bad)


def _entries(row: StepRow, outcome: StepOutcome, running: Running) -> Iterator[Entry]:
    name = running.stage.name
    if isinstance(outcome, Failed):
        where = f"{outcome.field}: " if outcome.field else ""
        it = row.row
        yield failed(BadRow(it.number, it.file, it.line, where + outcome.reason, excerpt(dumps(it.data))))
    elif isinstance(outcome, Rejected):
        verdict = {"check": name, "ok": False, "score": None, "reason": outcome.reason}
        before = row.known.get("verdicts")
        verdicts = [*(before if isinstance(before, list) else ()), verdict]
        yield {"status": "rejected", "data": knowing(row.data, **outcome.known, status="rejected", verdicts=verdicts)}
    else:
        expect_kind(f"the step {name!r}", outcome, Made)
        yield {"status": USED, "data": {"rows": len(outcome.rows), "counts": dict(outcome.counts)}}
        for number, data in enumerate(outcome.rows):
            entry: Entry = {"status": "written", "data": _signed(data, row, outcome, number, running)}
            if outcome.language:
                entry["file"] = outcome.language
            if place := outcome.places[number] if outcome.places else outcome.place:
                entry["place"] = list(place)
            yield entry


def _signed(data: dict[str, Any], row: StepRow, outcome: Made, number: int, running: Running) -> dict[str, Any]:
    """The row with who made it, of what, with what."""
    stage, before = running.stage, _made(row.known)
    one, known = len(outcome.rows) == 1, known_of(data)
    made = {
        "id": row.id if one else f"{row.id}/{stage.name}/{number}",
        "recipe": stage.recipe,
        "step": stage.name,
        "seed": stage.seed,
        "language": known.get("language") or (row.language.code if row.language else running.language),
        "parents": list(dict.fromkeys([*before.get("parents", [row.id]), *outcome.parents])),
        "models": {**before.get("models", {}), **running.models, **outcome.models},
        "licenses": {**before.get("licenses", {}), **running.licenses},
    }
    return {**data, KEY: {**known, MADE: made}}


@dataclass
class Tally:
    """What became of the rows, counted as they go by."""

    rows: Counter[str] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def over(self, entries: Iterable[Entry], file: str | None, pattern: str) -> Iterator[Entry]:
        """The entries that are written, each of those made to its language's file where there is one a language."""
        for entry in entries:
            self.rows[entry["status"]] += 1
            if entry["status"] == USED:
                self.made += entry["data"]["rows"]
                self.counts.update(entry["data"]["counts"])
                continue
            if entry["status"] == "rejected":
                self.rejections[known_of(entry["data"])["verdicts"][-1]["reason"]] += 1
            if entry["status"] == "failed":
                self.failures[entry["data"]["reason"]] += 1
            if language := entry.get("file"):
                entry["file"] = pattern.replace(LANG, language)
                self.files[entry["file"]] += 1
            yield entry

    def report(self, read_rows: int, name: str) -> dict[str, Any]:
        if self.rows["written"] != self.made:
            raise AccountingError(f"{self.made} rows were made, but {self.rows['written']} written; report this")
        became = {what: self.rows[what] for what in (USED, "rejected", "failed")}
        if read_rows != sum(became.values()):
            raise AccountingError(f"{read_rows} rows were read, but {sum(became.values())} found; report this")
        rows = {"read": read_rows, **became, "written": self.made}
        told: dict[str, Any] = {"rows": rows}
        for what, counted in (("rejections", self.rejections), ("failures", self.failures)):
            if counted:
                told[what] = dict(counted.most_common(50))
        counts: dict[str, dict[str, int]] = {"written": dict(self.files), name: dict(self.counts)}
        return {**told, "counts": {what: counted for what, counted in counts.items() if counted}}
