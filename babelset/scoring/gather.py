"""Put the shards of one output together: the same bytes as if it had been made at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from babelset.contracts.checks import opened
from babelset.contracts.evidence import evidence_of
from babelset.contracts.filter import Filter
from babelset.contracts.loading import build_filter
from babelset.errors import BabelsetError
from babelset.files.row import KEY
from babelset.scoring.corpus_tables import corpus_tables
from babelset.scoring.distribution import ScoreReport
from babelset.work.journal import Entry
from babelset.work.manifest import Manifest
from babelset.work.memory import Memory
from babelset.work.output import Output, making
from babelset.work.places import Places, keep_apart
from babelset.work.shards import ROWS, Part, account_of, following, parts_of, reading, steps_of
from babelset.work.watch import Watch


def gather(shards: Sequence[str], output: str, *, force: bool = False, watch: Watch | None = None) -> Manifest:
    """
    Write the rows of all shards in their order, the sum of their accounts, and one translation memory of theirs.

    >>> gather(["ca.1.jsonl", "ca.2.jsonl"], "ca.jsonl")["rows"]
    {'read': 999, 'accepted': 871, 'rejected': 128, 'failed': 0}

    What comes out is the output of the command that made the shards, as if it had been given without --shard. Raises
    ConfigError where a shard is missing, there twice, unfinished, changed, or of other rows or options.
    """
    return _gathered(shards, output, force, watch or Watch())[0]


def _gathered(shards: Sequence[str | Path], output: str, force: bool, watch: Watch) -> tuple[Manifest, list[Part]]:
    """The manifest, and the shards in their order; those of earlier steps of a pipeline are gathered before."""
    places, parts = Places.of(output), parts_of(shards)
    main = ROWS[parts[0].manifest["command"]]
    files = {main: places.accepted, "rejected": places.rejected, "failed": places.failed}
    identity, memory = dict(parts[0].identity), places.memory
    if parts[0].reads:
        earlier = steps_of(parts[0], places.accepted)
        reads = [part.reads for part in parts if part.reads]
        parts = following(parts, _gathered(reads, str(earlier), force, watch)[1], earlier)
        identity, memory = reading(identity, earlier), earlier.with_name("memory.sqlite")
    memories = [part.memory for part in parts if part.memory.exists()]
    beside = {"manifest": places.manifest, "translation memory": memory}
    keep_apart([path for part in parts for path in part.places.all], {**files, **beside})
    with making(
        identity.pop("command"), places, identity, reads=[], writes=files,
        shares={"translation memory": memory} if memories else {}, like=str(_like(parts)), force=force,
        resumes=False, say=watch.say, warn=watch.warn,
    ) as out:  # fmt: skip
        if out.made:
            return out.made, parts
        _merge(memories, memory)
        always = [main, *(["rejected"] if main == "accepted" else [])]
        report = ScoreReport(list(identity.get("scorers", ())))
        entries = _counted(_entries(parts), report if main == "scored" else None)

        def about() -> dict[str, Any]:
            told = {"scores": report.report(), **_corpora(parts, out, watch)} if main == "scored" else {}
            return {**account_of(parts), **told}

        return out.publish(entries, files, about, always=always), parts


def _like(parts: Sequence[Part]) -> Path:
    """The file whose shape the output has: one without rows, if it can be, which has that of the input and no more."""
    files = [(part.count(status), path) for part in parts for status, path in part.files.items() if status != "failed"]
    return min(files, key=lambda file: file[0])[1]


def _entries(parts: Iterable[Part]) -> Iterator[Entry]:
    for part in parts:
        yield from part.entries()


def _counted(entries: Iterable[Entry], report: ScoreReport | None) -> Iterator[Entry]:
    for entry in entries:
        if report and entry["status"] == "scored":
            report.add(evidence_of(entry["data"]))
        yield entry


def _merge(memories: Sequence[Path], into: Path) -> None:
    """The entries of all; of those that several have, that of the first shard."""
    if memories:
        with closing(Memory(into)) as whole:
            for path in reversed(memories):
                with closing(Memory(path)) as memory:
                    whole.add(memory)


def _corpora(parts: Sequence[Part], out: Output, watch: Watch) -> dict[str, Any]:
    """The tables of scorers that compare texts, over all rows; where one cannot be made here, that is said."""
    tables: dict[str, Any] = {}
    for name, options in parts[0].manifest["scorers"].items():
        try:
            check = build_filter(name, options)
            for language, found in _tables(check, parts, out, watch).items() if check.compares else ():
                tables.setdefault(language, {}).update(found)
        except BabelsetError as error:
            watch.say(f"no corpus table of {name} ({error}): babelset score makes it from the gathered rows")
    return {"corpus": tables} if tables else {}


def _tables(check: Filter, parts: Sequence[Part], out: Output, watch: Watch) -> dict[str, Any]:
    with ExitStack() as stack:
        stack.enter_context(opened([check], out.work, eager=False))
        rows = (entry["data"] for entry in _entries(parts) if entry["status"] == "scored")
        return corpus_tables([check], ({**row, KEY: evidence_of(row)} for row in rows), watch.say)
