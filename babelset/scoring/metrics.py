"""
The field's measures of likeness between a text and a reference: BLEU, chrF, chrF++ and TER, all by sacrebleu.

Of a sentence as a score from 0 to 1, of a corpus as published: from 0 to 100, with interval and signature.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Literal

from babelset.errors import ConfigError
from babelset.languages import Language

Metric = Literal["bleu", "chrf", "chrf++", "ter"]
METRICS: tuple[Metric, ...] = ("bleu", "chrf", "chrf++", "ter")
LONGEST = 20_000  # characters of a text that are compared
LONGEST_EDITED = 500  # by TER, which tries to move every stretch of words to every place: seconds at worst
MOST_EDITED = 2_000  # pairs of a corpus, by TER: a long one takes a fifth of a second
RESAMPLES = (1000, 500, 200, 100)
RESAMPLED = 2_500_000  # pairs in all resamples of a corpus together: sacrebleu holds them at once, 240 MB for chrF++
BY_CHARACTER = frozenset({"Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})  # scripts without spaces between words
CHINESE = frozenset({"Hans", "Hant"})


@dataclass(frozen=True, slots=True)
class CorpusScore:
    """From 0 to 100, or above for TER, of which less is better; `low` and `high` bound its 95 % interval."""

    score: float
    low: float
    high: float
    units: int  # pairs that were compared
    signature: str  # "BLEU|nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"


def sentence(metric: Metric, hypothesis: str, reference: str, language: Language) -> float:
    """
    How like the reference one text is, from 0 to 1; for TER the share of words that need no edit.

    >>> sentence("chrf", "La casa és vermella.", "La casa és roja.", find("ca"))
    0.523...

    Two blank texts score 0. Sees the first 20,000 characters of each text, for TER 500. Raises ConfigError where
    sacrebleu is not installed.
    """
    if not reference.strip():
        return 0.0
    longest = LONGEST_EDITED if metric == "ter" else LONGEST
    found = _metric(metric, language.script).sentence_score(hypothesis[:longest], [reference[:longest]]).score / 100
    return float(min(max(1 - found if metric == "ter" else found, 0.0), 1.0))


def corpus(
    hypotheses: Sequence[str], references: Sequence[str], language: Language, *, resamples: int = 1000
) -> dict[Metric, CorpusScore]:
    """
    Every metric over all pairs of hypothesis and reference, with a 95 % bootstrap interval (Koehn 2004).

    >>> corpus(hypotheses, references, find("ca"))["chrf"]
    CorpusScore(score=47.2, low=46.6, high=47.8, units=1997, signature='chrF2|nrefs:1|bs:1000|seed:12345|...')

    The signature is sacrebleu's. It ends in "cut:500" where a text was longer than `sentence` sees of it, and tells of
    fewer resamples, down to 100, for more than 2,500 pairs; TER compares 2,000 of them, drawn by chance. Raises
    ValueError for no pairs or unequal numbers of both, ConfigError where sacrebleu is not installed.
    """
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses and {len(references)} references; give one for each, and some")
    pairs = list(zip(hypotheses, references, strict=True))
    return {metric: _corpus(metric, pairs, language, resamples) for metric in METRICS}


def _corpus(metric: Metric, pairs: Sequence[tuple[str, str]], language: Language, resamples: int) -> CorpusScore:
    if metric == "ter" and len(pairs) > MOST_EDITED:
        pairs = Random(0).sample(pairs, MOST_EDITED)
    longest = LONGEST_EDITED if metric == "ter" else LONGEST
    texts, references = ([text[:longest] for text in side] for side in zip(*pairs, strict=True))
    own = _metric(metric, language.script, whole=True)
    resamples = min(resamples, next((few for few in RESAMPLES if few * len(pairs) <= RESAMPLED), RESAMPLES[-1]))
    found = own.corpus_score(texts, [references], n_bootstrap=resamples)
    told = json.loads(found.format(width=4, signature=own.get_signature().format(), is_json=True))
    middle, half = told.get("confidence_mean", 0.0), told.get("confidence_var", 0.0)  # left out where all are 0
    low, high = max(middle - half, 0.0), middle + half
    cut = f"|cut:{longest}" if any(len(text) > longest for pair in pairs for text in pair) else ""
    signature = f"{told['name']}|{told['signature']}{cut}"
    return CorpusScore(round(found.score, 4), round(low, 4), round(high, 4), len(pairs), signature)


@cache
def _metric(name: Metric, script: str, whole: bool = False) -> Any:
    """sacrebleu's metric for texts in `script`; `whole` for corpora."""
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
        from sacrebleu.metrics.ter import TER
    except ImportError:
        raise ConfigError("comparing translations needs an extra: pip install 'babelset[quality]'") from None
    if name == "bleu":
        tokenizer = "char" if script in BY_CHARACTER else "zh" if script in CHINESE else "13a"
        return _floats(BLEU)(tokenize=tokenizer, effective_order=not whole, force=True)
    if name == "ter":
        spaceless = script in BY_CHARACTER | CHINESE
        return _floats(TER)(normalized=spaceless, asian_support=spaceless)
    return _floats(CHRF)(word_order=2 if name == "chrf++" else 0)


def _floats(metric: type) -> Any:
    """The metric with scores that are Python's floats: sacrebleu's bootstrap breaks where numpy's are among them."""

    def compute(self: Any, stats: Any) -> Any:
        found = super(own, self)._compute_score_from_stats(stats)
        found.score = float(found.score)
        return found

    own: Any = type(metric.__name__, (metric,), {"_compute_score_from_stats": compute})
    return own
