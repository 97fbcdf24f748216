"""What a score is worth: its spread, the cut that people would make, and which errors it finds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict
from babelset.errors import ConfigError, DataError
from babelset.filters.copied import Copied
from babelset.filters.repetition import Repetition
from babelset.scoring.calibration.calibrate import auc, best_cut, calibrate, quantile, sweep
from babelset.scoring.calibration.ratings import Gold

SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9]) | st.floats(-1, 1), max_size=12)


@given(SCORES, SCORES)
def test_auc_is_the_share_of_pairs_in_which_the_good_one_wins(good: list[float], bad: list[float]) -> None:
    wins = [1.0 if one > other else 0.5 if one == other else 0.0 for one in good for other in bad]
    assert auc(good, bad) == (sum(wins) / len(wins) if wins else None)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), max_size=12))
def test_no_cut_has_a_better_f1(rated: list[tuple[float, bool]]) -> None:
    def f1(cut: float) -> float:
        hits = sum(good for value, good in rated if value >= cut)
        kept, wanted = sum(value >= cut for value, _ in rated), sum(good for _, good in rated)
        return 2 * hits / (kept + wanted)

    best = best_cut(rated)
    if best is None:
        assert not any(good for _, good in rated)
        return
    every = {value: f1(value) for value, _ in rated}
    assert best["f1"] == pytest.approx(max(every.values())) == pytest.approx(every[best["cut"]])
    kept = [good for value, good in rated if value >= best["cut"]]
    assert best["precision"] == pytest.approx(sum(kept) / len(kept))
    assert best["recall"] == pytest.approx(sum(kept) / sum(good for _, good in rated))


def test_of_equal_cuts_the_one_that_keeps_more() -> None:
    best = best_cut([(0.9, True), (0.8, False), (0.7, False), (0.6, True)])
    assert best == {"cut": 0.6, "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3)}


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (0.1, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.75, 3), (0.9, 4), (1, 4)]
)
def test_quantiles(share: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], share) == value


SWEEPS = [
    # scores, cuts
    ([0.61, 0.68, 0.7, 0.78, 0.81], [0.62, 0.64, 0.66, 0.68, 0.7, 0.72, 0.74, 0.76, 0.78, 0.8]),
    ([1.0, 2.0, 3.0, 5.0], [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]),
    ([-0.3, 0.3], [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]),
    ([0.5, 0.5], [0.5]),
    ([0.7], [0.7]),
]


@pytest.mark.parametrize(("scores", "cuts"), SWEEPS)
def test_cuts_are_round_and_count_what_they_keep(scores: list[float], cuts: list[float]) -> None:
    found = sweep(scores)
    assert [step["cut"] for step in found] == cuts
    assert [step["kept"] for step in found] == [sum(score >= cut for score in scores) for cut in cuts]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_a_sweep_is_short_and_goes_up(scores: list[float]) -> None:
    found = sweep(sorted(scores))
    assert len(found) <= 12
    assert all(one["cut"] < other["cut"] for one, other in pairwise(found))
    assert all(step["kept"] == sum(score >= step["cut"] for score in scores) for step in found)


def translated(number: int, source: str, text: str | None, kiwi: float | None = None, **more: Any) -> dict[str, Any]:
    evidence = {
        "row": number, "file": "in.jsonl", "line": number + 1, "status": "accepted", "schema": "alpaca",
        "source": "eng_Latn", "target": "cat_Latn", "translator": "echo",
        "fields": [{"path": ["output"], "role": "output", "source": source, "keeps": []}],
        "segments": [{"field": 0, "source": source, "target": text, "keeps": [], "flags": [], "reason": ""}],
        "scores": {"kiwi": [kiwi]}, "verdicts": [], **more,
    }  # fmt: skip
    return {"id": f"row-{number}", "output": text, "_babelset": evidence}


def write(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.fixture
def scored(tmp_path: Path) -> str:
    """Ten rows, 0.0 to 0.9, and one that is not covered."""
    rows = [translated(n, f"Source {n}.", f"Text {n}.", n / 10) for n in range(10)]
    return write(tmp_path / "scored.jsonl", [*rows, translated(10, "Source.", "Text."), {"output": "no evidence"}])


def test_spread_and_cuts_of_each_language(scored: str) -> None:
    report = calibrate([scored], [])
    assert report["rows"] == {"read": 12, "failed": 1}
    assert set(report["languages"]) == {"cat_Latn"} and "planted" not in report["languages"]["cat_Latn"]
    told = report["languages"]["cat_Latn"]["scores"]["kiwi"]
    assert (told["rows"], told["not_covered"]) == (10, 1)
    assert told["deciles"] == [0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert {step["cut"]: step["kept"] for step in told["cuts"]}[0.7] == 3


def test_the_columns_that_are_asked_for(scored: str) -> None:
    assert set(calibrate([scored], [], by=["kiwi.min", "kiwi"])["languages"]["cat_Latn"]["scores"]) == {
        "kiwi.min",
        "kiwi",
    }
    with pytest.raises(ConfigError, match=r"--by: no row has the score 'kiwy'\. Did you mean 'kiwi'"):
        calibrate([scored], [], by=["kiwy"])


def test_cuts_are_shown_for_qualities_and_where_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "scored.jsonl", [translated(0, "A.", "B.", 0.5, scores={"kiwi": [0.5], "length": [1.1]})])
    for by, expected in [([], {"kiwi"}), (["length"], {"length"})]:
        told = calibrate([path], [], by=by)["languages"]["cat_Latn"]["scores"]
        assert {name for name, column in told.items() if "cuts" in column} == expected


RATINGS = [
    # what it shows, name, the file, from which rating on a row is good, rows rated good and bad, best cut
    ("0 and 1", "g.csv", "row,rating\n1,0\n5,0\n7,1\n9,1\n", 50, 2, 2, 0.7),
    ("0 to 100", "g.csv", "row,rating\n1,10\n5,55.5\n7,50\n9,100\n2,49\n", 50, 3, 2, 0.5),
    ("from 70 on", "g.csv", "row,rating\n1,10\n5,55.5\n7,50\n9,100\n2,49\n", 70, 1, 4, 0.9),
    ("ids", "g.jsonl", '{"id": "row-1", "rating": 0}\n{"id": "row-7", "rating": 1}\n', 50, 1, 1, 0.7),
    ("numbers in jsonl", "g.jsonl", '{"row": 1, "rating": 0}\n{"row": 7, "rating": 1}\n', 50, 1, 1, 0.7),
    ("another row is rated too", "g.csv", "row,rating\n1,0\n7,1\n999,1\n", 50, 1, 1, 0.7),
    ("a row without a score", "g.csv", "row,rating\n1,0\n7,1\n10,1\n", 50, 1, 1, 0.7),
    ("a language", "g.csv", "row,target,rating\n1,ca,0\n7,cat_Latn,1\n9,es,0\n", 50, 1, 1, 0.7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "name", "text", "least", "good", "bad", "cut"), RATINGS, ids=[case[0] for case in RATINGS]
)
def test_ratings(
    what: str, name: str, text: str, least: float, good: int, bad: int, cut: float, scored: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    told = calibrate([scored], [], gold=Gold.read(str(tmp_path / name), good=least))
    gold = told["languages"]["cat_Latn"]["scores"]["kiwi"]["gold"]
    assert (gold["good"], gold["bad"], gold["best"]["cut"]) == (good, bad, cut)
    assert gold["auc"] == 1


BAD_RATINGS = [
    ("row,score\n1,1\n", "g.csv:2: a rating has the fields 'row' or 'id', and 'rating'"),
    ("row,rating\n1,good\n", "g.csv:2: rating: 'good' is not a number from 0 to 100"),
    ("row,rating\n1,\n", "g.csv:2: rating: '' is not a number"),
    ("row,rating\n1,101\n", "g.csv:2: rating: '101' is not a number"),
    ("row,rating\n1,nan\n", "g.csv:2: rating: 'nan' is not a number"),
    ("row,rating\n1,1\n1,0\n", "g.csv:3: row '1' is rated twice"),
    ("row,rating\n77,1\n", "none of its 1 ratings is of a row of the inputs"),
    ("row,rating\n", "none of its 0 ratings"),
    ("row,target,rating\n1,xx_Yyyy,1\n", "xx_Yyyy"),
]


@pytest.mark.parametrize(("text", "said"), BAD_RATINGS)
def test_ratings_that_cannot_be_used_are_named(text: str, said: str, scored: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(text)
    with pytest.raises(ConfigError) as caught:
        calibrate([scored], [], gold=Gold.read(str(tmp_path / "g.csv")))
    assert said in str(caught.value)


def test_ratings_of_several_languages_must_say_which(tmp_path: Path) -> None:
    rows = [translated(1, "A.", "B.", 0.5), translated(1, "A.", "B.", 0.5, target="spa_Latn")]
    path = write(tmp_path / "scored.jsonl", rows)
    (tmp_path / "g.csv").write_text("row,rating\n1,1\n")
    with pytest.raises(ConfigError, match="into cat_Latn, spa_Latn; add a field 'target'"):
        calibrate([path], [], gold=Gold.read(str(tmp_path / "g.csv")))
    with pytest.raises(DataError, match="no such file"):
        Gold.read(str(tmp_path / "h.csv"))


class Dictionary(Filter):
    """A scorer of segments `Source n ...` -> `Text n ...` that looks at their first two words."""

    name: ClassVar[str] = "dictionary"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        words = [(unit.source.split()[:2], (unit.target or "").split()[:2]) for unit in units]
        return [Rating(float(target == ["Text", *source[1:]])) for source, target in words]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        return Verdict(self.name, True)


class Alarm(Dictionary):
    """Rejects nothing and ranks nothing, but is a scorer that users name."""

    name: ClassVar[str] = "alarm"
    quality: ClassVar[bool] = False


class Blind(Dictionary):
    name: ClassVar[str] = "blind"

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(None)] * len(units)


def numbered(language: str, text: str, count: int = 30) -> list[dict[str, Any]]:
    return [
        translated(n, f"Source {n} of all sources", f"{text} {n} of all texts", 0.5, target=language)
        for n in range(count)
    ]


@pytest.fixture
def report(tmp_path: Path) -> dict[str, Any]:
    rows = numbered("cat_Latn", "Text") + numbered("spa_Latn", "Otro texto", 5)
    bad = [translated(99, "A", "never drawn", status="rejected"), translated(98, "A", None, status="accepted")]
    path = write(tmp_path / "scored.jsonl", rows + bad)
    found: dict[str, Any] = calibrate([path], [Dictionary(), Alarm(), Blind(), Repetition(), Copied()], sample=20)[
        "languages"
    ]
    return found


def test_planted_errors_that_a_scorer_finds_and_does_not(report: dict[str, Any]) -> None:
    told = report["cat_Latn"]["planted"]["dictionary"]
    assert {kind: found["auc"] for kind, found in told.items() if kind != "dropped"} == {
        "shuffled": 1.0, "wrong language": 1.0, "reversed": 1.0, "untranslated": 1.0,
        "truncated": 0.5, "repeated": 0.5,
    }  # fmt: skip
    assert 0.5 < told["dropped"]["auc"] < 1
    assert report["cat_Latn"]["planted"]["alarm"] == told
    assert all(found["rows"] == 20 and found["not_covered"] == 0 for found in told.values())


def test_a_check_is_measured_by_its_verdict(report: dict[str, Any]) -> None:
    told = report["cat_Latn"]["planted"]["repetition"]
    assert {kind for kind, found in told.items() if found["auc"] == 1} == {"repeated"}
    assert {found["auc"] for found in told.values()} == {0.5, 1.0}


def test_a_scorer_that_does_not_cover_a_language_is_no_good_and_no_bad_one(report: dict[str, Any]) -> None:
    assert report["cat_Latn"]["planted"]["blind"]["shuffled"] == {"rows": 0, "not_covered": 20, "auc": None}


def test_languages_are_planted_by_themselves(report: dict[str, Any]) -> None:
    assert report["spa_Latn"]["planted"]["repetition"]["repeated"]["rows"] == 5
    assert report["spa_Latn"]["planted"]["dictionary"]["shuffled"]["auc"] == 0.5, "it knows no Spanish"


def test_the_wrong_language_is_any_of_the_others(tmp_path: Path) -> None:
    asked: list[str] = []

    class Recorder(Dictionary):
        def score(self, units: Sequence[Scored]) -> list[Rating]:
            asked.extend((unit.target or "").partition(" ")[0] for unit in units if unit.pair.target.code == "cat_Latn")
            return super().score(units)

    languages = {"cat_Latn": "Text", "spa_Latn": "Otro", "fra_Latn": "Autre"}
    rows = [row for code, text in languages.items() for row in numbered(code, text)]
    calibrate([write(tmp_path / "scored.jsonl", rows)], [Recorder()])
    assert asked.count("Otro") + asked.count("Autre") == 30 and min(asked.count("Otro"), asked.count("Autre")) >= 8


def test_without_another_language_there_is_no_wrong_one_and_the_same_rows_are_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "scored.jsonl", numbered("cat_Latn", "Text"))
    first, again = (calibrate([path], [Dictionary()], sample=7) for _ in range(2))
    planted = first["languages"]["cat_Latn"]["planted"]["dictionary"]
    assert first == again and "wrong language" not in planted and planted["shuffled"]["rows"] == 7
