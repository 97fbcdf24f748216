"""The same texts through a model and through what was cut of it: answers, time and memory of each."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babelset.contracts.loading import build_translator
from babelset.contracts.translator import Translation
from babelset.engines.ctranslate2.seq2seq import Tokens
from babelset.languages import Pair
from babelset.text.segment import Segment


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did."""

    answers: list[str | None]  # None for a text that it refuses
    tokens: int  # written
    seconds: float
    megabytes: int  # of memory, at most


def compared(before: Path, after: Path, texts: Sequence[str], pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """
    For each pair how many texts have the same translation, and how fast and how large both models are.

    `split` counts the texts that need a token that is not there any more, in the source or in the old translation:
    these may differ. `other` counts those that differ without; it should be 0. Each model is in a process of its own.
    """
    told = []
    kept = Tokens(after, "nllb").vocabulary
    for pair in pairs:
        old, new = (_alone(folder, texts, pair) for folder in (before, after))
        tokens = Tokens(before, "nllb")
        needs = [
            not _within(tokens, kept, source, answer, pair) for source, answer in zip(texts, old.answers, strict=True)
        ]
        same = [one == other for one, other in zip(old.answers, new.answers, strict=True)]
        told.append(
            {
                "pair": f"{pair.source.bcp47}-{pair.target.bcp47}",
                "texts": len(texts),
                "same": sum(same),
                "split": sum(needs),
                "other": sum(not each and not lost for each, lost in zip(same, needs, strict=True)),
                **{f"tokens_per_second_{name}": _speed(trial) for name, trial in (("before", old), ("after", new))},
                "megabytes_before": old.megabytes,
                "megabytes_after": new.megabytes,
            }
        )
    return told


def _within(tokens: Tokens, kept: frozenset[str], source: str, answer: str | None, pair: Pair) -> bool:
    read, written = tokens.encode([source], pair)[0], tokens.pieces(answer or "")
    return kept.issuperset(tokens.vocabulary.intersection([*read, *written]))


def _speed(trial: Trial) -> int:
    return round(trial.tokens / max(trial.seconds, 1e-9))


def _alone(folder: Path, texts: Sequence[str], pair: Pair) -> Trial:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(trial, folder, list(texts), pair).result()


def trial(folder: Path, texts: Sequence[str], pair: Pair) -> Trial:
    """The model at work in this process."""
    engine = build_translator("nllb", {"model": str(folder)})
    segments = [Segment(text) for text in texts]
    engine.translate(segments[:1], pair)  # which loads it
    started = time.perf_counter()
    found = engine.translate(segments, pair)
    seconds = time.perf_counter() - started
    engine.close()
    answers = [answer.text if isinstance(answer, Translation) else None for answer in found]
    tokens = Tokens(folder, "nllb")
    written = sum(len(tokens.pieces(answer)) for answer in answers if answer)
    return Trial(answers, written, seconds, peak())


def peak() -> int:
    """The most memory that this process has held, in megabytes."""
    status = Path("/proc/self/status")  # ru_maxrss begins with what the process held that started this one
    if status.is_file():
        return int(status.read_text("utf-8").partition("VmHWM:")[2].split()[0]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
