from __future__ import annotations

import pytest

from babelset.errors import DataError

ALPACA = {"instruction": "Suma.", "input": "", "output": "Tres.", "topic": "maths"}
ARC = {"id": "q1", "question": "Per què?", "choices": ["Perquè sí", "Perquè no"], "answerKey": "B"}
PREFERENCE = {"prompt": "Saluda.", "chosen": "Hola!", "rejected": "Què?", "score": 0.5}
CHAT = {
    "chosen": [{"role": "user", "content": "Saluda."}, {"role": "assistant", "content": "Hola!"}],
    "rejected": [{"role": "user", "content": "Saluda."}, {"role": "assistant", "content": "Què?"}],
}
RANKED = {
    "id": 17,
    "instruction": "Saluda.",
    "input": "",
    "prefered_output": "Hola!",
    "rejected_output": "Què?",
}
PROMPT = {"id": 17, "instruction": "Saluda.", "input": ""}


@pytest.mark.parametrize(
    "recipe, schema, row, file, exported",
    [
        (
            "okapi",
            "alpaca",
            ALPACA,
            "multilingual-alpaca-52k/ca.json",
            {"id": 17, "instruction": "Suma.", "input": "", "output": "Tres."},
        ),
        (
            "okapi-rl",
            "alpaca",
            {**ALPACA, "id": "x-1"},
            "multilingual-rl-tuning-64k/ca.json",
            {"id": "x-1", "instruction": "Suma.", "input": ""},
        ),
        ("okapi", "preference", PREFERENCE, "multilingual-ranking-data-42k/ca.json", RANKED),
        (
            "okapi",
            "preference",
            {"prompt": "Saluda.", **CHAT},
            "multilingual-ranking-data-42k/ca.json",
            RANKED,
        ),
        ("okapi", "okapi", RANKED, "multilingual-ranking-data-42k/ca.json", RANKED),
        ("okapi-rl", "preference", PREFERENCE, "multilingual-rl-tuning-64k/ca.json", PROMPT),
        ("okapi-rl", "fields", {"instruction": "Saluda."}, "multilingual-rl-tuning-64k/ca.json", PROMPT),
        ("okapi", "arc", ARC, "m_arc/ca.json", ARC),
    ],
)
def test_where_a_row_goes_and_how(export_as, recipe, schema, row, file, exported):
    made = export_as(recipe, schema, row, row)
    assert (made.file, made.data, list(made.data)) == (file, exported, list(exported))


@pytest.mark.parametrize(
    "lang, file",
    [
        ("zho_Hans", "zh.json"),
        ("srp_Cyrl", "sr.json"),
        ("npi_Deva", "ne.json"),
        ("arb_Arab", "ar.json"),
        ("ast_Latn", "ast.json"),
    ],
)
def test_languages_are_named_as_okapi_names_them(export_as, lang, file):
    assert export_as("okapi", "alpaca", ALPACA, ALPACA, lang=lang).file == f"multilingual-alpaca-52k/{file}"


@pytest.mark.parametrize(
    "schema, row, reason",
    [
        ("preference", {"prompt": "Saluda.", **CHAT, "chosen": CHAT["chosen"] * 2}, "2 assistant messages"),
        ("preference", {"chosen": "Hola!", "rejected": "Què?"}, "0 user messages"),
        (
            "sharegpt",
            {"conversations": [{"from": who, "value": who} for who in ("system", "human", "gpt")]},
            "system",
        ),
    ],
)
def test_what_okapi_has_no_place_for(export_as, schema, row, reason):
    with pytest.raises(DataError, match=reason):
        export_as("okapi", schema, row, row)
