"""What trainers read: one type a column, everything that was said in its place, nothing dropped in silence."""

from __future__ import annotations

import json

import pytest

from babelset.errors import DataError
from babelset.plugins import build
from tests.exports.conftest import make

HISTORY = [["Hola.", "Bon dia."]]
SAID = [{"role": "user", "content": "Hola."}, {"role": "assistant", "content": "Bon dia."}]
ASKED, TOLD = {"role": "user", "content": "Suma."}, {"role": "assistant", "content": "Tres."}
SYSTEM = {"role": "system", "content": "Sigues breu."}
ALPACA = {"instruction": "Suma.", "input": "", "output": "Tres."}
TALK = {"messages": [ASKED, TOLD]}


def exported(shape, row):
    return build("exports", shape, {}).convert(make("columns", row, row)).data


@pytest.mark.parametrize(
    "row, messages",
    [
        ({**ALPACA, "system": "Sigues breu.", "history": HISTORY}, [SYSTEM, *SAID, ASKED, TOLD]),
        ({**ALPACA, "history": []}, [ASKED, TOLD]),
        ({**TALK, "system": "Sigues breu."}, [SYSTEM, ASKED, TOLD]),
        ({"messages": [SYSTEM, ASKED, TOLD], "system": "Sigues breu."}, [SYSTEM, ASKED, TOLD]),
        ({**TALK, "history": SAID}, [*SAID, ASKED, TOLD]),
        ({**TALK, "history": ["Hola.", "Bon dia."]}, [*SAID, ASKED, TOLD]),
        ({"messages": json.dumps([ASKED, TOLD])}, [ASKED, TOLD]),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Suma."}]}, TOLD]},
            [ASKED, TOLD],
        ),
        ({"question": "Suma.", "answer": "Tres."}, [ASKED, TOLD]),
        ({"prompt": "Suma.", "response": "Tres."}, [ASKED, TOLD]),
        ({**ALPACA, "thinking": "1+2"}, [ASKED, {**TOLD, "reasoning_content": "1+2"}]),
        ({"messages": [ASKED, {**TOLD, "thinking": "1+2"}]}, [ASKED, {**TOLD, "thinking": "1+2"}]),
        (
            {"messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": [
                {"type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]}]},
            [ASKED, {"role": "assistant", "content": "", "tool_calls": [
                {"type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}]}],
        ),
        ({"messages": [ASKED, {**TOLD, "tool_calls": []}]}, [ASKED, TOLD]),
    ],
)  # fmt: skip
def test_messages(row, messages):
    assert exported("messages", row) == {"messages": messages}


@pytest.mark.parametrize("shape", ["messages", "sharegpt", "llama-factory"])
@pytest.mark.parametrize("empty", ["", "[]", [], None, "null"])
def test_tools_are_not_there_when_there_are_none(shape, empty):
    assert "tools" not in exported(shape, {**TALK, "tools": empty})


@pytest.mark.parametrize("shape, kind", [("messages", list), ("sharegpt", str), ("llama-factory", str)])
@pytest.mark.parametrize("written", [json.dumps, lambda tools: tools])
def test_tools_have_one_type(shape, kind, written):
    found = exported(shape, {**TALK, "tools": written([{"name": "f", "parameters": {}}])})["tools"]
    assert isinstance(found, kind) and '"name": "f"' in json.dumps(found).replace('\\"', '"').replace('":"', '": "')


def test_alpaca_keeps_system_and_history_as_pairs():
    row = {**ALPACA, "system": "Sigues breu.", "history": SAID, "id": 4}
    assert exported("alpaca", row) == {**ALPACA, "system": "Sigues breu.", "history": HISTORY, "id": 4}


@pytest.mark.parametrize(
    "shape, row, reason",
    [
        ("alpaca", {"messages": [ASKED, {**TOLD, "reasoning_content": "1+2"}]}, "reasoning_content"),
        ("sharegpt", {"messages": [ASKED, {**TOLD, "thinking": "1+2"}]}, "thinking"),
        ("okapi", {**ALPACA, "thinking": "1+2"}, "no place"),
        ("llama-factory", {**ALPACA, "thinking": "1+2"}, "no place"),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "image"}]}, TOLD]}, "not text"),
        ("messages", {"messages": [SYSTEM, ASKED, TOLD], "system": "Sigues llarg."}, "two system prompts"),
        ("messages", {**TALK, "tools": "no"}, "no list of tools"),
        ("alpaca", {**ALPACA, "history": ["Hola."]}, "questions and answers"),
        ("llama-factory", {"messages": [ASKED, TOLD, ASKED]}, "in turn"),
        ("llama-factory", {"messages": [TOLD, ASKED]}, "turn 1"),
    ],
)
def test_what_has_no_place_is_refused(shape, row, reason):
    with pytest.raises(DataError) as caught:
        exported(shape, row)
    assert reason in str(caught.value)


def test_an_id_is_text(tmp_path, monkeypatch):
    from babelset.exports.export import ExportJob, export
    from babelset.files.row import KEY

    monkeypatch.chdir(tmp_path)
    rows = [{"id": each, **ALPACA, KEY: make("alpaca", ALPACA, ALPACA).evidence} for each in (1, "b", 2.5, None)]
    (tmp_path / "ca.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for shape, output in [("alpaca", "alpaca.jsonl"), ("parquet", "ca.parquet"), ("mits", "mits")]:
        export(ExportJob(inputs=("ca.jsonl",), shape=shape, output=output))
    found = [json.loads(line)["id"] for line in (tmp_path / "alpaca.jsonl").read_text().splitlines()]
    assert found == ["1", "b", "2.5", None]
    assert [row["id"] for row in json.loads((tmp_path / "mits/alpaca/ca.json").read_text())] == found
