"""The corpus table of a scored run, in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from babelset.cli.report_tables import show
from babelset.errors import DataError
from babelset.report.collect import collect
from babelset.report.corpus import SHOWN, cells, corpora_of, footnotes
from babelset.report.render import render
from babelset.scoring.metrics import METRICS

SIGNATURE = "nrefs:1|bs:1000|seed:12345|version:2.6.0"


def told(score: float = 16.34, units: int = 1997, of: int = 20_000, ter: str = "", **more: Any) -> dict[str, Any]:
    metrics = {
        metric: {
            "score": score + index, "low": score - 1, "high": score + 1.06, "units": units,
            "signature": f"{metric}|{SIGNATURE}{ter if metric == 'ter' else ''}",
        }
        for index, metric in enumerate(METRICS)
    }  # fmt: skip
    return {"units": units, "of": of, "metrics": {**metrics, **more}}


def test_cells_show_the_score_with_its_interval() -> None:
    corpora = corpora_of({"corpus": {"spa_Latn": {"reference": told()}}})
    assert cells(corpora["spa_Latn"]["reference"])[:3] == ["1,997 of 20,000", "16.3 (15.3-17.4)", "17.3 (15.3-17.4)"]
    damaged = told()
    del damaged["metrics"]["ter"]
    assert cells(corpora_of({"corpus": {"x": {"y": damaged}}})["x"]["y"])[-1] == "–"
    assert corpora_of({}) == {}


DAMAGED: list[Any] = [
    None, [], {"es": []}, {"es": {"reference": {}}}, {"es": {"reference": told(units="many")}},  # type: ignore[arg-type]
    {"es": {"reference": told(bleu={"score": None})}}, {"es": {"reference": told(comet={"score": 1})}},
]  # fmt: skip


@pytest.mark.parametrize("corpus", DAMAGED)
def test_a_damaged_table_is_told(corpus: Any, row: Callable[..., Any], run: Callable[..., str]) -> None:
    with pytest.raises(DataError, match="damaged corpus table"):
        collect([run(row(), manifest={"corpus": corpus})])


def test_a_signature_is_told_once_or_with_those_that_it_holds_for() -> None:
    codes = [f"l{number:02}_Latn" for number in range(10)]
    lines = footnotes(
        corpora_of({"corpus": {code: {"reference": told(ter="|cut:500" * (code > "l00_Latn"))} for code in codes}})
    )
    assert lines[:3] == [f"{metric}|{SIGNATURE}" for metric in ("bleu", "chrf", "chrf++")]
    assert lines[3] == f"ter|{SIGNATURE} (reference l00_Latn)"
    assert lines[4].count("reference ") == SHOWN and lines[4].endswith("l06_Latn, 3 more)")


def test_that_round_trip_ranks_nothing_is_said_where_it_is_shown() -> None:
    assert not any("no ranking" in line for line in footnotes(corpora_of({"corpus": {"x": {"reference": told()}}})))
    assert "no ranking; copies pass it" in footnotes(corpora_of({"corpus": {"x": {"roundtrip": told()}}}))[0]


def test_terminal_page_and_json_have_the_table(
    row: Callable[..., Any], run: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = {"spa_Latn": {"reference": told(), "<script>x": told(7)}, "cat_Latn": {"reference": told(99)}}
    report = collect([run(row(), manifest={"corpus": corpus, "scorers": {}})])
    show(report, as_json=False)
    printed, page = capsys.readouterr().out, render(report)
    for text in (printed, page):
        assert "16.3 (15.3-17.4)" in text and "7.0 (6.0-8.1)" in text and "bleu|nrefs:1" in text
        assert "99.0" not in text, "the rows are Spanish"
    assert "&lt;script&gt;x" in page and "<script>x" not in page
    assert report.as_data()["runs"][0]["corpora"] == corpus


def test_a_scored_run_has_no_rejected_file_to_miss(
    row: Callable[..., Any], run: Callable[..., str], tmp_path: Any
) -> None:
    output = run(row(), manifest={"scorers": {}, "rows": {"read": 1}})
    (tmp_path / "es.rejected.jsonl").unlink()
    assert collect([output]).runs[0].warnings == ()


LICENCES = [
    # licenses in the manifest, what is told
    ({}, "models: nothing recorded; data: nothing recorded, see where alpaca.jsonl came from"),
    ({"data": "mit", "models": {"nllb": "CC-BY-NC-4.0"}}, "models: nllb CC-BY-NC-4.0; data: mit"),
    ({"data": "mit", "models": {"openai": "", "x": "y"}}, "models: openai nothing recorded, x y; data: mit"),
]


@pytest.mark.parametrize(("licenses", "text"), LICENCES)
def test_licences_are_told(
    licenses: Any, text: str, row: Callable[..., Any], run: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    report = collect([run(row(), manifest={"licenses": licenses, "inputs": [{"file": "alpaca.jsonl"}]})])
    show(report, as_json=False)
    assert text in " ".join(capsys.readouterr().out.split()) and text in render(report)
