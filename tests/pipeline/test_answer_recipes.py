"""The recipes whose answers are checked or graded, end to end, twice; the server answers by what it is asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.pipeline.recipe import pipeline_of
from tests.engines.llm.scripted_server import ScriptedServer
from tests.rows import rows_of

OFF = ["language", "script", "copied", "task", "length", "repetition", "intact", "choices", "preserved", "numbers"]
PLAIN = [f"--set=translate.filters.{name}=false" for name in OFF]
PLACES = ["Montseny", "Montserrat", "Montsec", "Pedraforca", "Cadí", "Puigmal", "Matagalls", "Taga", "Canigó", "Aneto"]
RIVER = "El riu baixa fred de la muntanya i travessa tres pobles abans d'arribar a la mar"


def rows_asked(body: dict[str, Any], key: str = "Row: ") -> dict[str, Any]:
    line = next(line for line in str(body["messages"][-1]["content"]).splitlines() if line.startswith(key))
    found: dict[str, Any] = json.loads(line.removeprefix(key))
    return found


def mcq(body: dict[str, Any]) -> str:
    """A question about the place that the English paragraph names."""
    row = rows_asked(body)
    assert "paragraph_target" not in row, "the model that asks is not shown where the answer is looked for"
    place = next(place for place in PLACES if place in row["paragraph_en"])
    others = ["Everest", "Kilimanjaro", "Fuji"]
    return json.dumps({"question": "Which mountain is it about?", "correct_answer": place, "distractors": others})


def mixed(body: dict[str, Any]) -> str:
    row = rows_asked(body)
    if body["seed"] % 3 == 0:
        return json.dumps({"mixed_question": row["question"], "mixed_answer": row["answer"]})
    return json.dumps({"mixed_question": f"Oye, {row['question']}", "mixed_answer": f"Pues {row['answer']}"})


def answered(body: dict[str, Any]) -> str:
    assert "expert" not in str(body["messages"]), "the model that answers is not shown the expert's answer"
    return json.dumps({"answer": f"{RIVER}. {body['seed'] % 5 + 1}"})


def graded(body: dict[str, Any]) -> str:
    assert rows_asked(body, "Reference answer: ") and "expert" in str(body["messages"])
    answer = str(rows_asked(body, "Answer to grade: "))
    return json.dumps({"feedback": "So it is.", "score": int(answer[-1])})


SAID: dict[str, Callable[[dict[str, Any]], str]] = {
    "multiple-choice questions": mcq,
    "rewrite texts as people say": mixed,
    "helpful assistant for speakers": answered,
    "You grade answers": graded,
}


def script(body: dict[str, Any], number: int) -> str | None:
    system = str(body["messages"][0]["content"])
    if (found := str(body["messages"][-1]["content"]).partition("\nTranslate:\n")[2]) and "⟦" not in found:
        return found.replace("Which mountain is it about?", "De quina muntanya parla?").replace("Everest", "la Pica")
    return next((answer(body) for words, answer in SAID.items() if words in system), None)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(script) as running:
        yield running


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(rows: list[dict[str, Any]]) -> None:
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(server: ScriptedServer, recipe: str, *words: str) -> list[dict[str, Any]]:
    """What a recipe makes, the same bytes twice."""
    asking = [named.name for named in pipeline_of(recipe).steps if named.use == "ask"]
    where = [f"base_url={server.base_url}", "model=rot13"]
    options = [f"--set={name}.{key}" for name in asking for key in where]
    command = ["run", recipe, "in.jsonl", *options, *PLAIN, *words, "-q"]
    made = []
    for _ in range(2):
        shutil.rmtree("a", ignore_errors=True)
        done = CliRunner().invoke(app, [*command, "-o", "a/out.jsonl"])
        assert done.exit_code == 0, f"{done.output}{done.exception!r}"
        made.append(Path("a/out.jsonl").read_text())
    assert made[0] == made[1]
    return rows_of(Path("a/out.jsonl"))


ECHO = "--set=translate.translator=echo"


def test_syndarin_drops_what_people_did_not_write_and_accounts_for_it(server: ScriptedServer) -> None:
    write([
        {"paragraph_en": f"{place} is a mountain.", "paragraph_target": f"El {place if at < 3 else 'cim'} és una muntanya."}
        for at, place in enumerate(PLACES)
    ])  # fmt: skip
    model = [f"--set=translate.translator.options.{key}" for key in (f"base_url={server.base_url}", "model=rot13")]
    rows = run(server, "syndarin", "--to", "ca", "--set=translate.translator.name=openai", *model)
    assert [row["correct_answer"] for row in rows] == PLACES[:3]
    assert all(row["options"][row["correct_index"]] == row["correct_answer"] in row["paragraph"] for row in rows)
    assert rows[0]["english"]["paragraph"] == "Montseny is a mountain."
    assert rows[0]["english"]["options"][rows[0]["english"]["correct_index"]] == "Montseny"
    manifest = json.loads(Path("a/out.manifest.json").read_text())
    assert manifest["rows"] == {"read": 10, "used": 3, "rejected": 7, "failed": 0, "written": 3}
    assert manifest["rejections"] == {"the answer is not in the paragraph": 7}
    assert len(rows_of(Path("a/out.rejected.jsonl"))) == 7
    assert all(
        row["_babelset"]["made"]["recipe"] == "syndarin" and row["_babelset"]["target"] == "cat_Latn" for row in rows
    )


def test_xlinghealth_grades_each_answer_beside_the_experts(server: ScriptedServer) -> None:
    write(
        [
            {"question": f"What helps against cold {at}?", "answer": f"The expert says rest {at}.", "id": at}
            for at in range(4)
        ]
    )
    where = [f"--set=score.options.rubric.{key}" for key in (f"base_url={server.base_url}", "model=rot13")]
    rows = run(server, "xlinghealth", "--to", "ca", ECHO, *where)
    assert len(rows) == 12 and [row["id"] for row in rows] == [at for at in range(4) for _ in range(3)]
    assert all(row["_babelset"]["scores"]["rubric"] == [float(row["answer"][-1])] for row in rows)
    assert all(row["reference"] == f"The expert says rest {row['id']}." for row in rows)
    told = json.loads(Path("a/out.manifest.json").read_text())["scores"]["cat_Latn"]["rubric"]
    assert told["rows"] == 12 and 1 <= told["mean"] <= 5


def test_xlinghealth_asks_nothing_before_it_knows_who_grades(server: ScriptedServer) -> None:
    write([{"question": "What helps?", "answer": "Rest."}])
    words = [f"--set=ask.base_url={server.base_url}", "--set=ask.model=rot13", ECHO]
    done = CliRunner().invoke(app, ["run", "xlinghealth", "in.jsonl", "-o", "out.jsonl", "--to", "ca", *words])
    assert done.exit_code == 2 and "rubric: which model?" in done.output and not server.bodies


def test_spanglish_keeps_labels_and_asks_again_where_nothing_was_mixed(server: ScriptedServer) -> None:
    write([{"question": f"Why is river {at} cold?", "answer": f"Snow {at}.", "label": "acceptable"} for at in range(9)])
    rows = run(server, "spanglish", "--to", "es", ECHO)
    assert len(rows) == 9 and {row["label"] for row in rows} == {"acceptable"}
    assert all(row["mixed_answer"] == f"Pues {row['answer']}" for row in rows)
    assert any(body["seed"] % 3 == 0 for body in server.bodies if "people say" in str(body["messages"]))


def test_interlinear_writes_pairs_beside_the_rows() -> None:
    write([{"instruction": "Greet the river.", "input": "", "output": "Hello, river. It is cold."}])
    for name in ("a", "b"):
        path = f"--set=export.output={name}/lines.txt"
        command = ["run", "interlinear", "in.jsonl", "-o", f"{name}/out.jsonl", "--to", "ca", ECHO, *PLAIN, path, "-q"]
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, f"{done.output}{done.exception!r}"
    lines = Path("a/lines.txt").read_text().split("\n")
    assert lines[::3][:3] == ["Greet the river.", "Hello, river.", "It is cold."] and not any(lines[2::3])
    assert Path("a/lines.txt").read_text() == Path("b/lines.txt").read_text()


def test_alma_r_sets_the_best_candidate_against_the_worst() -> None:
    def candidates(body: dict[str, Any], number: int) -> str | None:
        asked = str(body["messages"][-1]["content"])
        if '"1":"The river is cold."' not in asked:
            return None
        return json.dumps({"1": ("El riu és fred.", "El riu és fred.", "El riu és fred", "Riu!")[number % 4]})

    write([{"text": "The river is cold."}])
    with ScriptedServer(candidates, supports_n=False) as server:
        model = [f"--set=translate.translator.options.{key}" for key in (f"base_url={server.base_url}", "model=rot13")]
        done = CliRunner().invoke(
            app, ["run", "alma-r", "in.jsonl", "-o", "out.jsonl", "--to", "ca", *model, *PLAIN, "-q"]
        )
        assert done.exit_code == 0, f"{done.output}{done.exception!r}"
    [pair] = rows_of(Path("out.jsonl"))
    assert (pair["chosen"], pair["rejected"]) == ("El riu és fred.", "Riu!") and pair["margin"] >= 0.05
