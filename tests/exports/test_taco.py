from __future__ import annotations

import pytest

from babelset.errors import DataError

ENGLISH = {"instruction": "Greet her.", "input": "Ada", "output": "Hello, Ada!", "id": 3}
NEPALI = {"instruction": "उसलाई अभिवादन गर।", "input": "Ada", "output": "नमस्ते, Ada!", "id": 3}


def test_the_answer_thinks_in_english(export_as):
    assert export_as("taco", "alpaca", ENGLISH, NEPALI, lang="npi_Deva").data == {
        **NEPALI,
        "output": "Instruction in English: Greet her.\nAda\n"
        "Response in English: Hello, Ada!\n"
        "Response in Nepali: नमस्ते, Ada!",
    }


def test_a_conversation_of_one_exchange(export_as):
    english, target = (
        {"conversations": [{"from": "human", "value": ask}, {"from": "gpt", "value": say}]}
        for ask, say in (("Greet.", "Hello."), ("Saluda.", "Hola."))
    )
    assert export_as("taco", "sharegpt", english, target).data == {
        "instruction": "Saluda.",
        "input": "",
        "output": "Instruction in English: Greet.\nResponse in English: Hello.\nResponse in Catalan: Hola.",
    }


@pytest.mark.parametrize(
    "row, evidence, reason",
    [
        (ENGLISH, {"source": "spa_Latn"}, "translated from spa_Latn"),
        ({**ENGLISH, "output": ""}, {}, "the output is empty"),
    ],
)
def test_no_thinking_in_english(export_as, row, evidence, reason):
    with pytest.raises(DataError) as caught:
        export_as("taco", "alpaca", row, row, **evidence)
    assert reason in str(caught.value)
