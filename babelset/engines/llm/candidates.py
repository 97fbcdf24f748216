"""Which of several translations of one segment to keep: the one the others agree with, or the one a model prefers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from babelset import plugins
from babelset.contracts import expect_one_each
from babelset.contracts.filter import Filter, Scored
from babelset.contracts.loading import build_filter, filter_class
from babelset.errors import ConfigError, ContractError, did_you_mean
from babelset.languages import Pair

LONGEST = 20_000  # characters of a text that are compared: longer ones would take seconds and gigabytes


class Chooser(Protocol):
    """
    Scores for the hypotheses of each source, higher is better: `choose(["Hi."], [["Hola.", "Adéu."]], pair)`.

    Answers one list for each source, in it one score for each hypothesis, comparable within the list only.
    """

    def __call__(
        self, sources: Sequence[str], hypotheses: Sequence[Sequence[str]], pair: Pair
    ) -> list[list[float]]: ...


@contextmanager
def chooser(name: str) -> Iterator[Chooser]:
    """
    The chooser `name`: "mbr", or a filter that scores segments and says that a higher score is a better translation.

    >>> with chooser("mbr") as choose:
    ...     choose(["Hello."], [["Hola.", "Hola.", "Adéu."]], pair)
    [[0.52, 0.52, 0.04]]

    A filter says so by `unit = "segment"` and `quality = True`; it is open for the time of the block, asked once for
    all hypotheses of a call, and those it does not cover score -inf. Raises ConfigError for what cannot choose: an
    unknown name, a filter that does not score quality, or one that says by `needs_candidates = True` that it has no
    score for a hypothesis by itself.
    """
    if name == "mbr":
        yield _Mbr()
    else:
        with _preferring(name).open() as scorer:
            yield _Preferred(scorer)


def _preferring(name: str) -> Filter:
    known = name in plugins.available("filters")
    if known and _can_choose(name):
        return build_filter(name, {})
    names = ["mbr", *_scorers()]
    what = f"unknown chooser {name!r}."
    if known:
        lone = filter_class(name).needs_candidates
        what = f"the filter {name!r} does not score {'a hypothesis by itself: choose with mbr' if lone else 'quality'}."
    raise ConfigError(f"{what}{did_you_mean(name, names)} Installed: {', '.join(names)}")


def mbr(hypotheses: Sequence[str]) -> list[float]:
    """
    How much the other hypotheses agree with each: the mean chrF against them, 0 to 1, the higher the better.

    >>> mbr(["Hola.", "Hola.", "Adéu."])
    [0.52, 0.52, 0.04]

    Minimum Bayes risk decoding: the hypothesis of the highest expected utility under the model's own samples
    (Eikema & Aziz 2022, arXiv 2108.04718; Fernandes et al. 2022, arXiv 2205.00978). A hypothesis that was drawn
    several times counts as often, and is compared once. A single hypothesis scores 1.

    chrF is balanced here (beta 1): with its usual weight on recall, two samples with an addition beat three without.
    """
    if len(hypotheses) < 2:
        return [1.0] * len(hypotheses)
    counts = Counter(hypotheses)
    distinct = list(counts)
    shares = {text: [count - 1.0 if text.strip() else 0.0] for text, count in counts.items()}  # blanks never agree
    for place, one in enumerate(distinct):
        others = distinct[place + 1 :]
        for other, score in zip(others, chrf(others, one, beta=1), strict=True):  # the same in both directions
            shares[one].append(score * counts[other])
            shares[other].append(score * counts[one])
    # fsum: the order of the hypotheses must not decide between two of them
    return [math.fsum(shares[text]) / (len(hypotheses) - 1) for text in hypotheses]


def chrf(hypotheses: Sequence[str], reference: str, *, beta: int = 2) -> list[float]:
    """
    Sentence chrF of each hypothesis against one reference, 0 to 1; two blank texts score 0.

    >>> chrf(["Hola.", "Hela."], "Hola.")
    [1.0, 0.326...]

    Recall counts `beta` times as much as precision. Sees the first 20,000 characters of each text. Raises ConfigError
    where sacrebleu is not installed.
    """
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError:
        raise ConfigError("comparing translations needs an extra: pip install 'babelset[llm]'") from None
    metric = CHRF(beta=beta, references=[[reference[:LONGEST]]])  # keeps the reference's n-grams for all hypotheses
    return [metric.corpus_score([text[:LONGEST]], None).score / 100 for text in hypotheses]


@dataclass(frozen=True, slots=True)
class _Mbr:
    def __call__(self, sources: Sequence[str], hypotheses: Sequence[Sequence[str]], pair: Pair) -> list[list[float]]:
        return [mbr(group) for group in hypotheses]


@dataclass(frozen=True, slots=True)
class _Preferred:
    """What a filter prefers; samples repeat, and scorers are slow, so equal ones are sent once."""

    scorer: Filter

    def __call__(self, sources: Sequence[str], hypotheses: Sequence[Sequence[str]], pair: Pair) -> list[list[float]]:
        groups = zip(sources, hypotheses, strict=True)
        asked = [[Scored(source, hypothesis, pair) for hypothesis in group] for source, group in groups]
        units = list(dict.fromkeys(unit for group in asked for unit in group))
        got = self.scorer.score(units) if units else []
        expect_one_each(f"the filter {self.scorer.name!r}", units, got)
        scores = {unit: _comparable(rating.score) for unit, rating in zip(units, got, strict=True)}
        return [[scores[unit] for unit in group] for group in asked]


def _comparable(score: float | None) -> float:
    return -math.inf if score is None or math.isnan(score) else float(score)


def _can_choose(name: str) -> bool:
    found = filter_class(name)
    unit = found.model_fields["unit"].default if "unit" in found.model_fields else found.unit
    return found.quality and unit == "segment" and not found.needs_candidates


def _scorers() -> list[str]:
    """Names of the filters that can choose; a broken plug-in cannot, and is reported when it is asked for."""
    names = []
    for name in plugins.available("filters"):
        try:
            if _can_choose(name):
                names.append(name)
        except ContractError:
            continue
    return names
