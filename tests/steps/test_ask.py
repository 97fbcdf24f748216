"""What a language model makes of a row is examined before it becomes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.engines.llm.scripted_server import UNAUTHORIZED, Fault, ScriptedServer
from tests.rows import rows_of

RIVER = "El riu baixa fred de la muntanya i travessa tres pobles abans d'arribar a la mar."
ENGLISH = "The river comes down cold from the mountain and crosses three villages before it reaches the sea."
SPANISH = "El río baja frío de la montaña y cruza tres pueblos antes de llegar al mar, y nadie lo diría en verano."
WRONG = {
    "another language": (json.dumps({"answer": ENGLISH}), "is in English, not in Catalan"),
    "a neighbouring language": (json.dumps({"answer": SPANISH}), "is in Spanish, not in Catalan"),
    "a refusal": (json.dumps({"answer": "Ho sento, però no puc ajudar amb això."}), "refusal"),
    "an empty answer": (json.dumps({"answer": " ... "}), "is empty"),
    "no text at all": (json.dumps({"answer": ""}), "does not fit the schema at answer"),
    "a loop": (json.dumps({"answer": "el riu baixa fred " * 30}), "repeats itself"),
    "hidden characters": (json.dumps({"answer": RIVER + "\U000e0041"}), "the hidden character U+E0041"),
    "a control token": (json.dumps({"answer": RIVER + "<|im_end|>"}), "the control token <|im_end|>"),
    "talk around it": ("Here you are: " + json.dumps({"answer": RIVER}), "is not the JSON object alone"),
    "another key": (json.dumps({"output": RIVER}), "does not fit the schema"),
    "a key twice": ('{"answer": "a", "answer": "b"}', "says the same thing twice"),
    "half an object": ('{"answer": "El riu', "is not the JSON object alone"),
    "a list": (json.dumps([RIVER]), "does not fit the schema"),
    "brackets without end": ("[" * 5000, "is not the JSON object alone"),
    "another script": (json.dumps({"answer": "Река течёт холодная с горы и пересекает три деревни."}), "script"),
    "cut off": (Fault(changes={"choices": [{"index": 0, "message": {"role": "assistant", "content": '{"ans'}, "finish_reason": "length"}]}), "was cut off"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [{"instruction": f"Describe river {number}."} for number in range(6)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.fixture
def serving() -> Iterator[Callable[[Any], ScriptedServer]]:
    opened = []

    def serve(script: Any) -> ScriptedServer:
        opened.append(ScriptedServer(lambda body, number: script(body, number) if _ours(body) else None).__enter__())
        return opened[-1]

    yield serve
    for server in opened:
        server.stop()


def _ours(body: dict[str, Any]) -> bool:
    """Whether it is about a row: before, the server is asked what it can do."""
    return "Describe river" in str(body["messages"])


def asked(server: ScriptedServer) -> list[dict[str, Any]]:
    return [body for body in server.bodies if _ours(body)]


def ask(server: ScriptedServer, *words: str, code: int = 0) -> dict[str, Any]:
    options = ["--set", f"base_url={server.base_url}", "--set", "model=rot13", "--set", "prompt=answer", "-q", "--json"]
    done = CliRunner().invoke(app, ["run", "ask", "in.jsonl", "-o", "out.jsonl", "--to", "ca", *options, *words])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout[done.stdout.index("{") :])["1 ask: Catalan"] if code < 2 else {"said": done.output}


def read(name: str) -> list[dict[str, Any]]:
    return rows_of(Path(name))


def test_an_answer_becomes_a_column(serving: Any) -> None:
    server = serving(lambda body, number: json.dumps({"answer": RIVER}))
    account = ask(server)
    assert account["rows"] == {"read": 6, "used": 6, "rejected": 0, "failed": 0, "written": 6}
    assert account["engine"]["requests"] == len(asked(server)) == 6
    first = read("out.jsonl")[0]
    assert first["answer"] == RIVER and first["instruction"] == "Describe river 0."
    made = first["_babelset"]["made"]
    assert (
        made["parents"] == ["in.jsonl:0"] and "rot13" in made["models"]["ask"] and "answer@1#" in made["models"]["ask"]
    )
    assert "Catalan" in asked(server)[0]["messages"][0]["content"]


def test_a_wrong_answer_is_asked_again_and_given_up(serving: Any) -> None:
    rows = [{"instruction": f"Describe river <{kind}>."} for kind in WRONG]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    server = serving(lambda body, number: next(WRONG[kind][0] for kind in WRONG if f"<{kind}>" in str(body)))
    account = ask(server, "--set", "retries=1")
    assert account["rows"]["rejected"] == len(WRONG) and account["rows"]["written"] == 0
    assert [sum(f"<{kind}>" in str(body) for body in asked(server)) for kind in WRONG] == [2] * len(WRONG)
    assert not read("out.jsonl")
    for row, (kind, (_, said)) in zip(read("out.rejected.jsonl"), WRONG.items(), strict=True):
        assert f"<{kind}>" in row["instruction"] and said in row["_babelset"]["verdicts"][-1]["reason"], kind


def test_what_was_wrong_is_said_with_the_next_request(serving: Any) -> None:
    server = serving(
        lambda body, number: json.dumps(
            {"answer": RIVER if "Correction" in body["messages"][-1]["content"] else ENGLISH}
        )
    )
    assert ask(server)["rows"]["written"] == 6
    notes = [str(body["messages"]) for body in asked(server) if "Correction" in body["messages"][-1]["content"]]
    assert len(notes) == 6 and all("The answer is in English, not in Catalan" in note for note in notes)


def test_several_answers_are_rows_or_a_list(serving: Any) -> None:
    server = serving(lambda body, number: json.dumps({"answer": f"{RIVER} {body['seed']}"}))
    assert ask(server, "--set", "n=3", "--set", "temperature=0.9")["rows"]["written"] == 18
    assert len({row["answer"] for row in read("out.jsonl")}) == 18
    for path in Path().glob("out*"):
        path.unlink()
    assert ask(server, "--set", "n=3", "--set", "temperature=0.9", "--set", "into=answers")["rows"]["written"] == 6
    assert all(len(set(row["answers"])) == 3 for row in read("out.jsonl"))


def test_killed_it_asks_for_nothing_twice(serving: Any) -> None:
    def script(body: Any, number: int) -> Any:
        return UNAUTHORIZED if not again and "river 3" in str(body) else json.dumps({"answer": RIVER})

    again = False
    server = serving(script)
    ask(server, "--set", "options.concurrency=1", code=2)
    before, again = len(asked(server)), True
    ask(server, "--set", "options.concurrency=1")
    assert len(asked(server)) - before < 6
    assert len(read("out.jsonl")) == 6 and not Path("out.work").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "prompt=segments"], "the prompt 'segments' translates; here one is needed such as answer"),
        (["--set", "prompt=anwser"], "unknown prompt 'anwser'"),
        (["--set", "engine=apertium"], "apertium asks no language model"),
        (["--set", "model="], "which model?"),
        (["--set", "n=0"], "n: "),
        (["--set", "options.shots=3"], "is about translating"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_asked(serving: Any, words: list[str], said: str) -> None:
    server = serving(None)
    assert said in ask(server, *words, code=2)["said"] and not server.bodies


def test_what_is_hidden_or_to_be_replaced_is_not_shown(serving: Any) -> None:
    rows = [
        {"instruction": f"Describe river {number}.", "output": "the old answer", "gold": "the best one"}
        for number in range(2)
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    server = serving(lambda body, number: json.dumps({"answer": RIVER}))
    ask(server, "--set", "into=output", "--set", 'hide=["gold"]')
    assert not any("old answer" in str(body) or "best one" in str(body) for body in asked(server))
    assert [(row["output"], row["gold"]) for row in read("out.jsonl")] == [(RIVER, "the best one")] * 2


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [("", "is empty"), ("the sea " * 40, "repeats itself"), ("Describe  River 0.", "repeats a text of the row")],
)
def test_a_part_in_any_language_is_examined_for_all_else(serving: Any, answer: str, wrong: str) -> None:
    Path("in.jsonl").write_text(json.dumps({"instruction": "Describe river 0."}) + "\n")
    server = serving(lambda body, number: json.dumps({"answer": answer or "..."}))
    account = ask(server, "--set", 'free=["answer"]', "--set", "copies=false", "--set", "retries=0")
    assert wrong in next(iter(account["rejections"]))
