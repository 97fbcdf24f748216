from __future__ import annotations

import pytest

from babelset.errors import DataError

TOOLS = '[{"name": "add", "parameters": {"x": {"type": "number"}}}]'
FUNCTIONS = [{"type": "function", "function": {"name": "add", "parameters": {"x": {"type": "number"}}}}]
SHAREGPT = {
    "conversations": [
        {"from": "human", "value": "Suma 1.10"},
        {
            "from": "function_call",
            "value": '{"name": "add", "arguments": {"x": 1.10, "n": 12345678901234567890}}',
        },
        {"from": "observation", "value": '{"sum": 1.10}'},
        {"from": "gpt", "value": "Fa 1,10."},
    ],
    "tools": TOOLS,
}
MESSAGES = {
    "messages": [
        {"role": "user", "content": "Suma 1.10"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "type": "function",
                    "function": {"name": "add", "arguments": '{"x":1.10,"n":12345678901234567890}'},
                }
            ],
        },
        {"role": "tool", "content": '{"sum": 1.10}'},
        {"role": "assistant", "content": "Fa 1,10."},
    ],
    "tools": TOOLS,
}


def test_sharegpt_to_messages(export_as):
    assert export_as("messages", "sharegpt", SHAREGPT, SHAREGPT).data == {**MESSAGES, "tools": FUNCTIONS}


def test_messages_to_sharegpt(export_as):
    back = export_as("sharegpt", "messages", MESSAGES, MESSAGES).data
    call = back["conversations"][1]
    assert call == {
        "from": "function_call",
        "value": '{"name":"add","arguments":{"x":1.10,"n":12345678901234567890}}',
    }
    assert [turn["from"] for turn in back["conversations"]] == [
        "human",
        "function_call",
        "observation",
        "gpt",
    ]
    assert back["tools"] == TOOLS


@pytest.mark.parametrize("recipe, row", [("sharegpt", SHAREGPT), ("messages", {**MESSAGES, "tools": FUNCTIONS})])
def test_a_row_of_the_shape_stays_as_it_is(export_as, recipe, row):
    assert export_as(recipe, recipe, row, row).data == row


ALPACA = {"instruction": "Suma.", "input": "1 i 2", "output": "3, és clar", "id": 4}


@pytest.mark.parametrize(
    "recipe, exported",
    [
        (
            "messages",
            {
                "messages": [
                    {"role": "user", "content": "Suma.\n\n1 i 2"},
                    {"role": "assistant", "content": "3, és clar"},
                ],
                "id": 4,
            },
        ),
        (
            "sharegpt",
            {
                "conversations": [
                    {"from": "human", "value": "Suma.\n\n1 i 2"},
                    {"from": "gpt", "value": "3, és clar"},
                ],
                "id": 4,
            },
        ),
    ],
)
def test_an_instruction_becomes_two_turns(export_as, recipe, exported):
    assert export_as(recipe, "alpaca", ALPACA, ALPACA).data == exported


def test_two_calls_and_a_text_in_one_message(export_as):
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in "fg"]
    row = {"messages": [{"role": "assistant", "content": "Ara.", "tool_calls": calls, "name": "bot"}]}
    assert export_as("sharegpt", "messages", row, row).data["conversations"] == [
        {"from": "gpt", "value": "Ara."},
        {
            "from": "function_call",
            "value": '[{"name":"f","arguments":{}},{"name":"g","arguments":{}}]',
            "name": "bot",
        },
    ]


HUMAN = {"from": "human", "value": "Hi there"}


@pytest.mark.parametrize(
    "recipe, schema, row, reason",
    [
        (
            "messages",
            "sharegpt",
            {"conversations": [HUMAN, {"from": "function_call", "value": "no"}]},
            "not JSON",
        ),
        (
            "messages",
            "sharegpt",
            {"conversations": [HUMAN, {"from": "function_call", "value": "[1]"}]},
            "not an object",
        ),
        (
            "messages",
            "sharegpt",
            {"conversations": [HUMAN, {"from": "narrator", "value": "x"}]},
            "from 'narrator'",
        ),
        ("sharegpt", "messages", {"messages": [{"role": "narrator", "content": "x"}]}, "role 'narrator'"),
        (
            "sharegpt",
            "messages",
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
            "no function with a name",
        ),
    ],
)
def test_what_cannot_be_expressed(export_as, recipe, schema, row, reason):
    with pytest.raises(DataError) as caught:
        export_as(recipe, schema, {key: [] for key in row}, row)
    assert reason in str(caught.value)
