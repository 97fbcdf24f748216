from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import ConfigError, DataError
from babelset.files.row import KEY
from babelset.report import collect as module
from babelset.report.collect import Report, collect
from babelset.report.section import KINDS, OTHER, Section

FAILED = {"row": 9, "file": "a.json", "line": 10, "reason": "not valid JSON", "raw": "{"}
TASK = ("task", "untranslatable: rhyme")
COPIED = ("copied", "left untranslated")
LANGUAGE = ("language", "0% sure")


def only(report: Report) -> Section:
    (section,) = report.sections
    return section


def test_rows_and_reasons(row: Callable[..., Any], run: Callable[..., str]) -> None:
    section = only(
        collect([run(row(0), row(1), row(2, failing=[TASK]), row(3, failing=[TASK, COPIED]), failed=[FAILED])])
    )
    assert section.rows == {"read": 5, "accepted": 2, "rejected": 2, "failed": 1}
    assert [(reason.check, reason.rows, reason.alone, reason.example) for reason in section.reasons] == [
        ("task", 2, 1, TASK[1]),
        ("copied", 1, 0, COPIED[1]),
    ]
    assert section.failures == {"not valid JSON": 1}
    assert (section.source.code, section.target.code) == ("eng_Latn", "spa_Latn")


def test_scores_and_what_a_cut_would_leave(row: Callable[..., Any], run: Callable[..., str]) -> None:
    rows = [row(index, scores={"cometkiwi": index / 10}, failing=[TASK] if index == 9 else []) for index in range(10)]
    rows += [row(10, scores={"cometkiwi": 0.05}, failing=[("cometkiwi", "low")]), row(11, scores={"cometkiwi": None})]
    manifest = {"filters": {"cometkiwi": {"least": 0.6}, "length": {"tolerance": 2.0}}}
    section = only(collect([run(*rows, manifest=manifest)]))
    (sweep,) = section.sweeps
    found = {cut.cut: (cut.rows, cut.kept) for cut in sweep.cuts}
    assert (found[0.0], found[0.5], found[0.9]) == ((11, 10), (5, 4), (1, 0))
    assert (sweep.rows, sweep.limits) == (11, (0.6,))
    score = next(score for score in section.scores if score.name == "cometkiwi")
    assert (score.rows, score.uncovered, score.median, score.limits) == (11, 1, 0.4, (0.6,))
    assert section.uncovered == {"cometkiwi": 1}


def test_length_ratio(row: Callable[..., Any], run: Callable[..., str]) -> None:
    section = only(collect([run(row(0, "ab", "abc"), row(1, "ab", "ab"), row(2, "ab", None, failing=[TASK]))]))
    (score,) = section.scores
    assert (score.name, score.low, score.median, score.high) == ("length ratio", 0.0, 1.0, 1.5)


def test_a_row_with_an_unjudged_text_has_no_score(row: Callable[..., Any], run: Callable[..., str]) -> None:
    judged = row(0, scores={"cometkiwi": 0.5}, notes={"cometkiwi": [""]})
    unjudged = row(1, notes={"cometkiwi": ["", "could not be judged"]})
    unjudged[KEY]["scores"] = {"cometkiwi": [0.9, None], "cometkiwi.part": [0.9, None]}
    section = only(collect([run(judged, unjudged)]))
    assert [(score.name, score.rows) for score in section.scores] == [("cometkiwi", 1), ("length ratio", 2)]
    assert section.uncovered == {"cometkiwi": 1, "cometkiwi.part": 1}


