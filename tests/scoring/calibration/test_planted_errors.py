"""Each planted error is what its name says, in every part of the row, and nothing else is touched."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.evidence import whole_row
from babelset.contracts.filter import Outcome, Scored
from babelset.languages import Pair, find
from babelset.scoring.calibration.planted_errors import KINDS, Sample, plant, with_targets

PAIR = Pair(find("eng_Latn"), find("cat_Latn"))
EN = ["The library opens at nine.", "Bring your card with you.", "Yes.", "It closes at noon on Sundays."]
CA = ["La biblioteca obre a les nou.", "Porta el carnet amb tu.", "Sí.", "Tanca al migdia els diumenges."]


def row(*targets: str, sources: list[str] | None = None, around: str = "") -> Outcome:
    """A row of two fields: all segments but the last, one after the other, and the last."""
    units = [
        Scored(source, target, PAIR, "a" if number < len(targets) - 1 else "b")
        for number, (source, target) in enumerate(zip(sources or EN, targets, strict=False))
    ]
    fields = [
        Scored("…", around + " ".join(unit.target or "" for unit in units if unit.field == name) + around, PAIR, name)
        for name in ("a", "b")
    ]
    return Outcome(units, fields, whole_row(units, PAIR), {"id": 1})


WHOLE = row(*CA)
ERRORS = [
    # kind, what becomes of the targets
    ("untranslated", EN),
    ("reversed", ["nou. les a obre biblioteca La", "tu. amb carnet el Porta", ".íS", "diumenges. els migdia al Tanca"]),
    ("truncated", ["La biblioteca obre", "Porta el", "S", "Tanca al"]),
    ("repeated", [
        "La biblioteca obre a les nou." + " a les nou." * 10, "Porta el carnet amb tu." + " carnet amb tu." * 10,
        "Sí." + "Sí." * 10, "Tanca al migdia els diumenges." + " migdia els diumenges." * 10,
    ]),
    ("wrong language", ["La biblioteca abre a las nueve.", "Trae tu carné.", "Trae tu carné.", "Trae tu carné."]),
]  # fmt: skip
OTHERS = {EN[0]: "La biblioteca abre a las nueve.", EN[1]: "Trae tu carné."}


@pytest.mark.parametrize(("kind", "targets"), ERRORS, ids=[case[0] for case in ERRORS])
def test_what_becomes_of_a_row(kind: str, targets: list[str]) -> None:
    [found] = plant(kind, [WHOLE], OTHERS, seed=3).values()
    told = [unit.target for unit in found.segments]
    if kind == "wrong language":  # the same source where there is one, or any
        assert told[:2] == targets[:2] and set(told[2:]) <= set(OTHERS.values())
    else:
        assert told == targets
    assert [unit.target for unit in found.fields] == [" ".join(map(str, told[:-1])), told[-1]]
    assert found.row.target == "\n".join(map(str, told))
    assert [unit.source for unit in found.segments] == EN and found.row.source == WHOLE.row.source


def test_a_third_of_the_words_is_dropped_and_the_rest_keeps_its_order() -> None:
    [found] = plant("dropped", [WHOLE], {}, seed=3).values()
    for before, after in zip(CA, found.segments, strict=True):
        words, left = before.split(), (after.target or "").split()
        if len(words) >= 3:
            assert len(left) == len(words) - len(words) // 3
        rest = iter(before)
        assert all(char in rest for char in (after.target or "").replace(" ", ""))


def test_shuffled_segments_have_each_other_s_translations() -> None:
    rows = [WHOLE, row("Bon dia.", "Adeu.", sources=["Good morning.", "Bye."])]
    found = plant("shuffled", rows, {}, seed=3)
    told = [unit.target for index in (0, 1) for unit in found[index].segments]
    assert sorted(map(str, told)) == sorted([*CA, "Bon dia.", "Adeu."])
    assert all(new != old for new, old in zip(told, [*CA, "Bon dia.", "Adeu."], strict=True))


NO_ROOM = [
    ("shuffled", row("Sí.", sources=["Yes."])),
    ("wrong language", WHOLE),
    ("untranslated", row(*EN)),
    ("reversed", row("a", "b")),
    ("truncated", row("a", "b")),
    ("dropped", row("a", "b")),
    ("repeated", row("a", "b")),
    ("reversed", row("la la la", "b")),
]


@pytest.mark.parametrize(("kind", "outcome"), NO_ROOM)
def test_a_row_without_room_for_the_error_is_left_out(kind: str, outcome: Outcome) -> None:
    assert plant(kind, [outcome], {}, seed=3) == {}


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(st.text(max_size=30).filter(str.strip), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_the_same_seed_plants_the_same_and_every_row_is_another(kind: str, texts: list[str], seed: int) -> None:
    rows = [row(text, text + " fi") for text in texts]
    made = plant(kind, rows, {"x": "y z"}, seed)
    assert made == plant(kind, rows, {"x": "y z"}, seed)
    for index, found in made.items():
        assert [unit.target for unit in found.segments] != [unit.target for unit in rows[index].segments]
        assert len(found.segments) == 2 and found.data == rows[index].data


def test_what_stands_between_segments_stays() -> None:
    [found] = plant("untranslated", [row(*CA, around="\n---\n")], {}, seed=3).values()
    assert found.fields[0].target == f"\n---\n{' '.join(EN[:3])}\n---\n"


def test_a_field_that_was_changed_since_stays_as_it_is() -> None:
    fields = [Scored("…", "Una altra cosa.", PAIR, "a")]
    old = Outcome(WHOLE.segments, fields, WHOLE.row)
    assert with_targets(old, EN).fields == fields


def test_a_long_field_takes_no_quadratic_time() -> None:
    long = Outcome(
        [Scored("A", f"frase {n}", PAIR, "a") for n in range(20_000)], [Scored("A", "x" * 1_000_000, PAIR, "a")],
        Scored("A", "B", PAIR),
    )  # fmt: skip
    started = time.process_time()
    for kind in KINDS.values():
        kind(Sample([Scored("A", "\u3000" * 500_000 + "x" * 500_000, PAIR)]), Random(1))
    with_targets(long, ["y"] * 20_000)
    assert time.process_time() - started < 5
