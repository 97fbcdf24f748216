from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.commands import run
from tests.rows import rows_of as rows
from tests.rows import underived

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translated")
    run("translate", EXAMPLES / "alpaca.jsonl", "--to", "ca", "-o", folder / "ca.jsonl", "--translator", "echo", "-q")
    return folder


@pytest.fixture
def translated(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once, tmp_path, dirs_exist_ok=True))


def both(folder: Path) -> list[Path]:
    return [folder / "ca.jsonl", folder / "ca.rejected.jsonl"]


def test_the_same_thresholds_decide_the_same(translated: Path) -> None:
    run("filter", *both(translated), "-o", translated / "again.jsonl")
    assert underived(rows(translated / "again.jsonl")) == rows(translated / "ca.jsonl")
    assert underived(rows(translated / "again.rejected.jsonl")) == rows(translated / "ca.rejected.jsonl")
    assert all(row["_babelset"]["derived"] == ["filter"] for row in rows(translated / "again.rejected.jsonl"))


def test_another_threshold_moves_rows_and_keeps_scores(translated: Path) -> None:
    (translated / "loose.toml").write_text("[filters]\ntask = false\nlanguage = false\ncopied = false\n")
    account = json.loads(
        run(
            "filter",
            *both(translated),
            "-o",
            translated / "loose.jsonl",
            "--config",
            translated / "loose.toml",
            "--json",
        )
    )
    total = len(rows(translated / "ca.jsonl")) + len(rows(translated / "ca.rejected.jsonl"))
    assert account["rows"]["read"] == total
    assert account["rows"]["accepted"] > len(rows(translated / "ca.jsonl"))
    again = {row["_babelset"]["row"]: row["_babelset"]["scores"] for row in rows(translated / "loose.jsonl")}
    for row in rows(translated / "ca.jsonl"):
        assert again[row["_babelset"]["row"]] == row["_babelset"]["scores"]


def test_stored_scores_are_believed(translated: Path) -> None:
    changed = rows(translated / "ca.jsonl")
    for row in changed:
        row["_babelset"]["scores"]["numbers"] = [0.0] * len(row["_babelset"]["segments"])
    (translated / "changed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    run("filter", translated / "changed.jsonl", "-o", translated / "none.jsonl")
    assert rows(translated / "none.jsonl") == []


def test_a_check_that_is_new_scores_the_row(translated: Path) -> None:
    changed = rows(translated / "ca.jsonl")
    for row in changed:
        del row["_babelset"]["scores"]["length"]
    (translated / "changed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    run("filter", translated / "changed.jsonl", "-o", translated / "all.jsonl")
    assert [row["_babelset"]["scores"]["length"] for row in rows(translated / "all.jsonl")] == [
        row["_babelset"]["scores"]["length"] for row in rows(translated / "ca.jsonl")
    ]


def test_a_confidence_of_an_older_version_is_no_margin(translated: Path) -> None:
    """The score of `language` was a confidence from 0 to 1: such rows are scored again, such a threshold is refused."""
    changed = [row for path in both(translated) for row in rows(path)]
    fresh = {row["_babelset"]["row"]: row["_babelset"]["scores"]["language"] for row in changed}
    for row in changed:
        row["_babelset"]["scores"] = {
            **{name: stored for name, stored in row["_babelset"]["scores"].items() if not name.startswith("language")},
            "language": [0.02],
            "language.segments": [None],
        }
    (translated / "changed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    run("filter", translated / "changed.jsonl", "-o", translated / "again.jsonl")
    again = rows(translated / "again.jsonl") + rows(translated / "again.rejected.jsonl")
    assert {row["_babelset"]["row"]: row["_babelset"]["scores"]["language"] for row in again} == fresh
    (translated / "old.toml").write_text("[filters.language]\nleast = 0.3\n")
    told = run("filter", *both(translated), "-o", translated / "x.jsonl", "--config", translated / "old.toml", code=2)
    assert "language" in told and "least" in told


def test_rejected_rows_can_go_elsewhere(translated: Path) -> None:
    run("filter", *both(translated), "-o", translated / "a.jsonl", "--rejected", translated / "b.csv")
    assert (translated / "b.csv").exists() and not (translated / "a.rejected.jsonl").exists()


def test_rows_without_evidence_fail_and_are_listed(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    run("filter", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", code=1)
    [entry] = rows(tmp_path / "out.failed.jsonl")
    assert "no '_babelset' key" in entry["reason"] and entry["line"] == 1


@pytest.fixture
def rated(translated: Path) -> Path:
    """Rows that pass a check of their own, with a score from 0.0 on and a verdict of a judge."""
    found = [row for path in both(translated) for row in rows(path)]
    for number, row in enumerate(found):
        row["_babelset"]["scores"] |= {"kiwi": [number / 10], "judge.accuracy": [float(number % 2)]}
    (translated / "rated.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    checks = ("copied", "language", "task")
    (translated / "loose.toml").write_text("[filters]\n" + "".join(f"{check} = false\n" for check in checks))
    return translated


def cut(folder: Path, *options: str, code: int = 0) -> str:
    files = ("-o", folder / "cut.jsonl", "--config", folder / "loose.toml")
    return run("filter", folder / "rated.jsonl", *files, *options, code=code)


def kept(folder: Path) -> list[float]:
    return [row["_babelset"]["scores"]["kiwi"][0] for row in rows(folder / "cut.jsonl")]


def test_cuts_by_formula_and_by_rank(rated: Path) -> None:
    cut(rated, "--where", "kiwi > 0.35 and not (judge.accuracy < 1)")
    assert kept(rated)[:3] == [0.5, 0.7, 0.9] and all(round(score * 10) % 2 for score in kept(rated))
    cut(rated, "--keep", "3", "--by", "kiwi", "--force")
    best = kept(rated)
    assert len(best) == 3
    told = cut(rated, "--keep-percent", "20", "--by", "kiwi.min", "--where", "kiwi >= 0", "--force")
    assert set(best) <= set(kept(rated)) and "rejected by: cut" in told
    total = len(rows(rated / "rated.jsonl"))
    assert len(rows(rated / "cut.jsonl")) + len(rows(rated / "cut.rejected.jsonl")) == total


def test_a_row_that_was_cut_can_come_back(rated: Path) -> None:
    cut(rated, "--keep", "1", "--by", "kiwi")
    run("filter", rated / "cut.jsonl", rated / "cut.rejected.jsonl", "-o", rated / "all.jsonl", "--config",
        rated / "loose.toml")  # fmt: skip
    checks = {verdict["check"] for row in rows(rated / "all.jsonl") for verdict in row["_babelset"]["verdicts"]}
    assert not {"cut", "where"} & checks and len(rows(rated / "all.jsonl")) > 1


CUT_MISTAKES = [
    (["--where", "kiwi = 1"], "--where 'kiwi = 1', column"),
    (["--where", "kiwy > 1"], "--where: no row has the score 'kiwy'"),
    (["--where", ""], "--where"),
    (["--keep", "3"], "--by SCORER goes with --keep"),
    (["--by", "kiwi"], "--by SCORER goes with --keep"),
    (["--keep", "3", "--keep-percent", "3", "--by", "kiwi"], "give only one of them"),
    (["--keep", "3", "--by", "length"], "is not a better translation"),
    (["--keep-percent", "101", "--by", "kiwi"], "--keep-percent"),
]


@pytest.mark.parametrize(("options", "said"), CUT_MISTAKES)
def test_mistakes_in_cuts_are_told_and_write_nothing(options: list[str], said: str, rated: Path) -> None:
    assert said in cut(rated, *options, code=2)
    assert not list(rated.glob("cut.*"))