@pytest.mark.parametrize(
    ("least", "scores"),
    [(-8, [160.5, 8.0, 7.9, -8.1, -70.0, None]), (0.3, [0.99, 0.95, 0.5, 0.1, 0.0, None])],
    ids=["margins", "confidences of an older run"],
)
def test_language_confusion(
    least: float, scores: list[float | None], row: Callable[..., Any], run: Callable[..., str]
) -> None:
    reasons = [[], [], [], [LANGUAGE], [LANGUAGE, COPIED], []]
    rows = [row(index, scores={"language": score}, failing=reasons[index]) for index, score in enumerate(scores)]
    found = only(collect([run(*rows, manifest={"filters": {"language": {"least": least}}})])).confusion
    assert found is not None
    assert (found.sure, found.doubtful, found.other, found.copied, found.unjudged) == (2, 1, 2, 1, 1)
    assert only(collect([run(row())])).confusion is None


def test_what_other_languages_are_taken_for(row: Callable[..., Any], run: Callable[..., str]) -> None:
    rows = [row(index, scores={"language": 0.1}, failing=[LANGUAGE]) for index in range(4)]
    for data, name in zip(rows, ("English", "French", "English"), strict=False):
        data[KEY]["verdicts"][0]["counts"] = {f"taken for {name}": 1, "seen": 1}
    section = only(collect([run(*rows)]))
    assert section.confusion and section.confusion.taken == {"English": 2, "French": 1}
    assert section.counts == {"language": {"seen": 3}}


def test_a_section_for_each_run_and_language(row: Callable[..., Any], run: Callable[..., str]) -> None:
    mixed = run(row(0), row(1, lang="cat_Latn"), name="mixed")
    report = collect([mixed, run(row(2), name="es")])
    assert [(section.run, section.target.name) for section in report.sections] == [
        (0, "Spanish"),
        (0, "Catalan"),
        (1, "Spanish"),
    ]


def test_a_file_is_counted_once(row: Callable[..., Any], run: Callable[..., str]) -> None:
    output = run(row(0), row(1, failing=[TASK]))
    assert only(collect([output, output.replace(".jsonl", ".rejected.jsonl"), output])).rows["read"] == 2


