"""
The field's measures of likeness between a text and a reference: BLEU, chrF, chrF++ and TER, all by sacrebleu.

Of a sentence as a score from 0 to 1, of a corpus as published: from 0 to 100, with interval and signature.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, Protocol

from babelset.errors import ConfigError
from babelset.filter import Scored
from babelset.languages import Language

Metric = Literal["bleu", "chrf", "chrf++", "ter"]
METRICS: tuple[Metric, ...] = ("bleu", "chrf", "chrf++", "ter")
LONGEST = 20_000  # characters of a text that are compared
LONGEST_EDITED = 500  # by TER, which tries to move every stretch of words to every place: seconds at worst
BY_CHARACTER = frozenset({"Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})  # scripts without spaces between words
CHINESE = frozenset({"Hans", "Hant"})


@dataclass(frozen=True, slots=True)
class CorpusScore:
    """From 0 to 100, or above for TER, of which less is better; `low` and `high` bound its 95 % interval."""

    score: float
    low: float
    high: float
    signature: str  # "nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"


class Compared(NamedTuple):
    """A text beside its reference; `language` is that of both."""

    hypothesis: str
    reference: str
    language: Language


class Comparing(Protocol):
    """A scorer that holds a text against a reference, and can show both: None for units that it does not cover."""

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]: ...


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
    CorpusScore(score=47.2, low=46.6, high=47.8, signature='nrefs:1|bs:1000|seed:12345|case:mixed|eff:yes|nc:6|...')

    Sees as much of each text as `sentence`. Raises ValueError for no pairs or unequal numbers of both, ConfigError
    where sacrebleu is not installed.
    """
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses and {len(references)} references; give one for each, and some")
    return {metric: _corpus(metric, hypotheses, references, language, resamples) for metric in METRICS}


def corpus_table(check: Comparing, units: Sequence[Scored]) -> dict[str, dict[Metric, CorpusScore]]:
    """
    The scores of each target language, over the units that `check` compares.

    >>> corpus_table(Roundtrip(), units)["cat_Latn"]["bleu"].score
    31.4

    A code and four scores for every language with such a unit, in the order in which they come.
    """
    groups: defaultdict[str, list[Compared]] = defaultdict(list)
    for unit, compared in zip(units, check.compared(units), strict=True):
        if compared:
            groups[unit.pair.target.code].append(compared)
    return {
        code: corpus([pair.hypothesis for pair in found], [pair.reference for pair in found], found[0].language)
        for code, found in groups.items()
    }


def _corpus(
    metric: Metric, hypotheses: Sequence[str], references: Sequence[str], language: Language, resamples: int
) -> CorpusScore:
    longest = LONGEST_EDITED if metric == "ter" else LONGEST
    sides = ([text[:longest] for text in side] for side in (hypotheses, references))
    own = _metric(metric, language.script, whole=True)
    found = own.corpus_score(next(sides), [next(sides)], n_bootstrap=resamples)
    told = json.loads(found.format(width=4, signature=own.get_signature().format(), is_json=True))
    middle, half = told.get("confidence_mean", 0.0), told.get("confidence_var", 0.0)  # left out where all are 0
    low, high = max(middle - half, 0.0), middle + half
    return CorpusScore(round(found.score, 4), round(low, 4), round(high, 4), told["signature"])


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
        return BLEU(tokenize=tokenizer, effective_order=not whole, force=True)
    if name == "ter":
        spaceless = script in BY_CHARACTER | CHINESE
        return TER(normalized=spaceless, asian_support=spaceless)
    return CHRF(word_order=2 if name == "chrf++" else 0)
