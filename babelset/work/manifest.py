"""
The manifest: what made an output, and what became of every row. It is written last, so it means done; its last key,
`xxh3_128`, is the checksum of all others.

`format` is raised when a key changes its meaning or goes; keys may be added at any time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from babelset import __version__
from babelset.errors import DataError
from babelset.files.shard import Shard, Within
from babelset.files.survey import Fingerprint
from babelset.work.damage import Damaged, read_sealed, teller

FORMAT = 2


class Manifest(TypedDict, total=False):
    """
    The keys of all commands; each writes those that it has something to say about.

    >>> translate(job)["rows"]
    {'read': 999, 'accepted': 871, 'rejected': 128, 'failed': 0}
    """

    # what decides the bytes
    format: int  # of this file and of the evidence in rows
    babelset: str  # version
    command: str  # "translate", "score", "filter", "export", "apply-review"
    inputs: list[Fingerprint]  # name, size and hash of each input
    options: dict[str, Any]  # of the command
    job: dict[str, Any]  # of translate: the options that decide bytes
    schema: dict[str, Any]  # the shape of the rows, whole
    signature: str | dict[str, str]  # of the translator; by engine where there are routes
    filters: dict[str, dict[str, Any]]  # options that decide a score or a verdict, by filter
    scorers: dict[str, dict[str, Any]]  # of score: their options
    shard: dict[str, Any]  # which of how many, its rows, and of a later step what it reads, relative to the manifest
    # the account
    rows: dict[str, int]  # read = accepted + rejected + failed, or written + failed
    rejections: dict[str, int]  # by check
    not_covered: dict[str, int]  # by check, rows that it cannot judge
    counts: dict[str, dict[str, int]]  # by check, what its verdicts counted
    segments: dict[str, int]  # translated, kept spans, and so on
    routes: dict[str, dict[str, Any]]  # rows by engine and by rule
    failures: dict[str, int]  # by reason
    scores: dict[str, dict[str, dict[str, Any]]]  # by language and scorer
    corpus: dict[str, dict[str, Any]]  # BLEU, chrF ... by language and scorer
    notes: list[str]  # of a step, what to know of its counts
    shortfall: dict[str, Any]  # why nothing was made, with a table of what there is: the one manifest without an output
    # for the record
    notice: str  # what to know of the quality
    licenses: dict[str, Any]  # of the data and the models
    this_process: dict[str, Any]  # what the last process did, and how long it took
    engine: dict[str, Any]  # what the translator cost
    accounts: dict[str, dict[str, Any]]  # what filters cost
    turned_back: dict[str, Any]  # of apply-review: rows that were rejected although the reviewer accepted them
    gone: dict[str, Any]  # decisions about rows that are not there
    # where it is
    files: dict[str, str]  # what each file is, and its path
    written: list[Fingerprint]  # name, relative to the manifest, size and hash of each output


def identity_of(command: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """
    What decides an output, as JSON, the same in every process: two commands with one identity write the same bytes.

    >>> identity_of("score", {"chunk": 8})
    {'format': 1, 'babelset': '0.1.0', 'command': 'score', 'chunk': 8}
    """
    known = {"format": FORMAT, "babelset": __version__, "command": command, **parts}
    return dict(json.loads(json.dumps(known, default=_plain)))


def sharded(shard: Shard | None, within: Within | None) -> dict[str, dict[str, Any]]:
    """
    The part of an identity that tells a shard: which one, and its rows, from `first` to before `end`.

    >>> sharded(Shard(2, 3), Within(range(3, 6), [10]))
    {'shard': {'number': 2, 'of': 3, 'first': 3, 'end': 6, 'total': 10}}
    """
    if shard is None or within is None:
        return {}
    rows, total = within.rows, sum(within.counts)
    which = {"number": shard.number, "of": shard.of, "first": rows.start, "end": rows.stop, "total": total}
    return {"shard": {**which, **({"reads": shard.reads} if shard.reads else {})}}


def _plain(value: Any) -> Any:
    """Sets have no order of their own."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def read_manifest(path: Path) -> Manifest:
    """The manifest; {} where there is none. DataError for one that is damaged."""
    try:
        manifest: Manifest = read_sealed(path)  # type: ignore[assignment]
    except FileNotFoundError:
        return {}
    except Damaged as damaged:
        raise DataError(f"the manifest cannot be read ({damaged})", file=str(path)) from None
    return manifest


def told_manifest(path: Path) -> Manifest:
    """`read_manifest` for who can do without: {} for one that is damaged, which is said."""
    try:
        return read_manifest(path)
    except DataError as error:
        teller()(f"{error}: going on without it")
        return {}
