from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from babelset import plugins
from babelset.contracts.columns import column_sets
from babelset.contracts.detect import detect
from babelset.contracts.paths import steps
from babelset.contracts.rules import FieldRule
from babelset.contracts.schema import Schema, load_schema, parse_schema
from babelset.errors import ConfigError, DataError
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.languages import find
from tests.contracts import benchmarks

TOOLS = {
    "conversations": [
        {"from": "human", "value": "What is 2+2?"},
        {"from": "function_call", "value": '{"name": "add"}'},
        {"from": "observation", "value": '{"sum": 4}'},
        {"from": "gpt", "value": "Four."},
    ],
    "tools": '[{"name": "add"}]',
}
CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "42", "tool_call_id": "1"},
        {"role": "tool", "content": [{"type": "text", "text": "43"}]},
        {"role": "assistant", "content": "It is 42.", "name": "bot"},
    ],
    "tools": [{"type": "function"}],
}
TREE = {
    "message_tree_id": "t",
    "prompt": {
        "text": "Q", "role": "prompter", "lang": "en",
        "replies": [
            {"text": "A", "role": "assistant", "lang": "en", "replies": [{"text": "Q2", "role": "prompter", "lang": "en"}]},
            {"text": "B", "role": "assistant", "lang": "en", "replies": []},
        ],
    },
}  # fmt: skip

ROWS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("alpaca", {"instruction": "Greet.", "input": "", "output": "Hello."}, {"instruction": "instruction", "output": "output"}),
    ("alpaca", {"id": "7", "instruction": "a", "input": "b", "output": "c"}, {"instruction": "instruction", "input": "input", "output": "output"}),
    ("okapi", {"instruction": "a", "input": "b", "prefered_output": "c", "rejected_output": "d"}, {"instruction": "instruction", "input": "input", "prefered_output": "output", "rejected_output": "output"}),
    ("dolly", {"instruction": "a", "context": "b", "response": "c", "category": "open_qa"}, {"instruction": "instruction", "context": "input", "response": "output"}),
    ("sharegpt", TOOLS, {"conversations[0].value": "turn/user", "conversations[3].value": "turn/assistant"}),
    ("messages", CHAT, {"messages[0].content": "system", "messages[5].content": "turn/assistant", "messages[1].content[0].text": "turn/user"}),
    ("vicuna", {"question_id": 1, "category": "x", "turns": ["a", "b"]}, {"turns[0]": "turn/user", "turns[1]": "turn/user"}),
    ("mt_bench", {"question_id": 1, "category": "x", "turns": ["a"], "reference": ["r"]}, {"turns[0]": "turn/user", "reference[0]": "turn/assistant"}),
    ("self_instruct", {"id": "s", "instruction": "a", "instances": [{"input": "", "output": "b"}], "is_classification": False}, {"instruction": "instruction", "instances[0].output": "output"}),
    ("oasst_tree", TREE, {"prompt.text": "turn/user", "prompt.replies[0].text": "turn/assistant", "prompt.replies[0].replies[0].text": "turn/user", "prompt.replies[1].text": "turn/assistant"}),
    ("arc", {"id": "1", "question": "q", "choices": ["a", "b"], "answerKey": "B"}, {"question": "question", "choices[0]": "choice", "choices[1]": "choice"}),
    ("arc", {"id": "1", "question": "q", "choices": {"text": ["a"], "label": ["A"]}, "answerKey": "A"}, {"question": "question", "choices.text[0]": "choice"}),
    ("hellaswag", {"ctx_a": "a", "ctx_b": "b", "activity_label": "c", "endings": ["d"], "label": "0"}, {"activity_label": "question", "ctx_a": "question", "ctx_b": "question", "endings[0]": "choice"}),
    ("mmlu", {"question": "q", "choices": ["a"], "answer": 0}, {"question": "question", "choices[0]": "choice"}),
    ("preference", {"prompt": "p", "chosen": "c", "rejected": "r", "score": 1.5}, {"prompt": "prompt", "chosen": "output", "rejected": "output"}),
    ("preference", {"chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "c"}], "rejected": [{"role": "assistant", "content": "r"}]}, {"chosen[0].content": "turn/user", "chosen[1].content": "turn/assistant", "rejected[0].content": "turn/assistant"}),
    ("text", {"text": "t"}, {"text": "text"}),
    ("mail", {"subject": "The pears are ripe", "body": "Come soon.", "to": "b@a.org"}, {"subject": "text", "body": "text"}),
    ("commit", {"subject": "Change the value of x", "message": "It was wrong.", "sha": "9f2c"}, {"subject": "text", "message": "text"}),
    *((name, row, benchmarks.ROLES[name]) for name, row in benchmarks.ROWS.items()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "roles"), ROWS, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(ROWS)])
def test_a_shape_is_recognised_and_its_texts_named(name: str, row: dict[str, Any], roles: dict[str, str]) -> None:
    found = detect([row])
    assert found.schema.name == name
    assert {field.name: field.role for field in found.schema.fields(row)} == roles


@pytest.mark.parametrize(("name", "row", "roles"), ROWS, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(ROWS)])
def test_only_these_texts_change(name: str, row: dict[str, Any], roles: dict[str, str]) -> None:
    schema = load_schema(name)
    before = copy.deepcopy(row)
    fields = schema.fields(row)
    new = schema.replace(row, {field.path: f"<{field.text}>" for field in fields}, find("ca"))
    assert row == before
    assert list(new) == list(row)
    again = {field.path: field.text for field in schema.fields(new)}
    assert again == {field.path: f"<{field.text}>" for field in fields}
    back = schema.replace(new, {field.path: field.text for field in fields}, find("en"), find("ca"))
    assert back == row


