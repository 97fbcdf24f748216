"""Scores in parts, with notes: they are stored beside each other, and a unit that is unjudged passes nowhere as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PrivateAttr

from babelset.contracts.evidence import evidence_of, marks_of, outcome_of
from babelset.contracts.filter import Filter, Marks, Outcome, Rating, Scored, Unit, Verdict
from babelset.errors import ContractError
from babelset.files.row import KEY, Row
from babelset.languages import Pair, find
from babelset.scoring.calibration.calibrate import planted
from babelset.scoring.distribution import ScoreReport
from babelset.scoring.refilter import redecide
from babelset.scoring.scores import fill
from babelset.scoring.selection import KeepBest, Where, value_of
from babelset.translation.deciding import score
from babelset.translation.routes import Retry
from babelset.translation.worker import _done_well, _standing
from babelset.work.account import Tally
from babelset.work.journal import Entry

PAIR = Pair(find("en"), find("ca"))


class Critic(Filter):
    """
    Rates "4" with 4, its length half as much; what is no number is unjudged, what is empty is not covered.

    A row is rejected where the note of a unit says so.
    """

    name: ClassVar[str] = "critic"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    parts: ClassVar[tuple[str, ...]] = ("tone", "length")

    _asked: list[str] = PrivateAttr(default_factory=list)

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        self._asked += [unit.target or "" for unit in units]
        return [self._rating(unit.target or "") for unit in units]

    def _rating(self, text: str) -> Rating:
        if not text.isdecimal():
            return Rating(None, note=f"unjudged: {text}" if text else "")
        return Rating(float(text), {"tone": float(text), "length": float(text) / 2}, "low" if text < "3" else "")

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        assert all(rating.of.source == "a source" for rating in ratings)
        bad = [rating.note for rating in ratings if rating.note]
        return Verdict(self.name, not bad, None, "; ".join(bad))


def row(*targets: str) -> Outcome:
    units = [Scored("a source", target, PAIR, "output") for target in targets]
    return Outcome(units, [Scored("a source", " ".join(targets), PAIR, "output")], Scored("", "", PAIR))


def test_parts_and_notes_stand_beside_the_scores() -> None:
    one, none, two = score([Critic()], [row("4", "1"), row(), row("what?", "")])
    assert one == Marks({"critic": [4, 1], "critic.tone": [4, 1], "critic.length": [2, 0.5]}, {"critic": ["", "low"]})
    assert none == Marks({"critic": [], "critic.tone": [], "critic.length": []})
    assert two.scores == {name: [None, None] for name in one.scores} and two.notes == {
        "critic": ["unjudged: what?", ""]
    }


def test_a_rater_that_answers_too_little_is_refused() -> None:
    class Lazy(Critic):
        def score(self, units: Sequence[Scored]) -> list[Rating]:
            return [Rating(1.0)]

    with pytest.raises(ContractError, match="'critic' got 2"):
        score([Lazy()], [row("4", "1")])


ratings = st.lists(
    st.builds(
        Rating,
        st.none() | st.floats(0, 5),
        st.fixed_dictionaries({"tone": st.none() | st.floats(0, 5), "length": st.floats(0, 5)}),
        st.text(max_size=5),
    )
)


@given(ratings)
def test_ratings_come_back_from_their_columns(given: list[Rating]) -> None:
    parts = {f"critic.{part}": [rating.parts[part] for rating in given] for part in Critic.parts}
    marks = Marks({"critic": [rating.score for rating in given], **parts}, {"critic": [one.note for one in given]})
    assert marks.ratings("critic") == given
    unjudged = [rating.note for rating in given if rating.score is None and rating.note]
    assert marks.unjudged("critic") == marks.unjudged("critic.tone.min") == (unjudged[0] if unjudged else "")


def test_columns_that_were_damaged_are_read_as_far_as_they_go() -> None:
    marks = Marks({"critic": [1.0, None], "critic.tone": [2.0], "critical": [9.0]}, {"critic": []})
    assert marks.ratings("critic") == [Rating(1.0, {"tone": 2.0}), Rating(None)]
    assert marks.ratings("other") == [] and marks.unjudged("other") == ""


def entry(*targets: str, language: str = "cat_Latn") -> Entry:
    """A row as a run has stored it."""
    segments = [
        {"field": 0, "source": "a source", "target": target, "keeps": [], "flags": [], "reason": ""}
        for target in targets
    ]
    evidence = {
        "row": 0, "file": "in.jsonl", "line": 1, "status": "accepted", "schema": "alpaca", "source": "eng_Latn",
        "target": language, "translator": "echo", "segments": segments, "scores": {}, "verdicts": [],
        "fields": [{"path": ["output"], "role": "output", "source": "a source", "keeps": []}],
    }  # fmt: skip
    data: dict[str, Any] = {"output": " ".join(targets), KEY: evidence}
    [marks] = score([Critic()], [outcome_of(data, evidence_of(data))])
    data[KEY] |= {"scores": marks.scores, "notes": marks.notes}
    return {"status": "accepted", "data": data}


ROWS = {"good": ("4", "5"), "covered in part": ("4", ""), "unjudged in part": ("5", "what?"), "unjudged": ("what?",)}
GOOD = {"good", "covered in part"}


@pytest.mark.parametrize(("what", "targets"), ROWS.items())
def test_an_unjudged_unit_leaves_the_row_without_a_score(what: str, targets: tuple[str, ...]) -> None:
    evidence = evidence_of(entry(*targets)["data"])
    for column in ("critic", "critic.min", "critic.tone", "critic.length.weighted"):
        assert (value_of(evidence, column) is not None) is (what in GOOD)
    assert marks_of(evidence).notes == evidence["notes"]


@pytest.mark.parametrize("formula", ["critic > 0", "not critic < 1", "critic is None or critic.tone > 0"])
@pytest.mark.parametrize(("what", "targets"), ROWS.items())
def test_no_formula_keeps_what_is_unjudged(formula: str, what: str, targets: tuple[str, ...]) -> None:
    decided = Where.of(formula).decide(entry(*targets))
    assert (decided["status"] == "accepted") is (what in GOOD)
    if what not in GOOD:
        assert decided["data"][KEY]["verdicts"][-1]["reason"] == f"{formula}: unjudged: what?"


def test_no_rank_keeps_what_is_unjudged(tmp_path: Path) -> None:
    from babelset.work.output import making
    from babelset.work.places import Places

    with making("filter", Places.of(tmp_path / "out.jsonl"), {}, reads=[], writes={}) as output:
        kept = KeepBest.of("critic", percent=100).best([[entry(*targets) for targets in ROWS.values()]], output)
        assert [each["status"] == "accepted" for each in kept] == [what in GOOD for what in ROWS]


@pytest.mark.parametrize(("what", "targets"), ROWS.items())
def test_routes_ask_the_next_engine_for_what_is_unjudged(what: str, targets: tuple[str, ...]) -> None:
    retry = Retry(below={"critic": 1}, best_by="critic")
    assert _done_well(entry(*targets), retry) is (what in GOOD)
    assert (_standing(entry(*targets), retry) > _standing(entry("1"), retry)) is (what in GOOD)


def test_what_is_unjudged_is_counted_apart() -> None:
    report, tally = ScoreReport(["critic"]), Tally()
    for targets in [*ROWS.values(), ("",)]:
        report.add(entry(*targets)["data"][KEY])
        tally.add(entry(*targets))
    told = report.report()["cat_Latn"]
    assert {name: [one[key] for key in ("rows", "unjudged", "not_covered")] for name, one in told.items()} == {
        name: [2, 2, 1] for name in ("critic", "critic.tone", "critic.length")
    }
    assert told["critic"]["mean"] == 4.25
    assert tally.uncovered == {"critic": 2}, "rows without any score; parts are not counted again"


def test_deciding_again_reads_parts_and_notes_and_asks_for_what_is_missing() -> None:
    critic, data = Critic(), entry("4", "1")["data"]
    [decided] = redecide([Row(0, "f", 1, data)], [critic])
    assert decided["data"][KEY]["verdicts"][0]["reason"] == "low" and critic._asked == []
    bare = {**data, KEY: {**data[KEY], "scores": {}, "notes": {"other": ["x"]}}}
    [again] = redecide([Row(0, "f", 1, bare)], [critic])
    assert again["data"][KEY]["notes"] == {"other": ["x"], "critic": ["", "low"]} and critic._asked == ["4", "1"]


def test_what_is_forced_replaces_parts_and_notes() -> None:
    data = entry("4", "1")["data"]
    evidence = evidence_of(data)
    outcome = outcome_of(data, evidence)
    outcome.segments = [replace(segment, target="5") for segment in outcome.segments]
    assert fill(Critic(), [(data, evidence, outcome)]) == 0
    assert fill(Critic(), [(data, evidence, outcome)], force=True) == 1
    assert evidence["scores"]["critic.tone"] == [5, 5] and "notes" not in evidence


def test_planted_errors_are_measured_in_every_part() -> None:
    class Tongue:
        def rows(self) -> list[Outcome]:
            return [row("4", "5"), row("5", "4"), row("3", "x")]

    table = planted({"cat_Latn": Tongue()}, [Critic()])["cat_Latn"]  # type: ignore[dict-item]
    assert set(table) == {"critic", "critic.tone", "critic.length"}
    assert table["critic"]["untranslated"] == {"rows": 0, "not_covered": 3, "auc": None}


def test_stored_rows_know_their_notes_in_any_format(tmp_path: Path) -> None:
    from babelset.files.reading import read
    from babelset.files.writing import writing

    for name in ("out.csv", "out.parquet", "out.jsonl"):
        with writing(tmp_path / name) as file:
            file.write(entry("4", "1")["data"])
        [found] = read([str(tmp_path / name)])
        assert isinstance(found, Row) and evidence_of(found.data)["notes"] == {"critic": ["", "low"]}
