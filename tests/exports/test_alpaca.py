from __future__ import annotations

import pytest

from babelset.errors import DataError

SAID = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
TABLE = [
    (
        "alpaca",
        {"instruction": "Add.", "input": "1 and 2", "output": "Three.", "id": 9},
        {"instruction": "Suma.", "input": "1 i 2", "output": "Tres.", "id": 9},
        {"instruction": "Suma.", "input": "1 i 2", "output": "Tres.", "id": 9},
    ),
    (
        "dolly",
        {"instruction": "Who?", "context": "", "response": "Me.", "category": "open_qa"},
        {"instruction": "Qui?", "context": "", "response": "Jo.", "category": "open_qa"},
        {"instruction": "Qui?", "input": "", "output": "Jo.", "category": "open_qa"},
    ),
    (
        "sharegpt",
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "id": "a"},
        {"conversations": [{"from": "human", "value": "Ei"}, {"from": "gpt", "value": "Hola"}], "id": "a"},
        {"instruction": "Ei", "input": "", "output": "Hola", "id": "a"},
    ),
    (
        "messages",
        {"messages": [{"role": "system", "content": "Be kind."}, *SAID]},
        {"messages": [{"role": "system", "content": "Sigues amable."}, *SAID]},
        {"instruction": "Hi", "input": "", "output": "Hello", "system": "Sigues amable."},
    ),
    (
        "messages",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, SAID[1]]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Ei"}]}, SAID[1]]},
        {"instruction": "Ei", "input": "", "output": "Hello"},
    ),
    (
        "self_instruct",
        {
            "instruction": "Add.",
            "instances": [{"input": "1, 2", "output": "3, that is"}],
            "is_classification": False,
        },
        {
            "instruction": "Suma.",
            "instances": [{"input": "1, 2", "output": "3, és clar"}],
            "is_classification": False,
        },
        {"instruction": "Suma.", "input": "1, 2", "output": "3, és clar", "is_classification": False},
    ),
]


@pytest.mark.parametrize("schema, english, target, exported", TABLE)
def test_one_exchange(export_as, schema, english, target, exported):
    data = export_as("alpaca", schema, english, target).data
    assert data == exported
    assert list(data) == list(exported)


CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}


@pytest.mark.parametrize(
    "schema, row, reason",
    [
        ("messages", {"messages": SAID * 2}, "4 turns (user, assistant, user, assistant)"),
        ("messages", {"messages": SAID[:1]}, "1 turns (user)"),
        ("messages", {"messages": [SAID[0], CALL]}, "one question and one answer"),
        (
            "messages",
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]},
                    SAID[1],
                ]
            },
            "not text",
        ),
        (
            "self_instruct",
            {
                "instruction": "Add.",
                "instances": [{"input": "1", "output": "a"}, {"input": "2", "output": "b"}],
            },
            "2 fields play the role 'input'",
        ),
        ("vicuna", {"question_id": 1, "category": "x", "turns": ["Why?"]}, "'vicuna' is not a conversation"),
        (
            "arc",
            {"id": "q", "question": "Why?", "choices": ["a b", "c d"], "answerKey": "A"},
            "is not a conversation",
        ),
    ],
)
def test_what_alpaca_has_no_place_for(export_as, schema, row, reason):
    with pytest.raises(DataError) as caught:
        export_as("alpaca", schema, row, row)
    assert reason in str(caught.value)
