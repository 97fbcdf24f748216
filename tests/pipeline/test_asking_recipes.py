"""The recipes that ask a language model, end to end with a server that answers by what it is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.engines.llm.scripted_server import ScriptedServer
from tests.rows import rows_of
from tests.steps.judges import by_worth, shown

OFF = ["language", "script", "copied", "task", "length", "repetition", "intact"]
PLAIN = [f"--set=translate.filters.{name}=false" for name in OFF]
RIVER = "El riu baixa fred de la muntanya i travessa tres pobles abans d'arribar a la mar"


def answers(body: dict[str, Any], number: int) -> str | None:
    if (told := shown(body)) is not None:
        return json.dumps({"reason": "", "order": by_worth(told)})
    system = str(body["messages"][0]["content"])
    if "grade answers" in system:
        score = str(body["messages"][-1]["content"])[-1]
        return json.dumps({"response": f"{RIVER}. {score}", "feedback": f"It is worth that, {score}."})
    if "speakers of English" in system:
        return json.dumps({"answer": "The river comes down cold from the mountain and crosses three villages."})
    if "search queries" in system:
        return json.dumps({"query": f"on va el riu {body['seed']}"})
    if "helpful assistant for speakers" in system:
        return json.dumps({"answer": f"{RIVER}. {body['seed'] % 1000}"})
    return None


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(answers) as running:
        yield running


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "instruction": f"Describe river {at}.",
            "input": "",
            "output": f"It is {at} old.",
            "text": f"River {at} is cold.",
        }
        for at in range(5)
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("alpaca.jsonl").write_text("".join(json.dumps({**row, "text": ""}) + "\n" for row in rows))


def run(server: ScriptedServer, recipe: str, *words: str) -> list[dict[str, Any]]:
    from babelset.pipeline.recipe import pipeline_of

    steps = pipeline_of(recipe).steps
    asking = [named.name for named in steps if named.use in ("ask", "rank")]
    translating = [f"--set={named.name}.translator=echo" for named in steps if named.use == "translate"]
    options = [f"--set={name}.{key}" for name in asking for key in (f"base_url={server.base_url}", "model=rot13")]
    made = []
    for name in ("a", "b"):
        command = [
            "run",
            recipe,
            *words,
            "-o",
            f"{name}/out.jsonl",
            *options,
            *translating,
            *(PLAIN if translating else []),
        ]
        done = CliRunner().invoke(app, [*command, "-q"])
        assert done.exit_code == 0, f"{done.output}{done.exception!r}"
        made.append(Path(f"{name}/out.jsonl").read_text())
    assert made[0] == made[1]
    rows = rows_of(Path("a/out.jsonl"))
    assert all(row["_babelset"]["made"]["recipe"] == recipe for row in rows)
    return rows


def test_okapi_ranking(server: ScriptedServer) -> None:
    rows = run(server, "okapi-ranking", "alpaca.jsonl", "--to", "ca", "--from", "ca")
    assert 20 <= len(rows) <= 30 and all(row["chosen"] != row["rejected"] for row in rows)
    assert all(
        int(re.findall(r"\d+", row["chosen"])[-1]) > int(re.findall(r"\d+", row["rejected"])[-1]) for row in rows
    )
    assert {row["language"] for row in rows} == {"ca"}


def test_bactrian(server: ScriptedServer) -> None:
    rows = run(server, "bactrian", "alpaca.jsonl", "--to", "ca")
    assert len(rows) == 5 and all(row["output"].startswith(RIVER) for row in rows)
    assert all(row["_babelset"]["target"] == "cat_Latn" for row in rows)


def test_xqg(server: ScriptedServer) -> None:
    rows = run(server, "xqg", "in.jsonl", "--to", "ca")
    assert len(rows) == 15 and len({row["query"] for row in rows}) == 15
    assert all(row["text"].startswith("River") for row in rows)


def test_recon(server: ScriptedServer) -> None:
    rows = run(server, "recon", "alpaca.jsonl", "--to", "ca")
    assert [row["score"] for row in rows] == [1, 2, 3, 4, 5] * 5
    assert all(row["response"].endswith(f" {row['score']}") and row["feedback"] for row in rows)


def test_xlingual_feedback(server: ScriptedServer) -> None:
    rows = run(server, "xlingual-feedback", "alpaca.jsonl", "--to", "ca")
    assert [set(row) - {"_babelset"} for row in rows] == [
        {"prompt", "chosen", "rejected", "prompt_language", "response_language"}
    ] * 5
    assert all((row["prompt_language"], row["response_language"]) == ("ca", "en") for row in rows)
    assert all(row["chosen"].startswith("The river") and row["rejected"].startswith("El riu") for row in rows)
