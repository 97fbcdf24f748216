"""One way to make a row's score of its units', whoever asks: a filter that judges, or a cut over stored scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.evidence import evidence_of, marks_of, outcome_of
from babelset.filters.cometkiwi import CometKiwi
from babelset.measures.aggregate import AGGREGATES, Aggregate, aggregated, prose_length
from babelset.scoring.selection import value_of

ROWS = [
    # how, scores, lengths of the units, the row's score
    ("mean", [0.2, 0.8], [1, 3], 0.5),
    ("min", [0.2, 0.8], [1, 3], 0.2),
    ("weighted", [0.2, 0.8], [1, 3], 0.65),
    ("weighted", [0.2, None, 0.8], [1, 9, 3], 0.65),
    ("weighted", [0.2, 0.8], [0, 3], 0.8),
    ("weighted", [0.2, 0.8], [0, 0], 0.5),
    ("weighted", [-0.5, None], [2, 2], -0.5),
    ("min", [None, 0.4], [1, 1], 0.4),
    ("mean", [4.6, 4.8], [1, 1], 4.7),
    *((how, scores, [1], None) for how in AGGREGATES for scores in ([], [None])),
]


@pytest.mark.parametrize(("how", "scores", "lengths", "total"), ROWS)
def test_the_score_of_a_row(
    how: Aggregate, scores: list[float | None], lengths: list[float], total: float | None
) -> None:
    assert aggregated(how, scores, lengths.__getitem__) == total


@pytest.mark.parametrize(
    ("source", "keeps", "length"),
    [("Open it.", [], 8), ("Run `ls -l` now.", ["`ls -l`"], 10), ("`ls`", ["`ls`"], 0), (" \n", [], 0), ("", [], 0)],
)
def test_kept_text_has_no_weight(source: str, keeps: list[str], length: int) -> None:
    assert prose_length(source, keeps) == length


UNITS = st.lists(
    st.tuples(st.text("ab `", max_size=8), st.sampled_from([[], ["`a`"], ["a"]]), st.none() | st.floats(-1, 1)),
    max_size=5,
)


@given(UNITS, st.sampled_from(AGGREGATES))
def test_a_filter_judges_by_the_number_that_a_cut_sees(
    units: list[tuple[str, list[str], float | None]], how: Aggregate
) -> None:
    scores = [score for *_, score in units]
    segments = [
        {"field": 0, "source": source, "target": "Text.", "keeps": keeps, "flags": [], "reason": ""}
        for source, keeps, _ in units
    ]
    row = {"output": "Text.", "_babelset": {
        "row": 0, "file": "in.jsonl", "line": 1, "status": "accepted", "schema": "alpaca", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "echo", "segments": segments, "verdicts": [],
        "fields": [{"path": ["output"], "role": "output", "source": "Whole.", "keeps": []}],
        "scores": {"cometkiwi": scores},
    }}  # fmt: skip
    evidence = evidence_of(row)
    outcome = outcome_of(row, evidence)
    outcome.marks = marks_of(evidence)
    judged = CometKiwi(aggregate=how).judge(outcome.ratings(CometKiwi())).score
    known = [score for score in scores if score is not None]
    assert judged == value_of(evidence, f"cometkiwi.{how}")
    assert judged is None if not known else min(known) - 1e-6 <= judged <= max(known) + 1e-6
