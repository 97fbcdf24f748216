"""Only what a model says of answers in every order of them is a rank, and ties make no pair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.engines.llm.scripted_server import ScriptedServer
from tests.rows import rows_of
from tests.steps.judges import judging

RANK = '[[steps]]\nuse = "rank"\n[[steps]]\nuse = "pairs"\n'
WORTHS = [3, 1, 4, 2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.toml").write_text(RANK)
    return tmp_path


def write(*rows: dict[str, Any]) -> None:
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def row(worths: list[int], number: int = 0) -> dict[str, Any]:
    return {"instruction": f"Task {number}.", "answers": [f"{'long ' * (9 - worth)}worth {worth}" for worth in worths]}


def run(server: ScriptedServer, *words: str, name: str = "p.toml", code: int = 0) -> tuple[dict[str, Any], str]:
    options = ["--set", f"rank.base_url={server.base_url}", "--set", "rank.model=rot13", "-q"]
    done = CliRunner().invoke(app, ["run", name, "in.jsonl", "-o", "out.jsonl", *options, *words])
    assert done.exit_code == code, done.output
    return json.loads(Path("out.manifest.json").read_text()), done.output


def read(name: str) -> list[dict[str, Any]]:
    return rows_of(Path(name))


def test_a_fair_judge_decides_every_pair() -> None:
    write(row(WORTHS), row([1, 2], 1))
    with judging("worth") as server:
        manifest, said = run(server)
        assert sum("Answers" in str(body["messages"]) for body in server.bodies) == 4 + 2
    assert [one["ranks"] for one in read("out.steps/1-rank.jsonl")] == [[2, 4, 1, 3], [2, 1]]
    pairs = read("out.jsonl")
    assert manifest["rows"] == {"read": 2, "used": 2, "rejected": 0, "failed": 0, "written": 7}
    assert all(int(pair["chosen"][-1]) > int(pair["rejected"][-1]) for pair in pairs)
    assert {pair["prompt"] for pair in pairs} == {"Task 0.", "Task 1."}
    assert "undecided 0 % of 7 pairs" in said
    assert len({pair["_babelset"]["made"]["id"] for pair in pairs}) == 7


def test_a_judge_that_prefers_what_stands_first_decides_nothing() -> None:
    write(*(row(WORTHS, number) for number in range(5)))
    with judging("place") as server:
        manifest, said = run(server)
    assert manifest["rows"]["written"] == 0 and "undecided 100 % of 30 pairs" in said
    assert all(one["ranks"] == [1, 1, 1, 1] for one in read("out.steps/1-rank.jsonl"))
    assert "5 rows without a pair" in said


def test_without_a_change_of_order_that_judge_is_believed() -> None:
    write(row(WORTHS))
    with judging("place") as server:
        manifest, _ = run(server, "--set", "rank.swap=false")
    assert manifest["rows"]["written"] == 6


@pytest.mark.parametrize(
    ("how", "gap", "count"), [("all", 0, 6), ("best-worst", 0, 1), ("adjacent", 0, 3), ("all", 2, 3), ("all", 3, 1)]
)
def test_which_pairs(how: str, gap: int, count: int) -> None:
    write({**row(WORTHS), "ranks": [2, 4, 1, 3]})
    Path("p.toml").write_text(f'[[steps]]\nuse = "pairs"\nhow = "{how}"\nmin_gap = {gap}\n')
    done = CliRunner().invoke(app, ["run", "p.toml", "in.jsonl", "-o", "out.jsonl", "-q"])
    assert done.exit_code == 0, done.output
    pairs = read("out.jsonl")
    assert len(pairs) == count and all(pair["margin"] >= max(gap, 1) for pair in pairs)
    assert {pair["chosen_rank"] for pair in pairs} <= {1, 2, 3}


def test_scores_take_the_place_of_ranks() -> None:
    write({**row([1, 2, 3]), "scores": [0.1, 0.5, 0.5]})
    done = CliRunner().invoke(app, ["run", "pairs", "in.jsonl", "-o", "out.jsonl", "-O", "scores=scores", "-q"])
    assert done.exit_code == 0, done.output
    assert [(pair["chosen_score"], pair["rejected_score"]) for pair in read("out.jsonl")] == [(0.5, 0.1)] * 2


def test_through_english_the_model_sees_english_alone() -> None:
    write({"instruction": "Tasca.", "answers": ["dos 2", "u 1"], "english": {"instruction": "Task.", "answers": ["two 2", "one 1"]}})  # fmt: skip
    with judging("worth") as server:
        run(server, "--set", "rank.of=english.answers")
        said = [str(body["messages"]) for body in server.bodies if "Answers" in str(body["messages"])]
    assert len(said) == 2 and not any("dos" in one or "Tasca" in one for one in said)
    [pair] = read("out.jsonl")
    assert (pair["chosen"], pair["rejected"], pair["prompt"]) == ("dos 2", "u 1", "Tasca.")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("text", "is no list of texts"),
        (["one"], "holds 1 answers; 2 to 8"),
        (["a"] * 9, "holds 9 answers; 2 to 8"),
        (["a", 3], "is no list of texts"),
        (["a", " "], "is no list of texts"),
    ],
)
def test_what_cannot_be_ranked_fails(answers: Any, said: str) -> None:
    write({"instruction": "x", "answers": answers})
    with judging("worth") as server:
        run(server, code=1)
    [line] = read("out.steps/1-rank.failed.jsonl")
    assert line["reason"] == f"answers: {said}" or said in line["reason"]


def test_an_order_that_is_none_rejects_the_row() -> None:
    write(row(WORTHS))

    def script(body: Any, number: int) -> str | None:
        return json.dumps({"reason": "", "order": ["A", "A", "B", "C"]}) if "Answers" in str(body) else None

    with ScriptedServer(script) as server:
        run(server)
    [line] = read("out.steps/1-rank.rejected.jsonl")
    assert "must name each of A, B, C, D once" in line["_babelset"]["verdicts"][-1]["reason"]


def test_a_field_that_no_step_makes_is_told_before_anything_is_asked() -> None:
    write({"instruction": "x", "answer": ["a", "b"]})
    with judging("worth") as server:
        options = ["--set", f"rank.base_url={server.base_url}", "--set", "rank.model=rot13", "-q"]
        done = CliRunner().invoke(app, ["run", "p.toml", "in.jsonl", "-o", "out.jsonl", *options])
        assert done.exit_code == 2 and not server.bodies
    assert (
        "step 1 (rank): no earlier step and no input makes the field 'answers'. Did you mean 'answer'?" in done.output
    )


def test_pairs_are_exported_as_okapi_does() -> None:
    write(*(row(WORTHS, number) for number in range(2)))
    Path("p.toml").write_text(f'{RANK}[[steps]]\nuse = "export"\nas = "okapi"\noutput = "okapi"\n')
    with judging("worth") as server:
        _, said = run(server)
    rows = json.loads(Path("okapi/multilingual-ranking-data-42k/en.json").read_text())
    assert len(rows) == 12, said
    assert all(set(one) == {"id", "instruction", "input", "prefered_output", "rejected_output"} for one in rows)
