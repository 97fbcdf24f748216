"""Of the candidates of each segment the best against the worst, and no pair where they are worth the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.exports.test_segments import translated
from tests.rows import rows_of

LAKE, EL_LLAC = "The lake is deep.", "El llac és profund."
RIVER, EL_RIU = "The river is cold.", "El riu és fred."
POOR, WORSE = "El llac és profunds.", "Riu profund el."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def own(candidates: list[tuple[str, float | None]], **more: Any) -> dict[str, Any]:
    """A row whose first segment has candidates of one model."""
    row = translated((LAKE, candidates[0][0]), (RIVER, EL_RIU), **more)
    row[KEY]["segments"][0]["candidates"] = candidates
    return row


def engines(scores: list[list[float | None]], targets: list[list[str | None]]) -> dict[str, Any]:
    """A row that several engines translated."""
    row = translated((LAKE, EL_LLAC), (RIVER, EL_RIU))
    row[KEY]["candidates"] = [
        {"engine": f"e{at}", "signature": "t|v:1", "status": "accepted", "targets": texts, "scores": {"cometkiwi": known}, "verdicts": []}
        for at, (known, texts) in enumerate(zip(scores, targets, strict=True))
    ]  # fmt: skip
    return row


def pairs(row: dict[str, Any], *words: str, code: int = 0) -> tuple[list[tuple[Any, ...]], dict[str, Any], str]:
    Path("in.jsonl").write_text(json.dumps(row) + "\n")
    told = [word for each in words for word in ("--set", each)]
    done = CliRunner().invoke(app, ["run", "translation-pairs", "in.jsonl", "-o", "out.jsonl", "-q", *told])
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    if code > 1:
        return [], {}, " ".join(done.output.split())
    made = [(each["chosen"], each["rejected"], each["margin"]) for each in rows_of(Path("out.jsonl"))]
    return made, json.loads(Path("out.manifest.json").read_text()), done.output


BOTH = [[EL_LLAC, EL_RIU], [POOR, EL_RIU], [WORSE, "Riu fred."]]
TABLE: list[tuple[dict[str, Any], list[str], list[tuple[Any, ...]]]] = [
    (own([(EL_LLAC, 0.9), (WORSE, 0.2), (POOR, 0.5)]), [], [(EL_LLAC, WORSE, 0.7)]),
    (own([(EL_LLAC, 0.9), (POOR, 0.88)]), ["min_gap=0.05"], []),
    (own([(EL_LLAC, 0.5), (POOR, 0.5)]), [], []),
    (own([(EL_LLAC, 0.5)]), [], []),
    (own([(EL_LLAC, 0.5), (WORSE, None)]), [], []),
    (own([(EL_LLAC, 0.2), (POOR, 0.9)]), [], [(POOR, EL_LLAC, 0.7)]),
    (engines([[0.9, 0.8], [0.7, 0.8], [0.1, 0.3]], BOTH), ["by=cometkiwi"], [(EL_LLAC, WORSE, 0.8), (EL_RIU, "Riu fred.", 0.5)]),
    (engines([[0.9], [0.7], [0.1]], BOTH), ["by=cometkiwi"], [(EL_LLAC, WORSE, 0.8), (EL_RIU, "Riu fred.", 0.6)]),
    (engines([[0.9, None], [0.7, 0.2], [0.1, None]], BOTH), ["by=cometkiwi"], [(EL_LLAC, WORSE, 0.8)]),
    (engines([[0.9, 0.8], [0.7, 0.8]], [[EL_LLAC, EL_RIU], [None, EL_RIU]]), ["by=cometkiwi"], []),
    (engines([[0.9, 0.8, 0.1], [0.7, 0.8, 0.1]], [[EL_LLAC, EL_RIU], ["x", "y", "z"]]), ["by=cometkiwi"], []),
    (engines([[0.9, 0.8], [0.7, 0.2]], BOTH[:2]), [], []),
    (engines([[0.9, 0.8], [0.7, 0.2]], BOTH[:2]), ["by=comet"], []),
]  # fmt: skip


@pytest.mark.parametrize(("row", "words", "expected"), TABLE)
def test_the_best_against_the_worst(row: dict[str, Any], words: list[str], expected: list[tuple[Any, ...]]) -> None:
    made, manifest, said = pairs(row, *words)
    assert made == expected
    assert manifest["rows"] == {"read": 1, "used": 1, "rejected": 0, "failed": 0, "written": len(expected)}
    assert f"{2 - len(expected)} segments without a pair" in said if len(expected) < 2 else "without" not in said


def test_any_scorer_of_quality_says_what_candidates_are_worth() -> None:
    Path("gold.csv").write_text(f"source,target,language\n{LAKE},{EL_LLAC},ca\n")
    row = own([(POOR, 0.9), (EL_LLAC, 0.1), (WORSE, 0.5)])
    [(chosen, rejected, margin)], manifest, _ = pairs(row, 'with=["reference:gold.csv"]')
    assert (chosen, rejected) == (EL_LLAC, WORSE) and 0.3 < margin <= 1
    assert manifest["counts"]["translation-pairs"]["alone"] == 1, "the river has no candidates"
    [each] = rows_of(Path("out.jsonl"))
    assert each["prompt"] == f"Translate this from English to Catalan:\nEnglish: {LAKE}\nCatalan:"
    assert (each["prompt_language"], each["response_language"], each["source"]) == ("en", "ca", LAKE)


def test_what_a_scorer_does_not_cover_makes_no_pair() -> None:
    Path("river.csv").write_text(f"source,target,language\n{RIVER},{EL_RIU},ca\n")
    assert pairs(own([(POOR, 0.9), (EL_LLAC, 0.1)]), 'with=["reference:river.csv"]')[0] == []


def test_rows_that_were_not_accepted_or_not_translated() -> None:
    assert pairs(own([(EL_LLAC, 0.9), (POOR, 0.5)], status="rejected"))[1]["rejections"] == {
        "the row was not accepted": 1
    }
    for path in Path().glob("out*"):
        path.unlink()
    assert "was not written by babelset translate" in str(pairs({"text": LAKE}, code=1)[1]["failures"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (['with=["length"]'], "length does not score the quality of one translation"),
        (['with=["agreement"]'], "agreement does not score the quality of one translation"),
        (['with=["rubric:x"]'], "rubric does not score the quality of one translation"),
        (['with=["reference:gold.csv"]', "by=comet"], "by and with: give one of them"),
        (["min_gap=-1"], "min_gap"),
    ],
)
def test_a_wrong_option_is_told(words: list[str], said: str) -> None:
    assert said in pairs(own([(EL_LLAC, 0.9)]), *words, code=2)[2]
