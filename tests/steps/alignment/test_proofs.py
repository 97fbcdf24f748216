"""What proves a link: each way alone, and in order; the translator is a dictionary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from babelset.languages import Pair, find
from babelset.steps.alignment.passages import Interpreter, Sentence
from babelset.steps.alignment.proofs import Aligner, Question, marked
from babelset.steps.alignment.terms import Terms
from babelset.work.memory import Memory
from tests.steps.conftest import word_for_word

PAIR = Pair(find("en"), find("ca"))


def asked(source: str, target: str, *parts: str) -> Question:
    return Question(
        Sentence(source, target), tuple((source.index(part), source.index(part) + len(part)) for part in parts)
    )


def told(aligner: Aligner, question: Question) -> list[tuple[str, str] | None]:
    [links] = aligner.links([question])
    return [link and (question.sentence.target[link.start : link.end], link.proof) for link in links]


@pytest.fixture
def interpreter(scripted: Any) -> Interpreter:
    return Interpreter(scripted(word_for_word, schemes=("letters",)), Memory(":memory:"), PAIR)


CONTAINMENT = [
    ("once", "The old house", "La vella casa", "old", "vella"),
    ("whatever its case", "The old house", "Vella la casa", "old", "Vella"),
    ("several words", "The old house", "La vella casa", "old house", "vella casa"),
    ("not at all", "The old house", "La casa antiga", "old", None),
    ("twice in the target", "The old house", "La vella casa vella", "old", None),
    ("twice in the source", "old and old", "vella i altra", "old", None),
    ("inside a longer word", "the river", "el riurau", "river", None),
    ("a number", "In 1999 it rained", "El 1999 va ploure", "1999", "1999"),
    ("no translation", "an unspeakable thing", "unspeakable", "unspeakable", None),
]


@pytest.mark.parametrize(
    ("source", "target", "part", "found"), [case[1:] for case in CONTAINMENT], ids=[case[0] for case in CONTAINMENT]
)
def test_containment(interpreter: Interpreter, source: str, target: str, part: str, found: str | None) -> None:
    question = asked(source, target, part)
    assert told(Aligner("cat_Latn", interpreter=interpreter), question) == [found and (found, "containment")]


def test_without_means_nothing_is_proved() -> None:
    assert told(Aligner("cat_Latn"), asked("The old house", "La vella casa", "old")) == [None]


def test_the_first_proof_counts(interpreter: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(
        "old\tantiga\told house\tx\n".replace("\told house\tx", "") + "green\tverd\nbridge\tpasserella\n"
    )
    linked = {"The old green bridge town": [(4, 4), (3, 3)]}
    aligner = Aligner(
        "cat_Latn", Terms.read(str(tmp_path / "t.tsv")), interpreter, lambda sentence: linked[sentence.source]
    )
    question = asked("The old green bridge town", "la antiga verda pont vila", "old", "green", "bridge", "town")
    assert told(aligner, question) == [
        ("antiga", "lexicon"), None, ("pont", "containment"), ("vila", "eflomal"),
    ]  # fmt: skip


def carrying(text: str) -> str:
    """Carries tags, and swaps an adjective and its noun with the tags around them, as real engines do."""
    if "<" not in text:
        return str(word_for_word(text))
    return re.sub(r"(<1>\s?)old(\s?<2>) house", r"casa \1antiga\2", text).replace("The", "La")


def test_markers_through_a_translator_that_carries_tags(scripted: Any) -> None:
    aligner = Aligner(
        "cat_Latn", interpreter=Interpreter(scripted(carrying, schemes=("tags",)), Memory(":memory:"), PAIR)
    )
    question = asked("The old house", "La casa antiga", "old", "house")
    assert told(aligner, question) == [("antiga", "markers"), ("casa", "containment")]


LOST = [
    ("a mark is lost", lambda text: text.replace("<2>", "") if "<" in text else "x"),
    ("marks come back turned round", lambda text: "<2>antiga<1>" if "<" in text else "x"),
    ("nothing between them", lambda text: "<1><2> antiga" if "<" in text else "x"),
    ("what stands between is not in the translation", lambda text: "<1>velleta<2>" if "<" in text else "x"),
]


@pytest.mark.parametrize("reply", [case[1] for case in LOST], ids=[case[0] for case in LOST])
def test_markers_that_prove_nothing(scripted: Any, reply: Any) -> None:
    aligner = Aligner("cat_Latn", interpreter=Interpreter(scripted(reply, schemes=("tags",)), Memory(":memory:"), PAIR))
    assert told(aligner, asked("The old house", "La casa antiga", "old")) == [None]


def test_letters_carry_no_marks(scripted: Any) -> None:
    fake = scripted(lambda text: "x", schemes=("letters",))
    aligner = Aligner("cat_Latn", interpreter=Interpreter(fake, Memory(":memory:"), PAIR))
    assert told(aligner, asked("The old house", "La casa antiga", "old")) == [None]
    assert fake.seen == ["old"]


def test_marks_that_would_meet_are_left_out() -> None:
    question = Question(Sentence("The old house", ""), ((4, 13), (4, 7), (8, 13)))
    assert marked(question).source == "The <m1>old</m1> <m2>house</m2>"
