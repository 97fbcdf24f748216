from __future__ import annotations

import pytest

from babelset.contracts.detect import detect
from babelset.errors import DataError

ALPACA = {"instruction": "Suma.", "input": "", "output": "Tres.", "topic": "maths"}
ARC = {"id": "q1", "question": "Per què?", "choices": ["Perquè sí", "Perquè no"], "answerKey": "B"}
OPTIONS = {
    "id": "q1", "instruction": "Per què?", "option_a": "Perquè sí", "option_b": "Perquè no", "option_c": "",
    "option_d": "", "option_e": "", "answer": "B",
}  # fmt: skip
MMLU = {"question": "Quin?", "choices": ["U", "Dos", "Tres", "Quatre"], "answer": 2}
FOUR = {
    "instruction": "Quin?", "option_a": "U", "option_b": "Dos", "option_c": "Tres", "option_d": "Quatre", "answer": "C",
}  # fmt: skip
LISTS = {"choices": ["Sí", "No"], "labels": [0, 1]}
TRUTH = {"id": "t", "question": "Canta?", "mc1_targets": LISTS, "mc2_targets": LISTS}
TOLD = {
    "id": "t", "question": "Canta?", "mc1_targets_choices": ["Sí", "No"], "mc1_targets_labels": [0, 1],
    "mc2_targets_choices": ["Sí", "No"], "mc2_targets_labels": [0, 1],
}  # fmt: skip
ENDS = {
    "id": "h",
    "activity_label": "Pa",
    "ctx_a": "Pasta.",
    "ctx_b": "",
    "endings": ["a", "b", "c", "d"],
    "label": "1",
}
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
        ("okapi", "arc", ARC, "m_arc/ca.json", OPTIONS),
        ("okapi", "arc_options", OPTIONS, "m_arc/ca.json", OPTIONS),
        ("okapi", "mmlu", MMLU, "m_mmlu/ca.json", {"id": "17", **FOUR}),
        ("okapi", "mmlu_options", FOUR, "m_mmlu/ca.json", {"id": "17", **FOUR}),
        ("okapi", "truthfulqa", TRUTH, "m_truthfulqa/ca.json", TOLD),
        ("okapi", "truthfulqa_mc", TOLD, "m_truthfulqa/ca.json", TOLD),
        ("okapi", "hellaswag", ENDS, "m_hellaswag/ca.json", ENDS),
    ],
)
def test_where_a_row_goes_and_how(export_as, recipe, schema, row, file, exported):
    made = export_as(recipe, schema, row, row)
    assert (made.file, made.data, list(made.data)) == (file, exported, list(exported))


@pytest.mark.parametrize("schema, row", [("arc", ARC), ("mmlu", MMLU), ("truthfulqa", TRUTH), ("hellaswag", ENDS)])
def test_a_benchmark_is_read_as_it_was_written(export_as, schema, row):
    made = export_as("okapi", schema, row, row).data
    again = detect([made]).schema
    assert again.name in (schema, f"{schema}_options", f"{schema}_mc")
    assert export_as("okapi", again.name, made, made).data == made


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
