"""
Made-up rows of IFEval's, Multi-IF's and XQuAD's shapes, by Apertium: what is accepted keeps the promises of its shape.

They are looked at without babelset: keywords stand in the prompt, answers at their offsets, kwargs are JSON of JSON.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.run import EVIDENCE, babelset, lines

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not Path("/usr/share/apertium/modes").exists(), reason="Apertium is not installed"),
]
THINGS = [
    "garden",
    "river",
    "bridge",
    "window",
    "bread",
    "winter",
    "horse",
    "island",
    "letter",
    "doctor",
    "summer",
    "boat",
]
WORDS = ["stone", "water", "bird", "music", "night", "light", "house", "tree", "friend", "table", "flower", "snow"]
ENDINGS = ["Good night", "See you soon", "That is all", "Thank you for reading"]
COUNT = 200


def constraint(draw: random.Random, turn: int = 0) -> tuple[str, str, dict[str, Any]]:
    """A sentence of a prompt, with the name of its instruction and the arguments."""
    one, other = draw.sample(WORDS, 2)
    ending = draw.choice(ENDINGS)
    return draw.choice(
        [
            (f'Include the words "{one}" and "{other}".', "keywords:existence", {"keywords": [one, other]}),
            (f'Do not use the word "{one}".', "keywords:forbidden_words", {"forbidden_words": [one]}),
            (f'Finish with the phrase "{ending}".', "startend:end_checker", {"end_phrase": ending}),
            (f'Use the word "{one}" at least 2 times.', "keywords:frequency", {"keyword": one, "relation": "at least", "frequency": 2}),
            ("Write at least 40 words.", "length_constraints:number_words", {"relation": "at least", "num_words": 40}),
            ("Write in capital letters.", "change_case:english_capital", {}),
        ]
    )  # fmt: skip


def ifeval(number: int) -> dict[str, Any]:
    draw = random.Random(f"ifeval {number}")
    said, name, kwargs = constraint(draw)
    prompt = f"Write a short text about the {draw.choice(THINGS)}. {said}"
    return {"key": number, "prompt": prompt, "instruction_id_list": [name], "kwargs": [kwargs]}


def multi_if(number: int) -> dict[str, str]:
    draw = random.Random(f"multi {number}")
    row = {"turns": "[]", "responses": "[]"}
    asked, names, arguments = f"Write a short text about the {draw.choice(THINGS)}.", [], []
    for turn in (1, 2, 3):
        said, name, kwargs = constraint(draw)
        names, arguments = [*names, name], [*arguments, json.dumps(kwargs)]
        row[f"turn_{turn}_prompt"] = json.dumps({"role": "user", "content": f"{asked} {said}"})
        row[f"turn_{turn}_instruction_id_list"], row[f"turn_{turn}_kwargs"] = json.dumps(names), json.dumps(arguments)
        asked = "Rewrite it."
    return {**row, "turn_index": "1", "key": f"{number}:1:en", "language": "English"}


def xquad(number: int) -> dict[str, Any]:
    draw = random.Random(f"xquad {number}")
    one, other = draw.sample(THINGS, 2)
    answer = draw.choice([f"the old {one}", f"three {one}s", f"{draw.randrange(2, 99)}", f"a {one} of stone"])
    context = (
        f"In the village there was {answer}. The {other} was near the sea. It was sold in {draw.randrange(1800, 1990)}."
    )
    return {
        "id": f"x{number}", "context": context, "question": "What was in the village?",
        "answers": {"text": [answer], "answer_start": [context.index(answer)]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


def translated(folder: Path, name: str, rows: list[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    out = f"{lang}.{name}"
    done = babelset(folder, "translate", name, "--to", lang, "--translator", "apertium", "-o", out)
    assert done.returncode in (0, 1), done.stderr
    return lines(folder / out)


def words(kwargs: dict[str, Any]) -> Iterator[str]:
    for key in ("keywords", "forbidden_words"):
        yield from kwargs.get(key) or []
    yield from (kwargs[key] for key in ("keyword", "end_phrase") if kwargs.get(key))


@pytest.mark.parametrize("lang", ["ca", "es"])
def test_every_keyword_of_an_accepted_row_is_in_its_prompt(folder: Path, lang: str) -> None:
    rows = [ifeval(number) for number in range(COUNT)]
    made = translated(folder, "ifeval.jsonl", rows, lang)
    assert len(made) > COUNT / 3
    for row in made:
        source = rows[row[EVIDENCE]["row"]]
        [kwargs], [before] = row["kwargs"], source["kwargs"]
        assert all(word in row["prompt"] for word in words(kwargs))
        assert len(list(words(kwargs))) == len(list(words(before))) and kwargs.keys() == before.keys()
        assert all(kwargs[key] == before[key] for key in ("relation", "num_words", "frequency") if key in before)
        assert "change_case" not in row["instruction_id_list"][0]
        assert row["instruction_id_list"] == source["instruction_id_list"] and row["key"] == source["key"]


def test_multi_if_stays_a_table_whose_cells_are_json_of_json(folder: Path) -> None:
    rows = [multi_if(number) for number in range(COUNT)]
    with (folder / "multi.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = babelset(folder, "translate", "multi.csv", "--to", "ca", "--translator", "apertium", "-o", "multi.ca.csv")
    assert "recognised as multi_if" in done.stderr + done.stdout
    with (folder / "multi.ca.csv").open(encoding="utf-8", newline="") as file:
        made = list(csv.DictReader(file))
    assert len(made) > 10
    for row in made:
        source = rows[json.loads(row[EVIDENCE])["row"]]
        prompts = ""
        for turn in (1, 2, 3):
            prompts += json.loads(row[f"turn_{turn}_prompt"])["content"] + "\n"
            assert row[f"turn_{turn}_instruction_id_list"] == source[f"turn_{turn}_instruction_id_list"]
            for kwargs in map(json.loads, json.loads(row[f"turn_{turn}_kwargs"])):
                assert all(word in prompts for word in words(kwargs))
        assert (row["language"], row["key"]) == ("Catalan", source["key"])


def test_answers_of_accepted_rows_stand_once_and_at_their_offsets(folder: Path) -> None:
    rows = [xquad(number) for number in range(COUNT)]
    made = translated(folder, "xquad.jsonl", rows, "ca")
    assert len(made) > COUNT / 4
    for row in made:
        [text], [start] = row["answers"]["text"], row["answers"]["answer_start"]
        assert row["context"][start : start + len(text)] == text and row["context"].count(text) == 1