@pytest.mark.parametrize(
    "line",
    [
        {"instruction": "no evidence"},
        {KEY: {"row": 1}},
        {KEY: "not JSON"},
        {KEY: ["a list"]},
        "not a row",
    ],
)
def test_damaged_rows_are_counted_apart(row: Callable[..., Any], run: Callable[..., str], line: Any) -> None:
    output = run(row(0))
    with Path(output).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n{\n")
    report = collect([output])
    assert (only(report).rows["read"], report.damaged) == (1, 2)


@pytest.mark.parametrize("more", [{"status": "weird"}, {"target": "xxx_Xxxx"}, {"source": "Klingon"}])
def test_evidence_that_makes_no_sense_is_damaged(row: Callable[..., Any], run: Callable[..., str], more: Any) -> None:
    data, output = row(0), run()
    data[KEY] |= more
    Path(output).write_text(json.dumps(data) + "\n", "utf-8")
    assert collect([output]).damaged == 1


def test_what_is_missing_is_said(row: Callable[..., Any], run: Callable[..., str], tmp_path: Path) -> None:
    output = run(row(0), manifest={"rows": {"read": 7}})
    (tmp_path / "es.rejected.jsonl").unlink()
    (found,) = collect([output]).runs
    assert [warning.partition(":")[0] for warning in found.warnings] == [
        "there is no es.rejected.jsonl",
        "the manifest tells of 7 rows, 1 are in the files",
    ]


def test_rows_that_all_failed_are_of_the_language_of_the_job(run: Callable[..., str]) -> None:
    known = collect([run(failed=[FAILED], manifest={"job": {"source": "en", "target": "ur"}})])
    assert (only(known).target.name, only(known).rows["failed"]) == ("Urdu", 1)
    unknown = collect([run(failed=[FAILED], name="other")])
    assert only(unknown).target.code == "und"


def test_what_the_manifest_tells(row: Callable[..., Any], run: Callable[..., str]) -> None:
    engines = {
        "nllb": {"rows": 5, "tried": 9, "segments": 20, "after": {}},
        "llm": {"rows": 4, "tried": 4, "segments": 8, "after": {"nllb": 4}, "account": {"requests": 5, "cost": 0.25}},
    }
    manifest = {
        "notice": "no commercial use",
        "inputs": [{"file": "alpaca.json", "bytes": 3}],
        "job": {"translator": {"name": "ct2", "options": {"model": "madlad", "device": "cpu"}}},
        "routes": {"engines": engines},
        "this_process": {"seconds": 3.5, "started": 1700000000, "routes": {"llm": {"seconds": 2.5}}},
    }
    (found,) = collect([run(row(0), manifest=manifest)]).runs
    assert (found.notice, found.inputs, found.translator) == ("no commercial use", ("alpaca.json",), "ct2 madlad")
    assert (found.date, found.effort["seconds"]) == ("2023-11-14", 3.5)
    assert [(route.name, route.rows, route.tried) for route in found.routes] == [("nllb", 5, 9), ("llm", 4, 4)]
    assert (found.routes[1].after, found.routes[1].account["cost"], found.routes[1].effort) == (
        {"nllb": 4},
        0.25,
        {"seconds": 2.5},
    )


@pytest.mark.parametrize(
    "manifest",
    [
        {
            "rows": 3,
            "job": [],
            "inputs": {},
            "filters": [],
            "routes": {"engines": [1]},
            "this_process": "x",
            "engine": 3,
        },
        {"filters": {"length": {"tolerance": "x"}, "language": {"least": True}}, "this_process": {"started": 1e30}},
        {
            "rows": {"read": "many"},
            "job": {"translator": {"options": 1}, "source": [], "target": {}},
            "routes": {"engines": {"a": 1}},
        },
    ],
)
def test_a_manifest_that_someone_changed(row: Callable[..., Any], run: Callable[..., str], manifest: Any) -> None:
    assert only(collect([run(row(0), failed=[FAILED], manifest=manifest)])).rows["read"] == 2


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_manifest_that_is_none(row: Callable[..., Any], run: Callable[..., str], tmp_path: Path, text: str) -> None:
    output = run(row(0))
    (tmp_path / "es.manifest.json").write_text(text, "utf-8")
    [told] = collect([output]).runs
    assert "es.manifest.json: the manifest cannot be read" in told.warnings[0]


def test_no_such_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        collect([str(tmp_path / "es.jsonl")])


def test_names_without_end_are_counted_together(row: Callable[..., Any], run: Callable[..., str]) -> None:
    rows = [row(index, failing=[(f"check{index}", "x" * 10_000)]) for index in range(KINDS * 2)]
    failed = [{**FAILED, "reason": f"{index} is wrong"} for index in range(KINDS * 2)]
    section = only(collect([run(*rows, failed=failed)]))
    assert len(section.reasons) == len(section.failures) == KINDS + 1
    assert section.failures[OTHER] == KINDS
    assert max(len(reason.example) for reason in section.reasons) == 200


def test_scores_that_are_no_numbers(row: Callable[..., Any], run: Callable[..., str]) -> None:
    data = row(0, scores={"cometkiwi": 1e308})
    data[KEY] = json.dumps(data[KEY]).replace("1e+308", "NaN")
    output = run(row(1, scores={"cometkiwi": 1e308}), row(2, scores={"cometkiwi": -1e308}))
    with Path(output).open("a", encoding="utf-8") as file:
        file.write(json.dumps(data) + "\n")
    section = only(collect([output]))
    assert section.rows["read"] == 3
    assert [score.rows for score in section.scores] == [2, 3]


def test_languages_without_end(
    row: Callable[..., Any], run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SECTIONS", 2)
    two = run(row(0), row(1, lang="cat_Latn"))
    assert len(collect([two]).sections) == 2
    with pytest.raises(ConfigError, match="more than 2 languages"):
        collect([two, run(row(0), name="more")])
