"""Columns by name and form: what is translated, what is left by which rule, what nobody knows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.asked import Asked
from babelset.contracts.detect import detect
from babelset.contracts.links import broken_offsets
from babelset.errors import ConfigError, DataError
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.languages import find
from babelset.text.prose import holds_prose

U, A = "turn/user", "turn/assistant"
ASK, SAY = "Where do bees sleep at night?", "They sleep in the hive."

FORMS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("prompt and completion", {"prompt": ASK, "completion": SAY}, {"prompt": "prompt", "completion": "output"}),
    ("any case", {"Question": ASK, "Answer": SAY}, {"Question": "question", "Answer": "output"}),
    ("ranked outputs", {"instruction": ASK, "output": [SAY, "Nobody knows it."]}, {"instruction": "instruction", "output[0]": "output", "output[1]": "output"}),
    ("history in pairs", {"instruction": ASK, "output": SAY, "history": [["Hello there.", "Good day."]]}, {"instruction": "instruction", "output": "output", "history[0][0]": U, "history[0][1]": A}),
    ("a list of turns", {"conversation": [ASK, SAY]}, {"conversation[0]": U, "conversation[1]": A}),
    ("pairs of input and output", {"conversation": [{"input": ASK, "output": SAY}]}, {"conversation[0].input": U, "conversation[0].output": A}),
    ("speaker and utterance", {"dialog": [{"speaker": "Ada", "utterance": ASK}]}, {"dialog[0].utterance": "turn/other"}),
    ("role in capitals", {"messages": [{"role": "USER", "content": ASK}, {"role": "Bing", "content": SAY}]}, {"messages[0].content": U, "messages[1].content": A}),
    ("parts with value", {"messages": [{"role": "user", "content": [{"type": "text", "value": ASK}]}]}, {"messages[0].content[0].value": U}),
    ("parts of text alone", {"messages": [{"role": "user", "parts": [ASK]}]}, {"messages[0].parts[0]": U}),
    ("parts in an object", {"messages": [{"role": "user", "content": {"content_type": "text", "parts": [ASK]}}]}, {"messages[0].content.parts[0]": U}),
    ("one message", {"conversations": [{"from": "human", "value": ASK}], "chosen": {"from": "gpt", "value": SAY}}, {"conversations[0].value": U, "chosen.value": A}),
    ("messages within lists", {"question": [[{"role": "user", "content": ASK}]]}, {"question[0][0].content": U}),
    ("messages as JSON", {"messages": json.dumps([{"role": "user", "content": ASK}])}, {"messages[0].content": U}),
    ("turns as JSON", {"prompt": json.dumps([ASK, "And you?"]), "response_a": json.dumps([SAY, None])}, {"prompt[0]": "prompt", "prompt[1]": "prompt", "response_a[0]": "output"}),
    ("words as JSON are an answer", {"prompt": ASK, "response": '["a hive", "a tree"]'}, {"prompt": "prompt", "response": "output"}),
    ("messages under any name", {"thread": [{"role": "user", "content": ASK}]}, {"thread[0].content": U}),
    ("options by letter", {"question": ASK, "A": "in the hive", "B": "in a tree", "answer": "A"}, {"question": "question", "A": "choice", "B": "choice"}),
    ("options in an object", {"question": ASK, "choices": {"text": ["in the hive"], "label": ["A"]}}, {"question": "question", "choices.text[0]": "choice"}),
    ("numbered columns", {"goal": ASK, "sol1": SAY, "sol2": "In the sea."}, {"goal": "instruction", "sol1": "choice", "sol2": "choice"}),
    ("rubric by level", {"instruction": ASK, "response": SAY, "rubric": {"1": "It is all wrong.", "5": "It is right."}}, {"instruction": "instruction", "response": "output", "rubric.1": "rubric", "rubric.5": "rubric"}),
    ("names that end so", {"userQuery": ASK, "gpt4_response": SAY, "wellFormedAnswers": [SAY]}, {"userQuery": "instruction", "gpt4_response": "output", "wellFormedAnswers[0]": "output"}),
    ("counted by letters", {"question": ASK, "response_j": SAY, "answerB": "a hive"}, {"question": "question", "response_j": "output", "answerB": "output"}),
    ("an author is no speaker", {"question": ASK, "answers": [{"author": "Ada", "text": SAY}]}, {"question": "question", "answers[0].text": "output"}),
    ("the same text deep inside", {"messages": [{"role": "user", "content": ASK, "markdown": ASK}]}, {"messages[0].content": U, "messages[0].markdown": U}),
    ("a number of spans", {"passage": SAY, "answers_spans": {"spans": ["the hive"], "types": ["span"]}}, {"passage": "input", "answers_spans.spans[0]": "output"}),
    ("an answer of JSON", {"prompt": ASK, "response": '{"place": "in the hive at night"}'}, {"prompt": "prompt", "response": "output"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "row", "roles"), FORMS, ids=[case[0] for case in FORMS])
def test_every_form_of_a_known_column(what: str, row: dict[str, Any], roles: dict[str, str]) -> None:
    schema = detect([row]).schema
    fields = schema.fields(row)
    assert {field.name: field.role for field in fields} == roles
    new = schema.replace(row, {field.path: f"<{field.text}>" for field in fields}, find("es"))
    assert {field.text for field in schema.look(new).fields} == {f"<{field.text}>" for field in fields}
    assert schema.replace(new, {field.path: field.text for field in fields}, find("en"), find("es")) == row


LEFT = [
    ({"messages": [{"role": "user", "content": ASK}, {"role": "tool", "content": "It is cold outside."}]}, {"messages[*].content": "role tool"}),
    ({"prompt": ASK, "response": SAY, "reasoning_content": "The user wants to know it."}, {"reasoning_content": "reasoning, without --translate-reasoning"}),
    ({"query": ASK, "answers": '[{"name": "bees", "arguments": {"q": "where do they sleep"}}]', "tools": '["Finds out about bees."]'}, {"answers[*].arguments.q": "tools", "tools": "tools"}),
    ({"prompt": ASK, "response": SAY, "category": "closed question answering"}, {"category": "label"}),
    ({"prompt": ASK, "response": SAY, "harm_type": "closed question answering"}, {"harm_type": "label"}),
    ({"prompt": ASK, "response": SAY, "harms": {"Harm to other people": True}}, {"harms": "texts as names"}),
    ({"prompt": ASK, "response": SAY, "topic": "Bees", "model": "gpt-4", "sha": "9f2c", "when": "2024-05-01 10:00", "ok": True}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "left"), LEFT)
def test_what_is_left_has_a_rule(row: dict[str, Any], left: dict[str, str]) -> None:
    assert detect([row]).schema.look(row).left == left


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"clue": "Think of a hive."}, "--field clue"),
    ({"subtopic": "life of bees"}, "--leave subtopic"),
    ({"meta": {"notes": ["Checked by two people today."]}}, "--field 'meta.notes[*]'"),
    ({"category": "This is no label. It is a whole text of its own."}, "--field category"),
    ({"language": "Answer in the tongue of bees."}, "--field language"),
    ({"事": "蜜蜂晚上在蜂巢里睡觉"}, "--leave 事"),
    ({"notes": {"claude-3.5": "Think of a hive."}}, "--field notes.claude-3.5"),
    ({"entities": [{"label": "HIVE", "start": 6, "end": 10}]}, "--leave 'entities[*].start' --leave 'entities[*].end'"),
    ({"phrases": ["life of bees", "they sleep at night"]}, "--leave 'phrases[*]'"),
    ({"table": {"rows": [["life of bees"]]}}, "--leave 'table.rows[*][*]'"),
    ({"label": [[6, 10, "HIVE"]]}, "--leave label"),
    ({"spans": [{"char_spans": [{"start": [3], "end": [5]}]}]}, "--leave 'spans[*].char_spans'"),
    ({"annotations": [{"BeginOffset": 6, "type": "HIVE"}]}, "--leave 'annotations[*].BeginOffset'"),
    ({"entities": [{"text": "hive", "start": 6, "end": 10}]}, "--leave 'entities[*].start' --leave 'entities[*].end'"),
    ({"span1_index": 3}, "--leave span1_index"),
    ({"answers": {"input_text": ["In the hive"], "answer_start": [3]}}, "--leave answers.answer_start"),
]


@pytest.mark.parametrize(("more", "option"), UNKNOWN)
def test_unknown_prose_stops_the_run_and_the_line_to_paste_works(more: dict[str, Any], option: str) -> None:
    row = {"prompt": ASK, "response": SAY, **more}
    with pytest.raises(ConfigError, match="no rule knows these columns") as caught:
        detect([row])
    assert option.replace("事", "'事'") in str(caught.value) or option in str(caught.value)
    assert "--leave-unknown" in str(caught.value)
    words = shlex.split(option)
    named = {kind: tuple(words[at + 1] for at in range(0, len(words), 2) if words[at] == kind) for kind in words[::2]}
    schema = detect([row], Asked(fields=named.get("--field", ()), leave=named.get("--leave", ()))).schema
    assert len(schema.fields(row)) == (3 if "--field" in named or "answers" in more or "text" in str(more) else 2)
    assert not detect([row], Asked(leave_unknown=True)).schema.look(row).unknown


@pytest.mark.parametrize("number", [1, "yes", None])
def test_texts_that_are_names_stop_the_run(number: Any) -> None:
    row = {"input": ASK, "target_scores": {SAY: number, "They sing.": 0}}
    with pytest.raises(ConfigError, match=r"has texts as names .*--leave target_scores"):
        detect([row])
    assert detect([row], Asked(leave=("target_scores",))).schema.look(row).left == {}
    assert detect([row], Asked(leave_unknown=True)).schema.look(row).left == {"target_scores": "texts as names"}


def test_few_words_are_names_of_flags_but_not_of_scores() -> None:
    row = {"input": ASK, "targets": {"in the hive": 1}}
    with pytest.raises(ConfigError, match="has texts as names"):
        detect([row])
    assert detect([{"input": ASK, "harms": {"Harm to others": True}}]).schema


@pytest.mark.parametrize(
    "more",
    [
        {"start": 6, "end": 10_000},  # seconds, or years
        {"start": 6},
        {"segments": [{"start": 2, "end": 9, "text": "They sing of it."}]},  # of a film
        {"answers": {"text": ["fly"], "answer_start": [15]}},
        {"answers": {"texts": [["fly"]], "answer_starts": [[15]]}},
    ],
)
def test_numbers_that_no_text_is_counted_by(more: dict[str, Any]) -> None:
    row = {"context": "In summer bees fly. Bees sleep.", "question": ASK, **more}
    assert not detect([row]).schema.look(row).unknown


def test_prose_that_comes_later_fails_its_row() -> None:
    schema = detect([{"prompt": ASK, "response": SAY}]).schema
    with pytest.raises(DataError, match=r"clue: holds prose that no rule knows .*--leave clue"):
        schema.fields({"prompt": ASK, "response": SAY, "clue": "Think of a hive."})


def test_a_speaker_of_ones_own() -> None:
    row = {"conversations": [{"from": "Zorg", "value": ASK}]}
    with pytest.raises(ConfigError, match="--role Zorg=assistant"):
        detect([row])
    [field] = detect([row], Asked(roles={"zorg": "assistant"})).schema.fields(row)
    assert field.role == A
    with pytest.raises(ConfigError, match="is no role"):
        detect([row], Asked(roles={"zorg": "king"}))


def replaced(row: dict[str, Any], target: str = "es") -> dict[str, Any]:
    schema = detect([row]).schema
    texts: dict[tuple[str | int, ...], str | None] = {each.path: each.text.upper() for each in schema.fields(row)}
    return schema.replace(row, texts, find(target), find("en"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("English", "Spanish"),
        ("en", "es"),
        ("eng", "spa"),
        ("eng_Latn", "spa_Latn"),
        ("fr", "fr"),
        ("Python", "Python"),
    ],
)
def test_the_language_follows(said: str, expected: str) -> None:
    assert replaced({"prompt": ASK, "response": SAY, "language": said})["language"] == expected


JOINED = [
    "### Instruction:\n{a}\n\n### Response:\n{b}",
    "Below is a task for you. Do it as well as you can.\n\n### Instruction:\n{a}\n\n### Response:\n{b}</s>",
    "<|im_start|>user\n{a}<|im_end|>\n<|im_start|>assistant\n{b}<|im_end|>",
]


@pytest.mark.parametrize("template", JOINED)
@pytest.mark.parametrize("name", ["text", "whole_thing"])
def test_a_column_made_of_the_others_is_made_again(template: str, name: str) -> None:
    row = {"instruction": ASK, "output": SAY, name: template.format(a=ASK, b=SAY)}
    assert replaced(row)[name] == template.format(a=ASK.upper(), b=SAY.upper())


def test_a_text_that_only_quotes_the_others_is_a_text() -> None:
    text = f"Somebody asked me this: {ASK} I said what everybody says, {SAY}"
    assert replaced({"instruction": ASK, "output": SAY, "text": text})["text"] == text.upper()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("['a hive', \"a bee's nest\"]", "['A HIVE', \"A BEE'S NEST\"]"),
        ('["a hive", "a tree"]', '["A HIVE", "A TREE"]'),
        ('["a hive","ñandú"]', '["A HIVE","ÑANDÚ"]'),
    ],
)
def test_a_list_in_a_cell_is_written_as_it_was(cell: str, expected: str) -> None:
    assert replaced({"question": ASK, "choices": cell, "answer": "0"})["choices"] == expected


def test_a_cell_that_is_no_list_says_so() -> None:
    row = {"question": ASK, "choices": "['a hive' 'a tree']", "answer": "0"}
    with pytest.raises(ConfigError, match="choices: is text, not a list"):
        detect([row])


def test_the_place_of_an_answer_is_found_again() -> None:
    row = {
        "context": "In summer bees fly. Bees sleep.",
        "question": ASK,
        "answers": {"text": ["fly"], "answer_start": [15]},
    }
    schema = detect([row]).schema
    paths = [each.path for each in schema.fields(row)]
    new = schema.replace(row, dict(zip(paths, ["Las abejas vuelan.", "¿Qué?", "vuelan"], strict=True)), find("es"))
    assert new["answers"] == {"text": ["vuelan"], "answer_start": [11]}


def test_the_places_of_many_answers_are_found_again() -> None:
    row = {
        "context": "In summer bees fly. Bees sleep.",
        "questions": [ASK, "What do they do?"],
        "answers": {"texts": [["fly", "bees fly"], ["sleep"]], "answer_starts": [[15, 10], [25]]},
    }
    schema = detect([row]).schema
    targets = ["Las abejas vuelan. Ellas duermen.", "¿Qué?", "¿Y?", "vuelan", "Abejas vuelan.", "duermen"]
    paths = [each.path for each in schema.fields(row)]
    new = schema.replace(row, dict(zip(paths, targets, strict=True)), find("es"))
    assert new["answers"] == {"texts": [["vuelan", "abejas vuelan"], ["duermen"]], "answer_starts": [[11, 4], [25]]}
    new["context"] = "Las abejas vuelan."
    assert "'duermen' is not in the context exactly once" in broken_offsets(new)


def test_keywords_are_texts_where_another_column_holds_them() -> None:
    row = {
        "turn_1_prompt": json.dumps({"role": "user", "content": 'Write of bees with the word "honey".'}),
        "turn_1_kwargs": json.dumps([json.dumps({"keywords": ["honey"], "relation": "at least"})]),
    }
    fields = detect([row]).schema.fields(row)
    assert [(each.text, each.role) for each in fields[1:]] == [("honey", "keyword")]
    new = replaced(row)
    assert json.loads(json.loads(new["turn_1_kwargs"])[0]) == {"keywords": ["HONEY"], "relation": "at least"}
    assert json.loads(new["turn_1_prompt"])["role"] == "user"


@pytest.mark.parametrize(
    "more",
    [
        {"instruction_id_list": ["count:keywords_multiple"], "kwargs": [{"keyword1": "honey", "N": 3}]},
        {"ground_truth": '{"func_name": "verify_keyword_frequency", "N": 3, "word": "honey"}'},
    ],
)
def test_words_to_look_for_follow_the_text(more: dict[str, Any]) -> None:
    row = {"prompt": "Write of bees, and use the word honey.", **more}
    assert [each.text for each in detect([row]).schema.fields(row) if each.role == "keyword"] == ["honey"]
    assert "HONEY" in str(replaced(row)["kwargs" if "kwargs" in more else "ground_truth"])


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("Dry a wet shoe.", True), ("It broke.", True), ("a list of five words", True), ("Wo schlafen die Bienen", True),
        ("open_qa", False), ("Information seeking", False), ("9f2c7a1e-33b1", False), ("https://a.org/x y z", False),
        ("gpt-4-0613", False), ("2024-05-01 10:00:00 UTC", False), ("meta-llama/Llama-3 8B", False), ("", False),
        ("x = f(y) + 1", False), ("Barack", False), ("今天天气很好我们去公园", True), ("1 2 3 4 5", False),
    ],
)  # fmt: skip
def test_what_is_prose(text: str, prose: bool) -> None:
    assert holds_prose(text) is prose


SHAPES = Path(__file__).resolve().parents[3] / "shared/data/shapes"


@pytest.mark.shared
@pytest.mark.skipif(not SHAPES.exists(), reason="well-known shapes are not here")
def test_every_prose_of_well_known_shapes_is_translated_or_left_by_a_rule() -> None:
    for file in sorted(SHAPES.iterdir()):
        rows = [row.data for row in read([file]) if isinstance(row, Row)]
        assert rows, file
        schema = detect(rows).schema
        for row in rows:
            fields, left = schema.fields(row), schema.look(row).left
            marked = schema.replace(row, {each.path: "" for each in fields}, find("es"))
            rest = [text for text in strings(marked) if holds_prose(text)]
            assert fields and (not rest or left), (file.name, rest)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in strings(item)]


def test_what_a_user_leaves_is_left_also_after_the_schema_was_used() -> None:
    from babelset.contracts.schema import COLUMNS

    row = {"question": "On neix?", "answer": "A dalt."}
    assert [field.path for field in COLUMNS.look(row).fields] == [("question",), ("answer",)]
    asked = Asked(leave=("answer",)).added_to(COLUMNS)
    assert [field.path for field in asked.look(row).fields] == [("question",)]
