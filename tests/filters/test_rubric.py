"""Answers graded by a rubric beside an English reference: what is asked, what is stored, and what is never a grade."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.engines.llm.scripted_server import Fault, ScriptedServer
from tests.rows import rows_of

RIVER = "El riu baixa fred de la muntanya i travessa tres pobles abans d'arribar a la mar."
ENGLISH = "The river comes down cold from the mountain and crosses three villages before it reaches the sea."
REFERENCE = "It comes from the mountain, is cold, and reaches the sea."
ASKED = "\nAnswer to grade: "
OFF = ["language", "script", "copied", "task", "length", "repetition", "intact"]


def said(body: dict[str, Any], key: str) -> Any:
    line = next((line for line in str(body["messages"][-1]["content"]).splitlines() if line.startswith(key)), None)
    return line and json.loads(line.partition(": ")[2])


def grading(answer: Any) -> ScriptedServer:
    def script(body: dict[str, Any], number: int) -> Any:
        if ASKED not in str(body["messages"][-1]["content"]):
            return json.dumps({"answer": f"{RIVER} {number}"}) if "Task: " in str(body["messages"]) else None
        return answer(body) if callable(answer) else answer

    return ScriptedServer(script)


def graded(server: ScriptedServer) -> list[dict[str, Any]]:
    """The requests for a grade."""
    return [body for body in server.bodies if ASKED in str(body["messages"][-1]["content"])]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*words: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :]) if "--json" in words else {}
    return found


def made(rows: list[dict[str, Any]], to: str = "ca") -> None:
    """Rows as a step of a pipeline makes them, never translated."""
    write("in.jsonl", rows)
    run("run", "columns", "in.jsonl", "-o", "made.jsonl", "--from", to, "--set", 'take={"kind": "made"}')


def score(server: ScriptedServer, name: str = "made.jsonl", *words: str, code: int = 0) -> dict[str, Any]:
    where = ["--base-url", server.base_url, "-q", "--json"]
    return run("score", name, "-o", "scored.jsonl", "--with", "rubric:rot13", *where, *words, code=code)


def scores() -> list[float | None]:
    return [row["_babelset"]["scores"]["rubric"][0] for row in rows_of(Path("scored.jsonl"))]


def notes() -> list[str]:
    return [row["_babelset"].get("notes", {}).get("rubric", [""])[0] for row in rows_of(Path("scored.jsonl"))]


def five(body: dict[str, Any]) -> str:
    return json.dumps(
        {"feedback": f"It is so. {said(body, 'Answer to grade')[-1]}", "score": int(said(body, "Answer to grade")[-1])}
    )


def test_a_row_that_a_step_made_is_graded_beside_its_reference() -> None:
    asked = {"instruction": "Descriu el riu.", "reference_answer": REFERENCE, "rubric": "Does it say where it ends?"}
    made([{**asked, "response": f"{RIVER} {grade}"} for grade in (5, 1, 3, 3)])
    with grading(five) as server:
        account = score(server)
        first = graded(server)[0]
        assert len(graded(server)) == 3, "equal ones are asked once"
    assert account["rows"] == {"read": 4, "written": 4, "failed": 0} and scores() == [5, 1, 3, 3]
    assert notes()[0] == "It is so. 5" and "Catalan" in first["messages"][0]["content"]
    assert said(first, "Reference answer") == REFERENCE and said(first, "Rubric") == asked["rubric"]
    assert said(first, "Task") == {"instruction": "Descriu el riu.", "kind": "made"}
    rows = rows_of(Path("scored.jsonl"))
    assert rows[0]["_babelset"]["made"]["step"] == "columns" and rows[0]["response"].startswith(RIVER)
    run("filter", "scored.jsonl", "-o", "best.jsonl", "--where", "rubric >= 3")
    assert [row["response"][-1] for row in rows_of(Path("best.jsonl"))] == ["5", "3", "3"]


def test_a_translated_answer_has_its_source_as_the_reference() -> None:
    write("in.jsonl", [{"instruction": "Describe the river.", "input": "", "output": ENGLISH}])
    off = [f"{name} = false" for name in OFF]
    Path("off.toml").write_text("[filters]\n" + "\n".join(off))
    run("translate", "in.jsonl", "--to", "ca", "--translator", "echo", "-q", "--config", "off.toml", "-o", "ca.jsonl")
    row = json.loads(Path("ca.jsonl").read_text())
    Path("ca.jsonl").write_text(json.dumps({**row, "output": RIVER}))
    with grading(json.dumps({"feedback": "Good.", "score": 4})) as server:
        score(server, "ca.jsonl")
        [body] = graded(server)
    assert scores() == [4] and said(body, "Reference answer") == ENGLISH and said(body, "Answer to grade") == RIVER
    assert "output" not in said(body, "Task") and "Describe the river." in said(body, "Task")["instruction"]


UNREADABLE = {
    "no object": "Feedback: good. [RESULT] 4",
    "nought": json.dumps({"feedback": "Bad.", "score": 0}),
    "six": json.dumps({"feedback": "Superb.", "score": 6}),
    "a half": json.dumps({"feedback": "So so.", "score": 3.5}),
    "a word": json.dumps({"feedback": "Good.", "score": "4"}),
    "true": json.dumps({"feedback": "Good.", "score": True}),
    "no feedback": json.dumps({"score": 4}),
    "two grades": '{"feedback": "Good.", "score": 4, "score": 2}',
    "talk": "I think: " + json.dumps({"feedback": "Good.", "score": 4}),
    "a loop": json.dumps({"feedback": "it is good so " * 40, "score": 5}),
    "cut off": Fault(changes={"choices": [{"index": 0, "message": {"role": "assistant", "content": '{"fee'}, "finish_reason": "length"}]}),
}  # fmt: skip


def test_what_is_no_grade_is_unjudged_and_never_kept() -> None:
    made([{"instruction": kind, "response": RIVER, "reference": REFERENCE} for kind in UNREADABLE])
    with grading(lambda body: UNREADABLE[said(body, "Task")["instruction"]]) as server:
        score(server, "made.jsonl", "-O", "rubric.retries=1")
        assert Counter(said(body, "Task")["instruction"] for body in graded(server)) == dict.fromkeys(UNREADABLE, 2)
    assert scores() == [None] * len(UNREADABLE)
    assert all(note.startswith("could not be judged: the answer ") for note in notes())
    run("filter", "scored.jsonl", "-o", "best.jsonl", "--where", "rubric >= 1")
    assert not rows_of(Path("best.jsonl"))


UNGRADED: list[tuple[dict[str, Any], str]] = [
    ({"response": ENGLISH, "reference": REFERENCE}, "the answer is in English, not in Catalan"),
    ({"response": "Река течёт холодная с горы.", "reference": REFERENCE}, "is not written in the script of"),
    ({"response": RIVER}, "there is no English reference answer"),
    ({"response": RIVER, "reference": "  "}, "there is no English reference answer"),
    ({"response": "", "reference": REFERENCE}, ""),
    ({"instruction": "Descriu el riu."}, ""),
]


def test_what_cannot_be_graded_is_not_asked_about() -> None:
    made([{"instruction": "Descriu el riu.", **row} for row, _ in UNGRADED])
    with grading(five) as server:
        score(server)
        assert not graded(server)
    assert scores() == [None] * len(UNGRADED)
    for note, (_, reason) in zip(notes(), UNGRADED, strict=True):
        assert reason in note


def test_columns_and_a_file_of_ones_own() -> None:
    made([{"question": "On va el riu?", "text": RIVER, "truth": REFERENCE}])
    Path("rubric.txt").write_text("5: says where it ends.")
    with grading(json.dumps({"feedback": "Good.", "score": 2})) as server:
        options = ["response=text", "reference=truth", "rubric=rubric.txt"]
        score(server, "made.jsonl", *[f"-Orubric.{option}" for option in options])
        [body] = graded(server)
    assert scores() == [2] and said(body, "Rubric") == "5: says where it ends."
    assert said(body, "Task") == {"question": "On va el riu?", "kind": "made"}
    assert (
        "there is no file"
        in CliRunner()
        .invoke(app, ["score", "made.jsonl", "-o", "x.jsonl", "--with", "rubric:m", "-O", "rubric=no.txt"])
        .output
    )


@pytest.fixture
def truthful() -> Iterator[ScriptedServer]:
    def grade(body: dict[str, Any]) -> str:
        return json.dumps({"feedback": "So it is.", "score": 5 if said(body, "Answer to grade") == RIVER else 2})

    with grading(grade) as server:
        yield server


def test_calibrate_says_how_well_it_tells_errors(truthful: ScriptedServer) -> None:
    write("in.jsonl", [{"instruction": "Describe the river.", "input": "", "output": ENGLISH}])
    Path("off.toml").write_text("[filters]\n" + "\n".join(f"{name} = false" for name in OFF))
    run("translate", "in.jsonl", "--to", "ca", "--translator", "echo", "-q", "--config", "off.toml", "-o", "ca.jsonl")
    row = rows_of(Path("ca.jsonl"))[0]
    known = row["_babelset"]
    known["segments"] = [
        {**segment, "target": RIVER if segment["field"] == 1 else segment["target"]} for segment in known["segments"]
    ]
    write("ca.jsonl", [{**row, "output": RIVER, "_babelset": known}])
    account = run(
        "calibrate", "ca.jsonl", "--with", "rubric:rot13", "-O", f"rubric.base_url={truthful.base_url}", "--json"
    )
    planted = account["languages"]["cat_Latn"]["planted"]["rubric"]
    assert planted["dropped"]["auc"] == planted["reversed"]["auc"] == planted["truncated"]["auc"] == 1.0
