"""The corpus table of a scored run, as its manifest tells it; the same on the page and in the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from babelset.errors import DataError
from babelset.scoring.corpus_tables import Corpus
from babelset.scoring.metrics import CorpusScore, Metric

Corpora = Mapping[str, Mapping[str, Corpus]]  # by language code and scorer
TITLES: dict[Metric, str] = {"bleu": "BLEU", "chrf": "chrF", "chrf++": "chrF++", "ter": "TER"}
SHOWN = 6  # scorers and languages of a signature
ROUNDTRIP = (
    "roundtrip compares the translation back with the source: an alarm for gross errors, no ranking; copies pass it"
)
COLUMNS = ("compared", *TITLES.values())


def corpora_of(manifest: Mapping[str, Any], name: str = "") -> Corpora:
    """The table, empty where the manifest has none; DataError for a damaged one."""
    try:
        return TypeAdapter(dict[str, dict[str, Corpus]]).validate_python(manifest.get("corpus", {}))
    except ValidationError:
        raise DataError("its manifest has a damaged corpus table: score again, with --force", file=name) from None


def cells(corpus: Corpus) -> list[str]:
    """["1,997 of 1,997", "16.3 (15.8-16.8)", ...], for COLUMNS."""
    return [f"{corpus.units:,} of {corpus.of:,}", *(_cell(corpus.metrics.get(metric)) for metric in TITLES)]


def _cell(found: CorpusScore | None) -> str:
    return f"{found.score:.1f} ({found.low:.1f}-{found.high:.1f})" if found else "–"


def footnotes(corpora: Corpora) -> list[str]:
    """
    The signature of each metric; where there are several, each with the scorers and languages that it holds for.

    >>> footnotes(corpora)[0]
    'BLEU|nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0'
    """
    lines = [ROUNDTRIP] if any("roundtrip" in scorers for scorers in corpora.values()) else []
    for metric in TITLES:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for code, scorers in corpora.items():
            for name, corpus in scorers.items():
                if score := corpus.metrics.get(metric):
                    found[score.signature].append(f"{name} {code}")
        lines += [f"{each} ({_some(users)})" if len(found) > 1 else each for each, users in found.items()]
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:SHOWN], *([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])])
