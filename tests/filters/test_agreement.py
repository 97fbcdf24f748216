"""Whether the candidates for a segment agree."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.contracts.filter import Scored, with_units
from babelset.filters.agreement import Agreement
from babelset.languages import Pair, find
from tests.budget import examples
from tests.filters.conftest import scores

PAIR = Pair(find("en"), find("ca"))
EN = "The library is open."
CA, CLOSE, OTHER = "La biblioteca és oberta.", "La biblioteca està oberta.", "Xqz wpk jjj!"


def segment(target: str | None, *candidates: str, source: str = EN) -> Scored:
    return Scored(source, target, PAIR, "output", candidates=tuple((text, -0.1) for text in candidates))


AGREED = [
    # what it shows, target, candidates, least and most
    ("all say the same", CA, [CA, CA, CA], 1, 1),
    ("the target counts for itself only", CA, [CA, OTHER], 0, 0.1),
    ("the others nearly agree", CA, [CA, CLOSE], 0.6, 0.99),
    ("one of two agrees", CA, [CA, CA, OTHER], 0.5, 0.6),
    ("none agrees", CA, [CA, OTHER, "Zzz."], 0, 0.1),
    ("blank candidates never agree", CA, [CA, CA, " "], 0.5, 0.5),
    ("the target was changed after the choice", CA, [CLOSE, CLOSE], 0.6, 0.99),
]


@pytest.mark.parametrize(("what", "target", "candidates", "least", "most"), AGREED, ids=[case[0] for case in AGREED])
def test_what_agreement_scores(what: str, target: str, candidates: list[str], least: float, most: float) -> None:
    (score,) = scores(Agreement(), [segment(target, *candidates)])
    assert score is not None and least - 1e-9 <= score <= most + 1e-9


ALONE = [
    ("no candidates", segment(CA)),
    ("a single one", segment(CA, CA)),
    ("no target", segment(None, CA, CLOSE)),
    ("an empty target", segment("", CA, CLOSE)),
    ("nothing to translate", segment("42.", "42.", "42.", source="42.")),
]


@pytest.mark.parametrize(("what", "unit"), ALONE, ids=[case[0] for case in ALONE])
def test_what_is_not_covered(what: str, unit: Scored) -> None:
    assert scores(Agreement(), [unit]) == [None]


def test_the_row_must_reach_what_is_demanded() -> None:
    units = [segment(CA, CA, CA), segment(CLOSE, CLOSE, OTHER), segment(CA)]
    check = Agreement(least=0.6, aggregate="mean")
    ratings = with_units(check.score(units), units)
    assert ratings[0].score == pytest.approx(1) and ratings[2].score is None
    verdict = check.judge(ratings)
    assert not verdict.ok and verdict.reason.endswith(f"below 0.60: {CLOSE!r}")
    assert Agreement().judge(ratings).ok


@given(st.lists(st.text(max_size=30) | st.text("ab \ud800", max_size=8), max_size=5))
@settings(max_examples=examples(80), deadline=None)
def test_any_candidates_get_a_score_in_range_whatever_their_order(texts: list[str]) -> None:
    target = texts[0] if texts else "a"
    score, reversed_ = scores(Agreement(), [segment(target, *texts), segment(target, *reversed(texts))])
    assert score == reversed_
    assert score is None or -1e-9 <= score <= 1 + 1e-9


def test_a_megabyte_takes_no_time() -> None:
    started = time.process_time()
    Agreement().score([segment("a" * 1_000_000, *["ab " * 300_000, "a" * 1_000_000, "." * 1_000_000])])
    assert time.process_time() - started < 20


def test_it_scores_segments_and_can_be_pickled() -> None:
    check = Agreement(least=0.6)
    assert check.quality and check.needs_candidates and check.unit == "segment"
    assert pickle.loads(pickle.dumps(check)) == check
