"""Which rows a formula or a rank keeps, and what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset import plugins
from babelset.contracts.evidence import Evidence
from babelset.errors import ConfigError
from babelset.filters.cometkiwi import CometKiwi
from babelset.scoring.refilter import Refilter, refilter
from babelset.scoring.selection import KeepBest, Where, value_of
from tests.budget import examples
from tests.rows import told

Scores = dict[str, list[float | None]]


def evidence(scores: Scores, sources: tuple[str, ...] = ("A source.",), **more: Any) -> Evidence:
    segments = [
        {"field": 0, "source": source, "target": "Text.", "keeps": ["`code`"], "flags": [], "reason": ""}
        for source in sources
    ]
    fields = [{"path": ["output"], "role": "output", "source": " ".join(sources), "keeps": []}]
    found = {
        "row": 0, "file": "a", "line": 1, "status": "rejected", "schema": "s", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "t", "fields": fields, "segments": segments, "scores": scores,
        "verdicts": [], **more,
    }  # fmt: skip
    return found  # type: ignore[return-value]


COLUMNS = [
    # column, scores, sources of the segments, the row's value
    ("kiwi", [0.2, 0.8], ("a", "bbb"), 0.5),
    ("kiwi.mean", [0.2, 0.8], ("a", "bbb"), 0.5),
    ("kiwi.min", [0.2, 0.8], ("a", "bbb"), 0.2),
    ("kiwi.weighted", [0.2, 0.8], ("a", "bbb"), 0.65),
    ("kiwi.weighted", [0.2, 0.8], ("a`code`", "bbb"), 0.65),
    ("kiwi.weighted", [0.2, 0.8], ("`code`", "`code`"), 0.5),
    ("kiwi.weighted", [0.2, None], ("a", "bbb"), 0.2),
    ("kiwi", [None, 0.8], ("a", "bbb"), 0.8),
    ("kiwi.min", [None, 0.8], ("a", "bbb"), 0.8),
    ("kiwi", [None, None], ("a", "bbb"), None),
    ("kiwi", [], (), None),
    ("kiwi.weighted", [0.5], ("a", "b", "c"), 0.5),
    ("kiwi.median", [0.5], ("a",), None),
    ("other", [0.5], ("a",), None),
]


@pytest.mark.parametrize(("column", "scores", "sources", "value"), COLUMNS)
def test_the_value_of_a_column(column: str, scores: Any, sources: tuple[str, ...], value: float | None) -> None:
    assert value_of(evidence({"kiwi": scores}, sources), column) == (value and pytest.approx(value))


@pytest.mark.parametrize(
    ("column", "value"), [("judge.accuracy", 4.0), ("judge.accuracy.min", 3.0), ("judge.min", 1.0), ("judge", 2.0)]
)
def test_a_part_of_a_score_is_a_column_and_comes_before_an_aggregate(column: str, value: float) -> None:
    scores: Scores = {"judge": [2.0], "judge.accuracy": [3.0, 5.0], "judge.min": [1.0]}
    assert value_of(evidence(scores), column) == value


def row(number: int, kiwi: float | None, *, target: str = "cat_Latn", **scores: list[float | None]) -> dict[str, Any]:
    found = evidence({"kiwi": [kiwi], **scores}, row=number, target=target)
    return {"output": "Text.", "_babelset": found}


def cut(folder: Path, given: list[dict[str, Any]], **cuts: Any) -> tuple[list[int], dict[int, tuple[str, str]]]:
    """The numbers of the accepted rows, and of each other one the check that rejected it, and why."""
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given))
    out = str(folder / "out.jsonl")
    refilter(Refilter([str(folder / "in.jsonl")], out, [], force=True, **cuts))
    accepted, rejected = (
        [told(json.loads(line))["_babelset"] for line in (folder / name).read_text().splitlines()]
        for name in ("out.jsonl", "out.rejected.jsonl")
    )
    assert {item["status"] for item in accepted} <= {"accepted"} and {item["status"] for item in rejected} <= {
        "rejected"
    }
    assert not list(folder.glob("*.work"))
    return [item["row"] for item in accepted], {
        item["row"]: (item["verdicts"][-1]["check"], item["verdicts"][-1]["reason"]) for item in rejected
    }


def test_a_formula_cuts_and_says_why(tmp_path: Path) -> None:
    given = [row(0, 0.9), row(1, 0.61237), row(2, None), row(3, 0.76)]
    accepted, rejected = cut(tmp_path, given, where=Where.of("kiwi > 0.75"))
    assert accepted == [0, 3]
    assert rejected == {1: ("where", "kiwi > 0.75: kiwi is 0.6124"), 2: ("where", "kiwi > 0.75: kiwi is None")}


KEPT = [
    # what it shows, scores, what to keep, rows kept
    ("a share", [0.1, 0.9, 0.5, 0.7, 0.3], {"percent": 40}, [1, 3]),
    ("a share that is no whole number of rows", [0.1, 0.9, 0.5], {"percent": 50}, [1, 2]),
    ("a share that is no exact float", [n / 10 for n in range(10)], {"percent": 30}, [7, 8, 9]),
    ("everything", [0.1, 0.9], {"percent": 100}, [0, 1]),
    ("nothing", [0.1, 0.9], {"percent": 0}, []),
    ("a number", [0.1, 0.9, 0.5], {"count": 2}, [1, 2]),
    ("a larger number than there are", [0.1, 0.9], {"count": 5}, [0, 1]),
    ("none at all", [0.1, 0.9], {"count": 0}, []),
    ("the first of equals", [0.5, 0.9, 0.5, 0.5, 0.1], {"count": 3}, [0, 1, 2]),
    ("no row without a score", [None, 0.1, None, 0.2], {"percent": 75}, [1, 3]),
    ("only rows without a score", [None, None], {"count": 1}, []),
    ("negative scores", [-3.0, -1.0, -2.0], {"count": 1}, [1]),
]


@pytest.mark.parametrize(("what", "scores", "wanted", "kept"), KEPT, ids=[case[0] for case in KEPT])
def test_the_best_rows_are_kept(
    what: str, scores: list[float | None], wanted: dict[str, Any], kept: list[int], tmp_path: Path
) -> None:
    given = [row(number, score) for number, score in enumerate(scores)]
    accepted, rejected = cut(tmp_path, given, keep=KeepBest.of("kiwi", **wanted))
    assert accepted == kept
    assert {check for check, _ in rejected.values()} <= {"cut"}


def test_each_language_is_cut_by_itself_and_told_why(tmp_path: Path) -> None:
    given = [row(number, number / 10) for number in range(4)]
    given += [row(4 + number, number / 100, target="spa_Latn") for number in range(4)] + [row(8, None)]
    accepted, rejected = cut(tmp_path, given, keep=KeepBest.of("kiwi", count=2))
    assert accepted == [2, 3, 6, 7]
    assert rejected[0] == (
        "cut", "kiwi 0 is not among the best 2 of 5 rows into Catalan: these have 0.2 and more",
    )  # fmt: skip
    assert rejected[4][1].endswith("4 rows into Spanish: these have 0.02 and more")
    assert cut(tmp_path, [row(0, 0.5), row(1, 0.5)], keep=KeepBest.of("kiwi", count=1))[1][1][1].endswith(
        "and came first"
    )
    assert rejected[8][1] == "no score of kiwi, so not among the best 2 of 5 rows into Catalan"


def test_the_share_is_of_the_rows_that_the_formula_leaves(tmp_path: Path) -> None:
    given = [row(number, number / 10, other=[float(number % 2)]) for number in range(10)]
    where, keep = Where.of("other == 1"), KeepBest.of("kiwi", percent=40)
    accepted, rejected = cut(tmp_path, given, where=where, keep=keep)
    assert accepted == [7, 9]
    assert [check for check, _ in rejected.values()] == ["where", "cut"] * 3 + ["where", "where"]


MISTAKES = [
    # the cuts, what is said
    ({"where": Where.of("kiwy > 0.5")}, r"--where: no row has the score 'kiwy'\. Did you mean 'kiwi'"),
    ({"where": Where.of("kiwi > 0.5 or kiwi.median > 1")}, r"no row has the score 'kiwi\.median'"),
    ({"where": Where.of("kiwi > 0.5 or judge is None")}, "The rows have: kiwi. To add it: babelset score"),
    ({"keep": KeepBest.of("judge", count=3)}, "--by: no row has the score 'judge'"),
]


@pytest.mark.parametrize(("cuts", "said"), MISTAKES)
def test_a_column_that_no_row_has_is_a_mistake_and_writes_nothing(
    cuts: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        cut(tmp_path, [row(0, 0.5)], **cuts)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_score_of_some_rows_only_is_none_for_the_others(tmp_path: Path) -> None:
    given = [row(0, 0.9), row(1, 0.9, judge=[4.0])]
    assert cut(tmp_path, given, where=Where.of("judge >= 4"))[0] == [1]
    assert cut(tmp_path, given, where=Where.of("judge is None"))[0] == [0]


@pytest.mark.parametrize("by", ["length", "copied.min", "repetition"])
def test_what_is_no_quality_ranks_nothing(by: str) -> None:
    with pytest.raises(ConfigError, match="is not a better translation; cut with --where"):
        KeepBest.of(by, count=1)


def test_a_quality_of_another_package_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kiwi(CometKiwi):
        name: ClassVar[str] = "kiwi"

    monkeypatch.setattr(plugins, "available", lambda group: {"kiwi": None})
    monkeypatch.setattr(plugins, "load", lambda group, name: Kiwi)
    assert KeepBest.of("kiwi.min", count=1).columns.names == ["kiwi.min"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(30))
@given(scores=st.lists(st.none() | st.integers(0, 5).map(float), max_size=12), count=st.integers(0, 12))
def test_no_row_that_is_cut_is_better_than_one_that_is_kept(
    scores: list[float | None], count: int, tmp_path: Path
) -> None:
    given = [row(number, score) for number, score in enumerate(scores)]
    accepted, _ = cut(tmp_path, given, keep=KeepBest.of("kiwi", count=count))
    known = [(score, -number) for number, score in enumerate(scores) if score is not None]
    assert sorted(accepted) == sorted(-number for _, number in sorted(known, reverse=True)[:count])
