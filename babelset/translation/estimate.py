"""What a run will take, before it is started: rows, segments, how much is protected, and the time."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from babelset.contracts.engine import Engine
from babelset.contracts.translator import Translation
from babelset.engines.tokenizer import Tokenizer
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.files.survey import Survey, survey
from babelset.text.segment import Segment, restore
from babelset.translation.job import Job
from babelset.translation.ladder import Ladder
from babelset.translation.making import answered
from babelset.translation.parsing import ParseOptions, parsed
from babelset.translation.run import choose_schema
from babelset.translation.worker import ONLY, Routed, Worker
from babelset.work.chunks import chunked
from babelset.work.memory import Memory, key_of
from babelset.work.watch import Watch

CHARACTERS_PER_TOKEN = 4.0  # English text under the tokenizers of current language models; a rule of thumb


@dataclass
class Counts:
    rows: int = 0
    failed: int = 0
    segments: int = 0
    characters: int = 0
    kept_characters: int = 0
    tokens: int = 0  # where there is a tokenizer
    seen: set[bytes] = field(default_factory=set)
    units: int = 0  # new ones, of which the sample is drawn
    sample: list[list[Segment]] = field(default_factory=list)  # a segment each, or a row for those who read rows


def estimate(job: Job, trial: int, watch: Watch | None = None, tokenizer: Tokenizer | None = None) -> dict[str, Any]:
    """
    Count the work of `job` and time `trial` of its segments, drawn evenly with a fixed seed.

    Tokens are those of `tokenizer`, over whole fields; without one a rule of thumb. With it, both languages are
    compared on the segments of the trial.

    For a translator that reads rows, `trial` rows are drawn, and requests, tokens and cost are estimated too. Needs
    16 bytes and a set entry for each unique segment. `seconds` is None without a trial.
    """
    with closing(job.engine.build(job.pair)) as translator:
        ladder = Ladder(translator, Memory(":memory:"))
        schema = choose_schema(job, survey(job.inputs, format=job.format, count=False), watch or Watch())
        worker = Worker(job.pair, schema, {ONLY: ladder}, [], _options(job))
        counts = _count(job, worker, ladder, trial, tokenizer)
        trial_segments = sum(map(len, counts.sample))
        seconds, pairs = _time(ladder, counts, job) if counts.sample else (None, [])
        spent = translator.account() if counts.sample else {}
        share = len(counts.seen) / max(trial_segments, 1)
    prose = counts.characters - counts.kept_characters
    return {
        "rows": {"read": counts.rows, "failed": counts.failed},
        "segments": counts.segments,
        "unique_segments": len(counts.seen),
        "characters": counts.characters,
        "share_protected": round(counts.kept_characters / max(counts.characters, 1), 4),
        **({"tokens": counts.tokens} if tokenizer else {"tokens_about": round(prose / CHARACTERS_PER_TOKEN)}),
        "trial_segments": trial_segments,
        "seconds_about": seconds,
        **{f"{name}_about": round(share * value, 2) for name, value in spent.items() if type(value) in (int, float)},
        **({"languages": _languages(job, pairs, tokenizer)} if tokenizer and pairs else {}),
    }


def first_translated(job: Job, rows: Sequence[Row]) -> list[Row]:
    """
    The first rows of a job as it will make them, but that each text is its own translation, and nothing is checked.

    Raises ConfigError and DataError where they cannot be taken apart.
    """
    ladder = Ladder(Engine(name="echo").build(job.pair), Memory(":memory:"))
    schema = choose_schema(job, Survey(first=[*rows]), Watch())
    worker = Worker(job.pair, schema, {ONLY: ladder}, [], _options(job))
    entries = zip(rows, answered(job, worker, worker.parse(rows)), strict=True)
    return [replace(row, data=entry["data"]) for row, entry in entries if entry["status"] == "accepted"]


def _options(job: Job) -> ParseOptions:
    return ParseOptions(job.translate_reasoning, job.translate_comments, job.keep_numbers)


def _languages(job: Job, pairs: Sequence[tuple[str, str]], tokenizer: Tokenizer) -> dict[str, dict[str, float]]:
    """What the same texts take in both languages; `ratio` is that of the tokens, to those of the source."""
    source, target = (tokenizer.count(texts) for texts in zip(*pairs, strict=True))
    ratio = round(target.tokens / max(source.tokens, 1), 4)
    return {job.pair.source.bcp47: source.told(), job.pair.target.bcp47: {**target.told(), "ratio": ratio}}


def _count(job: Job, worker: Worker, ladder: Ladder, trial: int, tokenizer: Tokenizer | None) -> Counts:
    counts, draw = Counts(), random.Random(0)
    for rows in chunked(read(job.inputs, format=job.format), worker.chunk):
        for routed in worker.parse(rows):
            counts.rows += 1
            if not isinstance(routed, Routed):
                counts.failed += 1
                continue
            row = parsed(routed.row, ladder, job.pair)
            for item, keeps, _ in row.fields:
                counts.characters += len(item.text)
                counts.kept_characters += sum(map(len, keeps))
            if tokenizer:
                counts.tokens += tokenizer.count(item.text for item, _, _ in row.fields).tokens
            segments = list(row.segments())
            counts.segments += len(segments)
            for unit in [segments] if ladder.translator.reads_rows else [[segment] for segment in segments]:
                _draw(counts, unit, {key_of(segment, job.pair, "") for segment in unit}, trial, draw)
    return counts


def _draw(counts: Counts, unit: list[Segment], keys: set[bytes], trial: int, draw: random.Random) -> None:
    """Reservoir sampling over what is new: each has the same chance, whatever their number."""
    if keys <= counts.seen:
        return
    counts.seen |= keys
    counts.units += 1
    if len(counts.sample) < trial:
        counts.sample.append(unit)
    elif (place := draw.randrange(counts.units)) < trial:
        counts.sample[place] = unit


def _time(ladder: Ladder, counts: Counts, job: Job) -> tuple[float, list[tuple[str, str]]]:
    """The seconds that all will take, and the sample with its translations."""
    first, *others = counts.sample
    answers = ladder.translate(first, job.pair)  # engines load on their first segment
    timed = [segment for unit in others for segment in unit]
    started = time.perf_counter()
    answers += ladder.translate(timed, job.pair)
    per_segment = (time.perf_counter() - started) / max(len(timed), 1)
    pairs = [
        (segment.source, restore(answer.text, segment.keeps))
        for segment, answer in zip([*first, *timed], answers, strict=True)
        if isinstance(answer, Translation)
    ]
    return round(per_segment * len(counts.seen), 1), pairs