def test_the_language_of_a_tree_is_rewritten_everywhere() -> None:
    new = load_schema("oasst_tree").replace(TREE, {}, find("pt-BR"))
    assert str(new).count("'pt-BR'") == 4 and "'en'" not in str(new)


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("alpaca", {"instruction": "a"}, "output: is missing"),
        ("alpaca", {"instruction": "a", "output": None}, "output: is null, not text"),
        ("alpaca", {"instruction": 5, "output": "x"}, "instruction: is int, not text"),
        ("sharegpt", {"conversations": "x"}, "conversations: is text, not a list"),
        ("sharegpt", {"conversations": [{"from": "robot", "value": "x"}]}, r"conversations\[0\]: from is 'robot'.*--role robot=assistant"),
        ("sharegpt", {"conversations": [{"from": "human"}]}, r"conversations\[0\].value: is missing"),
        ("messages", {"messages": [{"role": "user", "content": 7}]}, r"messages\[0\].content: is int"),
        ("oasst_tree", {"prompt": {}}, "prompt.text: is missing"),
        ("preference", {"prompt": "p", "chosen": "c"}, "rejected: is missing"),
        ("messages", {"message": [{"role": "user", "content": "Hi"}]}, "messages: is missing"),
        ("arc", {"id": "1"}, "choices: is missing"),
        ("alpaca", {"instruction": "a", "output": "b", "clue": "Look at the sky."}, "clue: holds prose that no rule knows .*--field clue or --leave clue"),
    ],
)  # fmt: skip
def test_a_row_of_another_shape_says_where(name: str, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_schema(name).fields(row)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("messages", {"messages": []}),
        ("messages", {"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]}),
        ("messages", {"messages": [{"role": "assistant", "content": None}]}),
        ("alpaca", {"instruction": "", "input": None, "output": " "}),
        ("sharegpt", {"conversations": [{"from": "observation", "value": "{}"}]}),
    ],
)
def test_a_row_may_hold_nothing_to_translate(name: str, row: dict[str, Any]) -> None:
    assert load_schema(name).fields(row) == []


def test_one_odd_row_in_many_does_not_hide_the_shape() -> None:
    good = {"instruction": "a", "output": "b"}
    assert detect([good] * 9 + [{"x": 1}]).message == "recognised as alpaca: 9 of 10 rows have instruction, output"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"prompt_id": 1, "reponse": "x"}],
            "fit no schema; they have the keys prompt_id, reponse. Say --schema",
        ),
        ([{"z": 1}] * 2, "fit no schema"),
        ([{"messages": [{"role": "robot", "content": "Hello."}]}], "--role robot=assistant"),
    ],
)
def test_an_unknown_shape_gets_a_way_on(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        detect(rows)
    assert message in str(caught.value)


def test_no_rows_no_shape() -> None:
    with pytest.raises(DataError, match="no readable row"):
        detect([])


def test_fields_alone() -> None:
    rules = [FieldRule(path=path, role="text", required=True) for path in ("messages[*].content", "title")]
    schema = Schema(name="fields", fields_=rules)
    row = {"title": "T", "messages": [{"content": "a"}, {"content": "b"}], "n": 1}
    assert [(field.name, field.role) for field in schema.fields(row)] == [
        ("title", "text"), ("messages[0].content", "text"), ("messages[1].content", "text"),
    ]  # fmt: skip
    with pytest.raises(DataError, match="title: is missing"):
        schema.fields({"messages": []})


@pytest.mark.parametrize("path", ["", "[*]", "a..b", "a[1]", "a[*", "a]b", ".a"])
def test_a_path_that_is_none(path: str) -> None:
    with pytest.raises(ConfigError, match="is not a path"):
        steps(path)


def test_a_schema_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "faq.toml"
    file.write_text('[[fields]]\npath = "q"\nrole = "question"\n[[fields]]\npath = "a[*]"\n')
    fields = load_schema(str(file)).fields({"q": "Q?", "a": ["x", "", None, "y"]})
    assert [field.text for field in fields] == ["Q?", "x", "y"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[fields]]\npath = 'a'\ncolour = 'red'\n", "colour: unknown option"),
        ("[[fields]]\nrole = 'x'\n", "path: field required"),
        ("[[fields]]\npath = 'a[1]'\n", "is not a path"),
        ("fields = ", "not valid TOML"),
        ("description = 'empty'", "names no text"),
    ],
)
def test_a_broken_schema_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_schema("mine", text)


def test_an_unknown_schema_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'alpaca'"):
        load_schema("alpacca")


def test_every_schema_recognises_its_own_example() -> None:
    known = {*column_sets(), *plugins.available("schemas")}
    assert {name for name, _, _ in ROWS} | {"copa", "xquad"} == known  # a row of xquad is one of squad


SHARED = Path(__file__).resolve().parents[3] / "shared/data/instruction"
REAL = [
    ("lf_alpaca_en_demo.json", "alpaca", 999), ("lf_glaive_toolcall_en_demo.json", "sharegpt", 300),
    ("mt_bench_question.jsonl", "vicuna", 80), ("vicuna_bench_question.jsonl", "vicuna", 80),
    ("oasst_en_100_tree.jsonl", "oasst_tree", 100), ("seed_tasks.jsonl", "self_instruct", 175),
]  # fmt: skip


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="real datasets are not here")
@pytest.mark.parametrize(("file", "name", "count"), REAL)
def test_real_datasets(file: str, name: str, count: int) -> None:
    rows = [row for row in read([SHARED / file]) if isinstance(row, Row)]
    assert len(rows) == count
    schema = detect([row.data for row in rows[:20]]).schema
    assert schema.name == name
    for row in rows:
        fields = schema.fields(row.data)
        assert fields
        assert schema.replace(row.data, {field.path: field.text for field in fields}, find("en")) == row.data
