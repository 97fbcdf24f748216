"""Answer options that can, and cannot, be told apart."""

from __future__ import annotations

import pytest

from babelset.contracts.filter import Outcome, Scored
from babelset.filters.choices import Choices
from babelset.languages import Pair, find
from tests.filters.conftest import verdict

PAIR = Pair(find("en"), find("es"))


def judged(*fields: tuple[str, str, str | None], role: str = "input"):
    units = [Scored(source, target, PAIR, path, role) for path, source, target in fields]
    return verdict(Choices(), Outcome(units, units, units[0]))


PATHS = [
    ("choices[0]", "choices[1]"),
    ("options[0]", "options[1]"),
    ("endings[0]", "endings[3]"),
    ("choices.text[0]", "choices.text[1]"),
    ("choices[0].text", "choices[1].text"),
    ("question.choices[0].text", "question.choices[1].text"),
    ("options.A", "options.B"),
    ("option_a", "option_d"),
    ("opa", "opb"),
    ("ending0", "ending1"),
    ("mc_answer1", "mc_answer4"),
    ("mc1_targets.choices[0]", "mc1_targets.choices[1]"),
    ("mc2_targets_choices[0]", "mc2_targets_choices[3]"),
    ("sol1", "sol2"),
    ("choice1", "choice2"),
]


@pytest.mark.parametrize(("one", "other"), PATHS)
def test_two_options_that_become_one_are_rejected(one, other):
    assert judged((one, "buy", "comprar"), (other, "purchase", "adquirir")).ok
    refused = judged((one, "buy", "comprar"), (other, "purchase", "Comprar."))
    assert not refused.ok
    assert "two options are one: 'comprar' and 'Comprar.'" in refused.reason


def test_fields_are_options_by_their_role():
    assert not judged(("A", "big", "grande"), ("B", "large", "grande"), role="choice").ok
    assert judged(("A", "big", "grande"), ("B", "large", "grande")).ok


@pytest.mark.parametrize(
    ("what", "fields", "ok"),
    [
        ("equal in the source too", [("choices[0]", "yes", "sí"), ("choices[1]", "yes", "sí")], True),
        ("differing in case alone", [("choices[0]", "True", "Cierto"), ("choices[1]", "true", "cierto")], True),
        ("case lost", [("choices[0]", "True", "cierto"), ("choices[1]", "true", "cierto")], False),
        ("signs", [("choices[0]", "-5", "-5"), ("choices[1]", "5", "5")], True),
        ("operators", [("choices[0]", "+", "+"), ("choices[1]", "-", "-")], True),
        ("decimals", [("choices[0]", "1.5", "1,5"), ("choices[1]", "15", "15")], True),
        ("empty", [("choices[0]", "big", " "), ("choices[1]", "small", "pequeño")], False),
        ("of two questions", [("qas[0].choices[0]", "big", "gran"), ("qas[1].choices[0]", "large", "gran")], True),
        ("of another kind", [("answers[0]", "big", "grande"), ("answers[1]", "large", "grande")], True),
        ("not options", [("optional", "big", "grande"), ("options_note", "large", "grande")], True),
        ("not translated yet", [("choices[0]", "big", None), ("choices[1]", "large", None)], True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options(what, fields, ok):
    assert judged(*fields).ok is ok


@pytest.mark.parametrize(
    ("what", "options", "ok"),
    [
        ("the right one is left in Latin letters", [("!iron", "iron"), ("salt", "नमक"), ("wood", "लकड़ी")], False),
        ("a wrong one is, and the right one not alone", [("!iron", "लोहा"), ("salt", "salt"), ("wood", "लकड़ी")], True),
        ("the right one and a wrong one are", [("!iron", "iron"), ("salt", "salt"), ("wood", "लकड़ी")], True),
        ("so it was in the source", [("!лес", "лес"), ("salt", "sal"), ("wood", "madera")], True),
        ("numbers have no script", [("!7", "7"), ("seven", "सात"), ("eight", "आठ")], True),
        ("both right ones are", [("!iron", "iron"), ("!zinc", "zinc"), ("salt", "नमक")], False),
        ("kana and Han are one", [("!iron", "てつ"), ("salt", "塩"), ("wood", "木材")], True),
        ("of two", [("!iron", "iron"), ("salt", "नमक")], False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("path", ["choices[{}]", "mc1_targets_choices[{}]", "mc_answer{}", "endings[{}]"])
def test_the_script_does_not_tell_the_right_option(what, options, ok, path):
    units = [
        Scored(source.lstrip("!"), target, PAIR, path.format(at), "choice", flags=("right",) * source.startswith("!"))
        for at, (source, target) in enumerate(options)
    ]
    found = verdict(Choices(), Outcome(units, units, units[0]))
    assert found.ok is ok, found.reason
    assert ok or "the right option alone is in another script" in found.reason


QUESTION = "Which is large?\nA) big\nB) small\nC) red"


@pytest.mark.parametrize(
    ("target", "ok"),
    [
        ("¿Cuál es grande?\nA) gran\nB) chico\nC) rojo", True),
        ("¿Cuál es grande?\nA) gran\nB) gran\nC) rojo", False),
        ("¿Cuál es grande?\nA) gran\nB) chico", False),
        ("¿Cuál es grande?\nUn) gran\nB) chico\nC) rojo", False),
    ],
)
def test_options_that_a_text_lists(target, ok):
    assert judged(("question", QUESTION, target)).ok is ok


TARGET = "Escriba una carta a su vecino."


@pytest.mark.parametrize(
    ("what", "sources", "target", "ok"),
    [
        ("a task and its answer", ("Write a letter to your neighbour.", "Dear Maria, how are you?"), TARGET, False),
        ("the same but for punctuation", ("Write to your neighbour!", "write to your neighbour"), TARGET, True),
        ("another wording", ("Write a letter to your neighbour.", "Write to your neighbour."), TARGET, True),
        ("a short translation", ("That is so.", "Exactly!"), "Así es.", True),
        ("no translation", ("Write a letter.", "Dear Maria."), None, True),
    ],
)
def test_two_fields_that_become_one(what, sources, target, ok):
    found = judged(*((path, source, target) for path, source in zip(("instruction", "output"), sources, strict=True)))
    assert found.ok is ok
    assert ok or found.reason == f"instruction and output are one: {TARGET!r}"


def test_two_long_fields_that_become_one():
    target = "".join(f"Es la frase {number} de una historia larga. " for number in range(300))
    found = judged(
        ("instruction", "Tell a long story. " * 600, target),
        ("output", "Here is another one! " * 600, target.upper()[:20] + target[20:]),
    )
    assert found.reason.startswith("instruction and output are one: ")
