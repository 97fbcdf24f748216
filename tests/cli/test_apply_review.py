from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from babelset.review.choice import Choice
from babelset.review.store import Store
from babelset.work.places import Places
from tests.rows import told, underived

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(*arguments: str | Path, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def rows(path: Path) -> dict[int, dict[str, Any]]:
    found = (told(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
    return {row[KEY]["row"]: row for row in found}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translated")
    run("translate", EXAMPLES / "alpaca.jsonl", "--to", "es", "-o", folder / "es.jsonl", "--translator", "echo", "-q")
    return folder


@pytest.fixture
def output(once: Path, tmp_path: Path) -> Path:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "es.jsonl"


def decide(output: Path, *said: tuple[int, str, dict[str, str]]) -> None:
    with closing(Store.open(Places.of(str(output)).review)) as store:
        store.add(Choice([str(output)], everything=True))
        ids = {item["row"]: item["id"] for item in store.items()}
        for row, verdict, targets in said:
            known = {"item": ids[row], "verdict": verdict, "reason": "", "targets": targets, "reviewer": "Anna"}
            store.decide(known, based_on=0)  # type: ignore[arg-type]


def test_decisions_become_rows(output: Path) -> None:
    done = output.with_name("done.jsonl")
    decide(output, (0, "accept", {}), (1, "reject", {}), (2, "correct", {"0": "Resume esto."}))
    account = json.loads(run("apply-review", output, "-o", done, "--json").stdout)
    assert account["rows"] == {"read": 25, "accepted": 2, "rejected": 23, "failed": 0}
    assert account["counts"]["review"] == {"accepted": 1, "rejected": 1, "corrected": 1, "undecided": 22}
    assert account["counts"]["memory"] == {"remembered": 1}
    accepted = rows(done)
    assert accepted.keys() == {0, 2} and accepted[2]["instruction"] == "Resume esto."
    before = rows(output) | rows(output.with_name("es.rejected.jsonl"))
    after = rows(done.with_name("done.rejected.jsonl"))
    assert all(row[KEY]["derived"] == ["apply-review"] for row in after.values())
    after = dict(zip(after, underived(after.values()), strict=True))
    assert {number: row for number, row in after.items() if number != 1} == {
        number: row for number, row in before.items() if number > 2
    }


def test_the_next_run_knows_what_was_corrected(output: Path) -> None:
    decide(output, (2, "correct", {"0": "Resume esto."}))
    run("apply-review", output, "-o", output.with_name("done.jsonl"), "--memory", output.with_name("m.sqlite"))
    again = output.with_name("again.jsonl")
    memory = ("--memory", output.with_name("m.sqlite"))
    run("translate", EXAMPLES / "alpaca.jsonl", "--to", "es", "-o", again, "--translator", "echo", "-q", *memory)
    row = (rows(again) | rows(again.with_name("again.rejected.jsonl")))[2]
    assert row["instruction"] == "Resume esto." and row[KEY]["segments"][0]["flags"] == ["reviewed"]


def test_what_the_reviewer_must_know_is_said(output: Path) -> None:
    with_code = next(
        (number, str(index))
        for number, row in rows(output.with_name("es.rejected.jsonl")).items()
        for index, segment in enumerate(row[KEY]["segments"])
        if segment["keeps"]
    )
    decide(output, (with_code[0], "correct", {with_code[1]: "Nada."}), (0, "accept", {}))
    lines = output.with_name("es.rejected.jsonl").read_text("utf-8").splitlines()
    kept = [line for line in lines if told(json.loads(line))[KEY]["row"] != 0]
    output.with_name("es.rejected.jsonl").write_text("\n".join(kept) + "\n", "utf-8")
    result = run("apply-review", output, "-o", output.with_name("done.jsonl"))
    assert "babelset: 1 rows were rejected although the reviewer accepted them:" in result.stderr
    assert "kept spans were lost" in result.stderr
    assert "babelset: 1 decisions are about rows that are not in these runs:" in result.stderr
    assert "es.jsonl alpaca.jsonl:1: accepted by Anna" in result.stderr


def test_a_filter_keeps_what_the_reviewer_rejected(output: Path) -> None:
    decide(output, (0, "accept", {}), (1, "reject", {}))
    done, rejected = output.with_name("done.jsonl"), output.with_name("done.rejected.jsonl")
    run("apply-review", output, "-o", done)
    output.with_name("loose.toml").write_text("[filters]\ntask = false\nlanguage = false\ncopied = false\n")
    loose = output.with_name("loose.jsonl")
    run("filter", done, rejected, "-o", loose, "--config", output.with_name("loose.toml"))
    assert 0 in rows(loose) and 1 not in rows(loose)
    verdicts = rows(loose.with_name("loose.rejected.jsonl"))[1][KEY]["verdicts"]
    assert verdicts[-1] == {"check": "review", "ok": False, "score": None, "reason": "rejected by Anna"}


def test_mistakes_of_the_user(output: Path) -> None:
    result = run("apply-review", output, "-o", output.with_name("done.jsonl"), code=2)
    assert "it has no review yet; first run: babelset review" in result.stderr
    decide(output)
    assert "is read, and would be written" in run("apply-review", output, "-o", output, "--force", code=2).stderr
    result = run("apply-review", output.with_name("none.jsonl"), "-o", output.with_name("done.jsonl"), code=2)
    assert "none.review.sqlite" in result.stderr
