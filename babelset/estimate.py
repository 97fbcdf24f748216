"""What a run will take, before it is started: rows, segments, how much is protected, and the time."""

from __future__ import annotations

import random
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from babelset.chunks import chunked
from babelset.files import read
from babelset.job import Job
from babelset.ladder import Ladder
from babelset.memory import Memory, key_of
from babelset.run import Watch, choose_schema
from babelset.segment import Segment
from babelset.worker import Parsed, ParseOptions, Worker

CHARACTERS_PER_TOKEN = 4.0  # English text under the tokenizers of current language models; a rule of thumb


@dataclass
class Counts:
    rows: int = 0
    failed: int = 0
    segments: int = 0
    characters: int = 0
    kept_characters: int = 0
    seen: set[bytes] = field(default_factory=set)
    sample: list[Segment] = field(default_factory=list)


def estimate(job: Job, trial: int, watch: Watch | None = None) -> dict[str, Any]:
    """
    Count the work of `job` and time `trial` of its segments, drawn evenly with a fixed seed.

    Needs 16 bytes and a set entry for each unique segment. `seconds` is None without a trial.
    """
    with closing(job.translator.build(job.pair)) as translator:
        ladder = Ladder(translator, Memory(":memory:"))
        options = ParseOptions(job.translate_reasoning, job.translate_comments, job.keep_numbers)
        worker = Worker(job.pair, choose_schema(job, watch or Watch()), ladder, [], options)
        counts = _count(job, worker, trial)
        seconds = _time(ladder, counts, job) if counts.sample else None
    prose = counts.characters - counts.kept_characters
    return {
        "rows": {"read": counts.rows, "failed": counts.failed},
        "segments": counts.segments,
        "unique_segments": len(counts.seen),
        "characters": counts.characters,
        "share_protected": round(counts.kept_characters / max(counts.characters, 1), 4),
        "tokens_about": round(prose / CHARACTERS_PER_TOKEN),
        "trial_segments": len(counts.sample),
        "seconds_about": seconds,
    }


def _count(job: Job, worker: Worker, trial: int) -> Counts:
    counts, draw = Counts(), random.Random(0)
    for rows in chunked(read(job.inputs, format=job.format), job.chunk):
        for parsed in worker.parse(rows):
            counts.rows += 1
            if not isinstance(parsed, Parsed):
                counts.failed += 1
                continue
            for item, keeps, _ in parsed.fields:
                counts.characters += len(item.text)
                counts.kept_characters += sum(map(len, keeps))
            for segment in parsed.segments():
                _draw(counts, segment, key_of(segment, job.pair, ""), trial, draw)
    return counts


def _draw(counts: Counts, segment: Segment, key: bytes, trial: int, draw: random.Random) -> None:
    """Reservoir sampling over unique segments: each has the same chance, whatever their number."""
    counts.segments += 1
    if key in counts.seen:
        return
    counts.seen.add(key)
    if len(counts.sample) < trial:
        counts.sample.append(segment)
    elif (place := draw.randrange(len(counts.seen))) < trial:
        counts.sample[place] = segment


def _time(ladder: Ladder, counts: Counts, job: Job) -> float:
    ladder.translate(counts.sample[:1], job.pair)  # engines load on their first segment
    started = time.perf_counter()
    ladder.translate(counts.sample[1:], job.pair)
    per_segment = (time.perf_counter() - started) / max(len(counts.sample) - 1, 1)
    return round(per_segment * len(counts.seen), 1)
