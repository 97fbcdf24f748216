from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.files.row import KEY
from babelset.report.sample import EACH, FIELDS, REASON, TEXT, Least, Reservoir, Samples, nearest, sample_of


@given(st.lists(st.floats(0, 1)), st.integers(1, 9))
def test_the_least_are_kept_in_order(keys: list[float], size: int) -> None:
    found: Least[float] = Least(size)
    for key in keys:
        found.offer((key,), lambda key=key: key)
    assert list(found) == sorted(keys)[:size]


def test_the_reservoir_is_fair() -> None:
    times = Counter[int]()
    for seed in range(400):
        found: Reservoir[int] = Reservoir(5, Random(seed))
        for number in range(50):
            found.offer(lambda number=number: number)
        times.update(found.items)
    assert all(15 <= times[number] <= 75 for number in range(50))  # 40 is expected


@pytest.mark.parametrize(
    ("scores", "near"),
    [
        ({"language": 0.31}, "language"),
        ({"language": 0.9, "length": 1.9}, "length"),
        ({"length": 0.55, "language": 0.24}, "length"),
        ({"margin": -4.1, "length": 0.55}, "margin"),
        ({"unknown": 0.3}, ""),
    ],
)
def test_the_nearest_limit(scores: dict[str, float], near: str) -> None:
    assert nearest(scores, {"language": [0.3], "length": [0.5, 2.0], "margin": [-4]})[1] == near


def test_a_row_is_shown_once_with_all_that_it_was_chosen_as(row: Callable[..., Any]) -> None:
    samples = Samples({"language": [0.3]})
    for number in range(1000):
        score = (number + 1) / 1000
        data = row(number, failing=[("language", "no")] if score < 0.3 else [], scores={"language": score})
        samples.offer(data, data[KEY], {"language": score}, [score])
    chosen = samples.chosen()
    assert len({sample.row for sample in chosen}) == len(chosen)
    kinds = {
        kind: [sample.row for sample in chosen if kind in sample.kinds] for kind in ("worst", "borderline", "random")
    }
    assert kinds["worst"] == list(range(EACH))
    assert len(kinds["random"]) == EACH
    assert all(abs(number - 299) <= 3 for number in kinds["borderline"])
    assert all(sample.near == ("language" if "borderline" in sample.kinds else "") for sample in chosen)


def test_without_a_quality_score_rows_with_more_reasons_are_worse(row: Callable[..., Any]) -> None:
    samples = Samples({})
    for number, failing in enumerate([[], [("task", "a")], [("task", "a"), ("copied", "b")]]):
        data = row(number, failing=failing)
        samples.offer(data, data[KEY], {}, [])
    assert [sample.row for sample in samples.worst] == [2, 1]


def test_a_long_row_shows_the_text_that_is_blamed(row: Callable[..., Any]) -> None:
    data = row(failing=[("length", "turns[7]: 9 times as long")])
    data["turns"] = [f"turn {index} " + "x" * 5000 for index in range(9)]
    data[KEY]["fields"] = [
        {"path": ["turns", index], "role": "turn/user", "source": "y", "keeps": []} for index in range(9)
    ]
    sample = sample_of(data, data[KEY], {})
    assert [field.name for field in sample.fields] == ["turns[0]", "turns[1]", "turns[2]", "turns[7]"]
    assert sample.more == 9 - FIELDS
    assert all(field.target and field.target.left == 5007 - TEXT for field in sample.fields)


def test_alternatives_of_engines_and_of_segments(row: Callable[..., Any]) -> None:
    verdict = {"check": "length", "ok": False, "score": 3.0, "reason": "long"}
    other = {
        "engine": "nllb",
        "signature": "n",
        "status": "rejected",
        "targets": ["Di hola."],
        "scores": {},
        "verdicts": [verdict],
    }
    data = row(
        route={"rule": 0, "tried": ["nllb", "llm"], "kept": "llm"},
        candidates=[other, {**other, "engine": "llm", "targets": ["Saluda."]}],
    )
    data[KEY]["segments"][0]["candidates"] = [["Saluda.", 0.9], ["Saludad.", 0.7]]
    found = sample_of(data, data[KEY], {}).alternatives
    assert [(item.label, item.remark) for item in found] == [("nllb", "rejected, length"), ("hypothesis", "scored 0.7")]
    assert [part.text for part in found[1].text.parts if part.kind == "only-there"] == ["Saludad"]


def test_notes_are_shown_where_there_is_something_to_say(row: Callable[..., Any]) -> None:
    data = row(notes={"judge": ["accuracy 2: <b>\x1b[31m"], "other": [""], "words": ["x", "y"], "z": ["n" * 999] * 9})
    notes = sample_of(data, data[KEY], {}).notes
    assert notes[:3] == (("judge instruction", "accuracy 2: <b>\x1b[31m"), ("words", "x"), ("words", "y"))
    assert len(notes) == FIELDS and len(notes[3][1]) == REASON
