"""A translated question is kept where people wrote its answer, and none of its distractors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.steps.grounded import folded, stands
from tests.rows import rows_of

EBRE = "L'Ebre neix a Fontibre, fa 930 km i arriba al mar pel Delta. El 1936 hi va haver guerra."
STANDS = [
    # answer, paragraph, whether it stands there
    ("Fontibre", EBRE, True),
    ("FONTIBRE.", EBRE, True),
    ("«Fontibre»", EBRE, True),
    ("Fontibré", EBRE, False),  # 87 of 100
    ("Fontibre  (Cantàbria)", EBRE, False),
    ("la desembocadura del Delta", EBRE, False),
    ("pel delta", EBRE, True),
    ("arriba al mare pel Delta", EBRE, True),
    ("930", EBRE, True),
    ("93", EBRE, False),
    ("30 km", EBRE, False),
    ("1936", EBRE, True),
    ("el 1937 hi va haver guerra", EBRE, False),
    ("mar", EBRE, True),
    ("nei", EBRE, False),
    ("９３０", EBRE, True),
    ("١٩٣٦", EBRE, True),
    ("Երևան", "Հայաստանի մայրաքաղաքը Երևանն է։", True),
    ("东京", "日本的首都是东京。", True),
    ("京", "日本的首都是东京。", True),
    ("नदी", "गंगा एक नदी है।", True),
    ("गंग", "गंगा एक नदी है।", False),  # a letter without its vowel sign
    ("Rome", "He flew between aerodromes.", False),
    ("Rome", "Romeo was there.", False),
    ("ratio", "A rational answer.", False),
    ("ratio", "The rational ratio.", True),
    ("Delta", "Delta2 is another one.", False),
    ("NASA", "NASAは宇宙へ行く。", True),
    ("ירושלים", "הוא גר בירושלים.", True),  # with "in" before it
    ("Ankara", "Ankara'da yaşıyor.", True),
    ("930", "El riu fa 930km.", True),
]
ENDINGS = [
    ("Budapest", "Budapesten él.", True),
    ("서울", "서울에서 산다.", True),
    ("Bilbo", "Bilbotik dator.", True),
    ("Pest", "Budapesten él.", False),
    ("Ural", "Uralistiikkaa opiskeltiin.", False),
]


@pytest.mark.parametrize(("answer", "paragraph", "expected"), ENDINGS)
def test_an_ending_is_no_other_word_where_a_language_writes_it_so(answer: str, paragraph: str, expected: bool) -> None:
    assert stands(folded(answer), folded(paragraph), 90, endings=True) is expected
    assert not stands(folded(answer), folded(paragraph), 90)


@pytest.mark.parametrize(("answer", "paragraph", "expected"), STANDS)
def test_what_stands_in_a_paragraph(answer: str, paragraph: str, expected: bool) -> None:
    assert stands(folded(answer), folded(paragraph), 90) is expected


def row(answer: Any = "Fontibre", others: Any = ("Reinosa", "Tudela", "Amposta"), **more: Any) -> dict[str, Any]:
    asked = {
        "question": "On neix l'Ebre?",
        "correct_answer": answer,
        "distractors": list(others) if isinstance(others, tuple) else others,
    }
    return {"paragraph_en": "The Ebro rises in Fontibre.", "paragraph_target": EBRE, **asked, **more}


def run(*rows: dict[str, Any], seed: int = 0, code: int = 0) -> dict[str, Any]:
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["run", "grounded", "in.jsonl", "-o", "out.jsonl", "--from", "ca", "--seed", str(seed), "-q", "--force"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    manifest: dict[str, Any] = json.loads(Path("out.manifest.json").read_text())
    return manifest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


REJECTED = [
    (row("Girona"), "the answer is not in the paragraph"),
    (row(others=("Reinosa", "Delta", "Amposta")), "a distractor is in the paragraph"),
    (row(others=("Reinosa", "reinosa.", "Amposta")), "two options are alike"),
    (row(others=("Reinosa", "fontibre", "Amposta")), "two options are alike"),
    (row(others=("Reinosa", "...", "Amposta")), "an option is empty, or longer than 300 characters"),
    (row("Fontibre " * 60), "an option is empty, or longer than 300 characters"),
]


@pytest.mark.parametrize(("data", "said"), REJECTED)
def test_a_question_that_is_not_kept(data: dict[str, Any], said: str) -> None:
    manifest = run(data)
    assert manifest["rejections"] == {said: 1} and not rows_of(Path("out.jsonl"))
    assert manifest["rows"] == {"read": 1, "used": 0, "rejected": 1, "failed": 0, "written": 0}


@pytest.mark.parametrize(
    "data", [row(None), row(others=("a", "b")), row(others="abc"), row(question=""), row(paragraph_target=7)]
)
def test_a_row_that_cannot_be_read(data: dict[str, Any]) -> None:
    assert run(data, code=1)["rows"]["failed"] == 1


def test_options_in_an_order_by_chance_and_the_place_of_the_right_one() -> None:
    run(*[row() for _ in range(40)])
    made = rows_of(Path("out.jsonl"))
    assert all(each["options"][each["correct_index"]] == each["correct_answer"] == "Fontibre" for each in made)
    assert {each["correct_index"] for each in made} == {0, 1, 2, 3}
    assert all(set(each["options"]) == {"Fontibre", "Reinosa", "Tudela", "Amposta"} for each in made)
    assert set(made[0]) - {"_babelset"} == {
        "paragraph",
        "question",
        "options",
        "correct_answer",
        "correct_index",
        "english",
    }
    first = Path("out.jsonl").read_text()
    run(*[row() for _ in range(40)])
    assert Path("out.jsonl").read_text() == first
    run(*[row() for _ in range(40)], seed=1)
    assert Path("out.jsonl").read_text() != first
