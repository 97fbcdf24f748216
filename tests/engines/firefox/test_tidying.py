"""What a small model adds to an answer or loses of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.firefox.tidying import invents, typeset, without_notes


@pytest.mark.parametrize(
    ("target", "source", "left"),
    [
        ("John Smith (em inglês)", "John Smith", "John Smith"),
        ("Tom (", "Tom", "Tom"),
        ("Luis Fonsi (a) (o).", "Luis Fonsi.", "Luis Fonsi."),
        ('"Histórias" (em inglês).', '"Stories."', '"Histórias".'),
        ("Um (dois)", "One (two)", "Um (dois)"),
        ("(em inglês)", "Wait", "(em inglês)"),
        ("Um (dois) três", "One two three", "Um (dois) três"),
    ],
)
def test_notes_that_nobody_wrote_are_taken_away(target: str, source: str, left: str) -> None:
    assert without_notes(target, source) == left


@pytest.mark.parametrize(
    ("target", "source", "invented"),
    [
        ("Hotéis em Oakland", "Oakland, CA", True),
        ("Rio de Janeiro, NY", "Buffalo, NY", True),
        ("Buffalo, Nova Iorque", "Buffalo, NY", False),
        ("Apple (a)", "Apple", True),
        ("Portanto,", "Therefore", False),
        ('"Maçã"', "'Apple'", False),
        ("Maçã", "Apple", False),
        ("A maçã", "Apple", False),
        ("O que é isso tudo agora", "What is all this now then", False),
    ],
)
def test_an_answer_to_a_fragment_that_is_an_invention(target: str, source: str, invented: bool) -> None:
    assert invents(target, source) is invented


@pytest.mark.parametrize(
    ("target", "source", "set_"),
    [
        ("amarelo", "Yellow", "Amarelo"),
        ("amarelo", "yellow", "amarelo"),
        ('Ele disse "sim" - e foi.', "He said “yes” — and left.", "Ele disse “sim” — e foi."),
        ('Um "dois".', 'One "two".', 'Um "dois".'),
        ('Um "dois.', "One “two”.", 'Um "dois.'),
        ("Um dois.", "One — two.", "Um dois."),
    ],
)
def test_typography_as_in_the_source(target: str, source: str, set_: str) -> None:
    assert typeset(target, source) == set_


@given(st.text(), st.text())
def test_no_text_breaks_it(target: str, source: str) -> None:
    assert isinstance(typeset(str(without_notes(target, source)), source), str)
    assert not invents(target, target)
