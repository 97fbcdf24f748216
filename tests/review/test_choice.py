from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import DataError
from babelset.files.lossless import dumps
from babelset.files.row import KEY
from babelset.review.choice import Choice
from tests.review.conftest import translated

Run = Callable[..., str]


def rows(count: int, language: str = "spa_Latn") -> list[dict[str, Any]]:
    made = translated(*({"instruction": f"Say {number}.", "output": f"So {number}."} for number in range(count)))
    for number, row in enumerate(made):
        row[KEY] |= {"target": language, "scores": {"cometkiwi": [number / count]}}
        if number % 10 == 9:
            row[KEY] |= {"status": "rejected", "verdicts": [{"check": "task", "ok": False, "score": 0, "reason": "no"}]}
    return made


def test_all_rows_but_the_failed_ones(run: Run) -> None:
    output = run(rows(25), failed=[{"row": 25, "reason": "no text"}])
    chosen = Choice([output], everything=True)
    items = list(chosen)
    assert (len(items), chosen.items, chosen.damaged) == (25, 25, 0)
    assert Counter(item["status"] for item in items) == {"accepted": 23, "rejected": 2}
    assert {item["run"] for item in items} == {"es.jsonl"} and items[0]["kinds"] == []


def test_those_that_a_report_shows(run: Run) -> None:
    items = list(Choice([run(rows(200))]))
    kinds = Counter(kind for item in items for kind in item["kinds"])
    assert kinds["worst"] == kinds["random"] == 12
    worst = [item["row"] for item in items if "worst" in item["kinds"]]
    assert sorted(worst) == list(range(12))
    assert list(Choice([run(rows(200))])) == items


@pytest.mark.parametrize("size, found", [(1, 1), (7, 7), (50, 50), (100, 60)])
def test_so_many_of_each_language_drawn_evenly(run: Run, size: int, found: int) -> None:
    items = list(Choice([run([*rows(60), *rows(60, "cat_Latn")])], sample=size))
    assert Counter(item["target"] for item in items) == {"spa_Latn": found, "cat_Latn": found}
    assert len({item["id"] for item in items}) == 2 * found


def test_several_runs_and_one_named_twice(run: Run) -> None:
    first, second = run(rows(20), "es"), run(rows(5, "cat_Latn"), "ca")
    items = list(Choice([first, first.replace("es.jsonl", "es.rejected.jsonl"), second, first], everything=True))
    assert Counter(item["run"] for item in items) == {"es.jsonl": 20, "ca.jsonl": 5}


def test_rows_without_evidence_are_counted(run: Run) -> None:
    output = run(rows(3))
    segments = [{**rows(1)[0][KEY]["segments"][0], "field": 7}]
    changes = ({"target": "xxx_Xxxx"}, {"segments": segments}, {"row": -1}, {"status": "scored"}, {"row": 1 << 63})
    damaged = [{KEY: rows(1)[0][KEY] | change} for change in changes]
    with Path(output).open("a") as file:
        file.write('{"instruction": "x"}\nnot json\n{"_babelset": {"row": 1}}\n')
        file.writelines(dumps(row) + "\n" for row in damaged)
    for chosen in (Choice([output], everything=True), Choice([output], sample=9), Choice([output])):
        assert len(list(chosen)) == 3 and chosen.damaged == 8


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        list(Choice([str(tmp_path / "none.jsonl")]))
