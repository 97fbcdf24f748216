"""Labels of benchmarks: checked, never changed; and what depends on the texts of a row follows them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from babelset.contracts.bound import Bound
from babelset.contracts.links import broken_keywords, broken_offsets
from babelset.contracts.schema import load_schema
from babelset.errors import DataError
from babelset.files.encoded import placed, value_at
from babelset.languages import Pair, find
from tests.contracts.benchmarks import ROWS

ARC = {"id": "1", "question": "What melts?", "choices": ["Ice", "Iron", "Oak"], "answerKey": "A"}
MMLU = {"question": "What melts?", "choices": ["Ice", "Iron", "Oak"], "answer": 0}
HELLASWAG = {
    "ctx_a": "A man bakes.",
    "ctx_b": "he",
    "endings": ["[step] Eats it.", "Flies.", "Sinks.", "Sings."],
    "label": "0",
}
LISTED = {**ARC, "choices": {"text": ["Ice", "Iron"], "label": ["P", "Q"]}, "answerKey": "Q"}
OBJECTS = {**ARC, "choices": [{"text": "Ice", "label": "1"}, {"text": "Iron", "label": "2"}], "answerKey": "2"}
SHAPES: dict[str, Mapping[str, Any]] = {**ROWS, "arc": ARC, "mmlu": MMLU, "hellaswag": HELLASWAG}

RIGHT = [
    ("arc", ARC, {"choices[0]"}),
    ("arc", {**ARC, "answerKey": "3"}, {"choices[2]"}),
    ("arc", LISTED, {"choices.text[1]"}),
    ("arc", OBJECTS, {"choices[1].text"}),
    ("mmlu", MMLU, {"choices[0]"}),
    ("mmlu", {**MMLU, "answer": "C"}, {"choices[2]"}),
    ("mmlu", {**MMLU, "answer": "Ice"}, set()),
    ("arc", {**ARC, "choices": [3, 4, 5], "answerKey": "C"}, set()),
    ("mmlu", {**MMLU, "choices": '["Ice", "Iron"]', "answer": "1"}, {"choices[1]"}),
    ("truthfulqa_mc", {**ROWS["truthfulqa_mc"], "mc1_targets_labels": "[0, 1, 0]", "mc2_targets_labels": None}, {"mc1_targets_choices[1]"}),
    ("hellaswag", {**HELLASWAG, "label": 3}, {"endings[3]"}),
    ("hellaswag", {**HELLASWAG, "label": ""}, set()),
    ("hellaswag", {key: value for key, value in HELLASWAG.items() if key != "label"}, set()),
    ("arc_options", {**ROWS["arc_options"], "answer": "D"}, {"option_d"}),
    ("mmlu_options", ROWS["mmlu_options"], {"option_a"}),
    ("belebele", {**ROWS["belebele"], "correct_answer_num": "4"}, {"mc_answer4"}),
    ("truthfulqa_mc", ROWS["truthfulqa_mc"], {f"mc{n}_targets_choices[{at}]" for n, at in ((1, 0), (2, 0), (2, 1))}),
    ("truthfulqa", ROWS["truthfulqa"], {f"mc{n}_targets.choices[{at}]" for n, at in ((1, 0), (2, 0), (2, 1))}),
    ("xnli", ROWS["xnli"], set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "right"), RIGHT)
def test_the_label_tells_the_right_option(name: str, row: dict[str, Any], right: set[str]) -> None:
    assert {field.name for field in load_schema(name).fields(row) if field.right} == right


OUT_OF_RANGE = [
    ("arc", "answerKey", ["D", "0", "4", "a", "AB", -1, True, [1]]),
    ("mmlu", "answer", [3, -1, "D", "7", "é"]),
    ("hellaswag", "label", ["4", "-1", "A", 9, 1.5, "²"]),
    ("arc_options", "answer", ["E", "F", "1", 0]),
    ("mmlu_options", "answer", ["E", "2"]),
    ("belebele", "correct_answer_num", ["0", "5", "A", 7]),
    ("truthfulqa_mc", "mc1_targets_labels", [[1, 0], [0, 0, 0], [1, 0, 2], "1", [1, 0, 0, 0]]),
    ("truthfulqa", "mc2_targets", [{"choices": ["It dries.", "It sings."], "labels": [1]}]),
    ("xnli", "label", [3, -1, "maybe", 0.5]),
]


@pytest.mark.parametrize(
    ("name", "key", "value"), [(name, key, value) for name, key, all_ in OUT_OF_RANGE for value in all_]
)
def test_a_label_out_of_range_fails_the_row_by_name(name: str, key: str, value: Any) -> None:
    with pytest.raises(DataError) as caught:
        load_schema(name).fields({**SHAPES[name], key: value})
    assert caught.value.field.startswith(key)


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_but_texts_and_the_name_of_the_language_changes(name: str) -> None:
    row, schema = copy.deepcopy(dict(SHAPES[name])), load_schema(name)
    fields = schema.fields(row)
    new = schema.replace(row, {field.path: f"x {field.text}" for field in fields}, find("ca"))
    free = {field.path: "" for field in fields} | {path: "" for path in (("language",), ("dialect",)) if path[0] in row}
    free |= {("answers", "answer_start"): ""} if name == "squad" else {}
    assert placed(new, free) == placed(row, free)


def keywords(prompt: str, word: str, made: str, **more: Any) -> tuple[str, str]:
    """The keyword in kwargs of a translated row, and what is wrong with it."""
    row = {"prompt": f'Say "{word}".', "instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": [word]}]}
    schema = load_schema("ifeval")
    fields = schema.fields(row)
    texts = {field.path: made if field.role == "keyword" else prompt for field in fields}
    new = schema.replace(row, texts, find("ca"))
    told = [(field.name, field.role, field.text, texts[field.path]) for field in fields]
    return new["kwargs"][0]["keywords"][0], broken_keywords(told)


@pytest.mark.parametrize(
    ("prompt", "word", "made", "written"),
    [
        ('Digues "llum".', "light", "llum", "llum"),
        ('Digues "llum".', "light", "Llum.", "llum"),  # as the prompt spells it
        ('Digues "P.D."', "P.S.", "P.D.", "P.D."),
        ('Digues "clar".', "light", "llum", None),
        ('Digues "llums".', "light", "llum", None),  # another word
        ("请说灯光两次吧", "light", "灯光", "灯光"),  # no spaces
        ("प्रकाशित शब्द कहो", "light", "प्रकाश", None),
        ('प्रकाश" कहो', "light", "प्रकाश", "प्रकाश"),
    ],
)
def test_a_keyword_is_in_the_translated_prompt_or_the_row_is_rejected(prompt, word, made, written) -> None:
    found, wrong = keywords(prompt, word, made)
    assert (wrong == "") is (written is not None)
    assert found == (written or made)


def test_a_keyword_of_several_turns_is_in_each_that_held_it() -> None:
    told = [("a", "turn/user", 'Say "light".', 'Digues "llum".'), ("b", "turn/user", 'No "light"!', 'No "clar"!')]
    assert broken_keywords([*told, ("k", "keyword", "light", "llum")]).startswith("k: the translated keyword 'llum'")
    told[1] = ("b", "turn/user", "Lightning!", "Llamps!")
    assert broken_keywords([*told, ("k", "keyword", "light", "llum")]) == ""


def test_a_keyword_that_only_an_answer_held_is_looked_for_there() -> None:
    told = [("a", "prompt", "Describe a lamp.", "Descriu un llum."), ("b", "output", "It is bright.", "És brillant.")]
    assert broken_keywords([*told, ("k", "keyword", "bright", "brillant")]) == ""
    assert broken_keywords([*told, ("k", "keyword", "bright", "clar")])


def test_more_words_than_one_looks_for_fail_the_row() -> None:
    row = {**ROWS["ifeval"], "kwargs": [{"keywords": [f"word{number}" for number in range(300)]}]}
    with pytest.raises(DataError, match="beyond the 200 words"):
        load_schema("ifeval").fields(row)


def test_a_keyword_that_the_prompt_does_not_hold_is_looked_for_all_the_same() -> None:
    row = {**ROWS["ifeval"], "kwargs": [{"forbidden_words": ["shadow"]}, {"end_phrase": "Good night"}, {}]}
    assert "kwargs[0].forbidden_words[0]" in {field.name for field in load_schema("ifeval").fields(row)}


@pytest.mark.parametrize("kwargs", [{"language": "en"}, {"relation": "at least"}, {"letter": "a"}, {"num_words": 3}])
def test_other_arguments_stay(kwargs: dict[str, Any]) -> None:
    row = {"prompt": "Say at least a word en English.", "instruction_id_list": ["x"], "kwargs": [kwargs]}
    assert [field.name for field in load_schema("ifeval").fields(row)] == ["prompt"]


def test_double_encoded_arguments_stay_so() -> None:
    row, schema = ROWS["multi_if"], load_schema("multi_if")
    made = {"lamp": "llum", "storm": "temporal", "Good night, sailors": "Bona nit, mariners"}
    texts = {field.path: made.get(field.text) or f"Digues {', '.join(made.values())}." for field in schema.fields(row)}
    new = schema.replace(row, texts, find("ca"), find("en"))
    assert [json.loads(each) for each in json.loads(new["turn_1_kwargs"])] == [
        {"keywords": ["llum"]}, {"forbidden_words": ["temporal"]},
    ]  # fmt: skip
    assert [json.loads(each) for each in json.loads(new["turn_2_kwargs"])] == [{"end_phrase": "Bona nit, mariners"}]
    assert json.loads(new["turn_1_prompt"])["role"] == "user"
    assert (new["language"], new["key"], new["turn_3_kwargs"]) == ("Catalan", "1:1:en", "")


@pytest.mark.parametrize(
    ("name", "cell", "value", "field"),
    [
        ("multi_if", "turn_1_kwargs", "[{keywords: 1}]", "turn_1_kwargs"),
        ("multi_if", "turn_1_kwargs", "[{'keywords': ['lamp']}]", "turn_1_kwargs"),  # Python's spelling
        ("multi_if", "turn_2_kwargs", '["{broken"]', "turn_2_kwargs[0]"),
        ("multi_if", "turn_1_kwargs", "7", "turn_1_kwargs"),
        ("multi_if", "turn_2_instruction_id_list", "startend", "turn_2_instruction_id_list"),
        ("ifeval", "kwargs", "not JSON", "kwargs"),
        ("ifeval", "kwargs", ["{}", "{"], "kwargs[1]"),
    ],
)
def test_a_cell_that_is_not_json_fails_the_row_by_name(name: str, cell: str, value: Any, field: str) -> None:
    with pytest.raises(DataError, match="JSON") as caught:
        load_schema(name).fields({**ROWS[name], cell: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("ids", "kwargs", "source", "target", "broken"),
    [
        (["keywords:existence"], [{}], "en", "ca", ""),
        (["change_case:english_capital"], [{}], "en", "ca", "English letters"),
        (["change_case:english_lowercase"], [{}], "en", "hi", "English letters"),
        (["keywords:letter_frequency"], [{"letter": "q"}], "en", "ca", "English letters"),
        (["change_case:capital_word_frequency"], [{}], "en", "ca", ""),
        (["change_case:capital_word_frequency"], [{}], "en", "hi", "no capital letters"),
        (["language:response_language"], [{"language": "en"}], "en", "ca", "source language"),
        (["language:response_language"], [{"language": "de"}], "en", "ca", ""),
        (["language:response_language"], [{"language": "es"}], "es", "ca", "source language"),
    ],
)
@pytest.mark.parametrize("name", ["ifeval", "multi_if"])
def test_what_is_bound_to_a_language(name, ids, kwargs, source, target, broken) -> None:
    told = {"instruction_id_list": ids, "kwargs": kwargs}
    if name == "multi_if":
        inner = [json.dumps(each) for each in kwargs]
        told = {"turn_2_instruction_id_list": json.dumps(ids), "turn_2_kwargs": json.dumps(inner)}
    found = load_schema(name).broken(told, Pair(find(source), find(target)))
    assert (broken in found) if broken else found == ""


def test_a_rule_names_the_value() -> None:
    rule = Bound(path="kind[*]", values=["x:*"], why="it breaks")
    assert (
        rule.broken({"kind": ["a", "x:y"]}, Pair(find("en"), find("ca"))) == "kind[1]: untranslatable: x:y: it breaks"
    )


@pytest.mark.parametrize(
    ("context", "answer", "told"),
    [
        ("El van fer tres germans.", "tres germans", ("tres germans", 11)),
        ("El van fer tres germans.", "Tres germans.", ("tres germans", 11)),
        ("Tres germans i tres germans.", "tres germans", ("tres germans", 15)),
        ("Van ser tres germans, tres germans!", "tres germans", None),
        ("El va fer un gremi.", "tres germans", None),
        ("Va ser el 1905.", "5", None),
        ("Va ser el 5.", "5", ("5", 10)),
        ("El van fer tres germans.", " ", None),
    ],
)
def test_an_answer_is_where_its_offset_says_or_the_row_is_rejected(context, answer, told) -> None:
    row, schema = ROWS["squad"], load_schema("squad")
    made = {"context": context, "question": "Qui?", "answers.text[0]": answer}
    new = schema.replace(row, {field.path: made[field.name] for field in schema.fields(row)}, find("ca"))
    if told is None:
        assert "answer_start: the translated answer" in broken_offsets(new)
    else:
        text, start = new["answers"]["text"][0], new["answers"]["answer_start"][0]
        assert (text, start) == told
        assert new["context"][start : start + len(text)] == text
        assert not broken_offsets(new)


@pytest.mark.parametrize(
    ("said", "written"),
    [("eng_Latn", "cat_Latn"), ("eng", "cat"), ("en", "ca"), ("English", "Catalan"), ("english", "catalan")],
)
def test_the_language_is_named_as_it_was(said: str, written: str) -> None:
    row = {**ROWS["rewardbench"], "language": said}
    assert value_at(load_schema("rewardbench").replace(row, {}, find("ca")), ("language",)) == written
