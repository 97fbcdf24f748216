from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.checks import build_filters
from babelset.engines.llm.judging import PARTS
from babelset.errors import ConfigError
from babelset.scoring.calibration.calibrate import keeping
from babelset.scoring.scores import build_scorers
from tests.commands import run
from tests.engines.llm.scripted_server import UNAUTHORIZED, ScriptedServer


def row(number: int, language: str) -> dict[str, Any]:
    source = f"The library number {number} opens at nine in the morning."
    target = f"La biblioteca número {number} obre a les nou del matí."
    evidence = {
        "row": number, "file": "in.jsonl", "line": number + 1, "status": "accepted", "schema": "alpaca",
        "source": "eng_Latn", "target": language, "translator": "echo",
        "fields": [{"path": ["output"], "role": "output", "source": source, "keeps": []}],
        "segments": [{"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""}],
        "scores": {"kiwi": [number / 20], "other": [1.0]}, "verdicts": [],
    }  # fmt: skip
    return {"output": target, "_babelset": evidence}


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    path = tmp_path / "scored.jsonl"
    path.write_text("".join(json.dumps(row(number, "cat_Latn")) + "\n" for number in range(20)))
    return path


def tables(text: str) -> dict[str, list[list[str]]]:
    """The tables of the output by their titles, each without its header."""
    found: dict[str, list[list[str]]] = {}
    for cells in (line.split("\t") for line in text.splitlines()):
        if len(cells) == 1:
            lines = found.setdefault(cells[0].partition(":")[0], [])
        else:
            lines.append(cells)
    return {title: lines[1:] for title, lines in found.items()}


def test_tables_in_a_pipe(scored: Path) -> None:
    told = tables(run("calibrate", scored, "--with", "copied", "--with", "repetition", "--by", "kiwi"))
    assert set(told) == {"Score distribution", "Cuts", "Planted errors"}
    assert [line[:4] for line in told["Score distribution"]] == [["cat_Latn", "kiwi", "20", "0"]]
    assert ["cat_Latn", "kiwi", "0.5", "10", "20"] in told["Cuts"]
    copied, repetition = told["Planted errors"]
    assert copied == ["cat_Latn", "copied", "0.5", "0.5", "0.5", "1", "0.5", "0.5"]
    assert repetition[-1] == "1"


def test_ratings_in_place_of_planted_errors(scored: Path, tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("row,rating\n" + "".join(f"{n},{int(n >= 12)}\n" for n in range(20)))
    told = tables(run("calibrate", scored, "--gold", tmp_path / "gold.csv", "--by", "kiwi"))
    assert "Planted errors" not in told
    assert told["Ratings"] == [["cat_Latn", "kiwi", "8", "12", "1", "0.6", "1", "1", "1", "0.6"]]
    both = tables(run("calibrate", scored, "--gold", tmp_path / "gold.csv", "--plant", "--with", "copied"))
    assert "Planted errors" in both and len(both["Ratings"]) == 2


def test_a_score_of_a_sample_in_place_of_ratings(scored: Path) -> None:
    """Every third row is judged, and the good ones are those from 0.6, but for one mistake at 0.75."""
    rows = [row(number, "cat_Latn") for number in range(20)]
    for number, each in enumerate(rows):
        judged = [(4.5 if number >= 12 and number != 15 else 2.0) if number % 3 == 0 else None]
        each["_babelset"]["scores"]["judge"] = judged
    scored.write_text("".join(json.dumps(each) + "\n" for each in rows))
    told = tables(run("calibrate", scored, "--gold", "score:judge", "--good", "4", "--precision", "0.6"))
    assert [line[1] for line in told["Ratings"]] == ["kiwi", "other"], "a judge is not measured by itself"
    judged, good = [0, 3, 6, 9, 12, 15, 18], {12, 18}
    for line in (line for line in told["Cuts"] if line[1] == "kiwi"):
        kept = [number for number in judged if number / 20 >= float(line[2])]
        share = f"{sum(number in good for number in kept) / len(kept):.4g}" if kept else "-"
        assert line[5:] == [str(len(kept)), share]
    assert told["Ratings"][0][-1] == "0.5", "2 of the 3 that were judged are good"
    assert tables(run("calibrate", scored, "--gold", "score:judge", "--good", "4"))["Ratings"][0][-1] == "0.8"


def test_json_holds_the_same(scored: Path) -> None:
    report = json.loads(run("calibrate", scored, "--with", "copied", "--sample", "5", "--json"))
    assert report["rows"] == {"read": 20, "failed": 0}
    told = report["languages"]["cat_Latn"]
    assert set(told["scores"]) == {"kiwi", "other"} and len(told["scores"]["kiwi"]["deciles"]) == 11
    assert told["planted"]["copied"]["untranslated"] == {"rows": 5, "not_covered": 0, "auc": 1.0}
    assert "planted" not in json.loads(run("calibrate", scored, "--no-plant", "--json"))["languages"]["cat_Latn"]


def test_the_usual_checks_score_what_is_planted_if_none_is_named(scored: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[filters]\nlanguage = false\ntask = false\n")
    told = tables(run("calibrate", scored, "--config", tmp_path / "c.toml"))
    assert {"complete", "copied", "numbers"} <= {line[1] for line in told["Planted errors"]}
    assert not {"language", "task", "cometkiwi"} & {line[1] for line in told["Planted errors"]}


def test_rows_without_evidence_are_passed_over(scored: Path) -> None:
    with scored.open("a") as file:
        file.write('{"output": "b"}\n')
    assert "kiwi" in run("calibrate", scored, "--no-plant", code=1)


MISTAKES = [
    (["--by", "kiwy"], "--by: no row has the score 'kiwy'"),
    (["--with", "copied", "-O", "more=1"], "more: unknown option"),
    (["-O", "most=1"], "--option is for the scorers that --with names"),
    (["--gold", "nowhere.csv"], "there is no such file"),
    (["--gold", "score:judge"], "from which value is a row good?"),
    (["--gold", "score:judge", "--good", "4"], "--gold: no row has the score 'judge'"),
]


@pytest.mark.parametrize(("options", "said"), MISTAKES)
def test_mistakes_are_told(options: list[str], said: str, scored: Path) -> None:
    code = 3 if "nowhere.csv" in options else 2
    assert said in run("calibrate", scored, *options, *(["--no-plant"] if "--by" in options else []), code=code)


JUDGED = json.dumps({part: {"reason": "so", "score": 4} for part in PARTS})


@pytest.mark.parametrize("piped", [False, True])
def test_what_a_judge_is_paid_for_is_kept_until_the_tables_are_shown(
    piped: bool, scored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any later calibration of the same rows finds it, also one of other options; then it goes."""
    monkeypatch.chdir(scored.parent)
    work = Path(f"{'stdin' if piped else 'scored'}.calibrate.work")

    def calibrated(server: ScriptedServer, code: int, *more: str) -> str:
        said = json.dumps({"base_url": server.base_url, "wait": 0.001, "concurrency": 1})
        command = ["calibrate", "-" if piped else "scored.jsonl", "--with", "judge:rot13", "-O", f"options={said}"]
        result = CliRunner().invoke(app, [*command, *more], input=scored.read_bytes() if piped else None)
        assert result.exit_code == code, result.output
        return result.output

    with ScriptedServer(lambda body, number: UNAUTHORIZED if number == 12 else JUDGED) as server:
        calibrated(server, 2, "--sample", "4")
        assert list(work.glob("judge-*.sqlite"))
        whole = calibrated(server, 0, "--sample", "4")
        paid = Counter(
            json.dumps(body) for body in server.bodies if "\nTranslation: " in body["messages"][-1]["content"]
        )
        assert sorted(paid.values())[-2:] == [1, 2], "only what failed is asked again"
        assert not work.exists()
        assert calibrated(server, 0, "--sample", "4") == whole


def test_checks_that_cost_nothing_leave_no_folder_on_the_way(scored: Path) -> None:
    with keeping([str(scored)], build_filters({})) as folder:
        assert folder is None and [path.name for path in scored.parent.iterdir()] == ["scored.jsonl"]


def test_two_calibrations_of_the_same_rows_do_not_share_a_folder(scored: Path) -> None:
    judge = build_scorers(["judge:rot13"], {}, {})
    with (
        keeping([str(scored)], judge),
        pytest.raises(ConfigError, match="another process"),
        keeping([str(scored)], judge),
    ):
        pass
    inside = scored.with_name("scored.calibrate.work") / "rows.jsonl"
    with pytest.raises(ConfigError, match="lies in"), keeping([str(scored), str(inside)], judge):
        pass
