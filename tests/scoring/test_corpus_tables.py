"""The corpus table of a scoring: of the rows that it scored, whoever scored them, in bounded memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PrivateAttr

from babelset.contracts.engine import Engine
from babelset.contracts.filter import Compared, Filter, Rating, Scored, Unit, Verdict
from babelset.filters import roundtrip
from babelset.filters.roundtrip import Roundtrip
from babelset.languages import Pair, find
from babelset.scoring import corpus_tables as corpora
from babelset.scoring.corpus_tables import Draw, corpus_tables
from babelset.scoring.metrics import METRICS
from babelset.scoring.scores import Scoring, add_scores
from tests.rows import rows_of

PAIR = Pair(find("en"), find("ca"))
SOURCE = "The library is open every day of the week."


class Likeness(Filter):
    """Compares a target with its source, and writes down what it compares; a target `none` is not covered."""

    name: ClassVar[str] = "likeness"
    unit: ClassVar[Unit] = "segment"
    compares: ClassVar[bool] = True

    _compared: list[str] = PrivateAttr(default_factory=list)
    _fails_at: str = ""

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        if self._fails_at and self._fails_at in [unit.target for unit in units]:
            raise RuntimeError("out of memory")
        return [Rating(None if unit.target == "none" else 0.5) for unit in units]

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]:
        self._compared += [unit.target or "" for unit in units]
        return [Compared(unit.target or "", unit.source, unit.pair.target) for unit in units]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        return Verdict(self.name, True)


def translated(number: int, *targets: str, source: str = SOURCE, language: str = "cat_Latn", **scores: Any) -> Any:
    """A row with one field of so many segments."""
    segments = [
        {"field": 0, "source": source, "target": target, "keeps": [], "flags": [], "reason": ""} for target in targets
    ]
    evidence = {
        "row": number, "file": "in.jsonl", "line": number + 1, "status": "accepted", "schema": "alpaca",
        "source": "eng_Latn", "target": language, "translator": "echo",
        "fields": [{"path": ["output"], "role": "output", "source": source, "keeps": []}],
        "segments": segments, "scores": scores, "verdicts": [],
    }  # fmt: skip
    return {"output": " ".join(targets), "_babelset": evidence}


def write(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.fixture
def ten(tmp_path: Path) -> str:
    return write(tmp_path / "in.jsonl", [translated(number, f"row {number}", "none") for number in range(10)])


def table(order: Scoring) -> Any:
    return add_scores(order).get("corpus")


def test_each_language_has_its_scores_in_the_manifest(tmp_path: Path) -> None:
    rows = [translated(0, SOURCE, SOURCE), translated(1, "x", SOURCE, language="spa_Latn"), {"output": "no evidence"}]
    rows += [translated(2, "none", language="fra_Latn")]
    out = tmp_path / "out.jsonl"
    found = table(Scoring([write(tmp_path / "in.jsonl", rows)], str(out), [Likeness()]))
    assert {code: (told["likeness"]["units"], told["likeness"]["of"]) for code, told in found.items()} == {
        "cat_Latn": (2, 2),
        "spa_Latn": (2, 2),
    }
    assert [found["cat_Latn"]["likeness"]["metrics"][name]["score"] for name in METRICS] == [100, 100, 100, 0]
    assert 0 < found["spa_Latn"]["likeness"]["metrics"]["chrf"]["score"] < 100
    assert json.loads((tmp_path / "out.manifest.json").read_text("utf-8"))["corpus"] == found


def test_other_scorers_have_no_table(ten: str, tmp_path: Path) -> None:
    from babelset.filters.length import Length

    assert table(Scoring([ten], str(tmp_path / "out.jsonl"), [Length()])) is None


@pytest.mark.parametrize(("sample", "rows"), [(None, 10), (3, 3), (50, 10)])
def test_only_what_this_scoring_scored_is_compared(sample: int | None, rows: int, ten: str, tmp_path: Path) -> None:
    scorer = Likeness()
    found = table(Scoring([ten], str(tmp_path / "out.jsonl"), [scorer], sample=sample))["cat_Latn"]["likeness"]
    assert (found["units"], found["of"]) == (rows, rows)
    assert len(scorer._compared) == len({*scorer._compared} - {"none"}) == rows
    scored = rows_of(tmp_path / "out.jsonl")
    assert scorer._compared == [row["output"][:5] for row in scored if row["_babelset"]["scores"]]


def test_rows_that_had_their_scores_are_compared_too(tmp_path: Path) -> None:
    given = [translated(number, f"row {number}", likeness=[0.7] if number % 2 else [None]) for number in range(4)]
    scorer = Likeness()
    found = table(Scoring([write(tmp_path / "in.jsonl", given)], str(tmp_path / "out.jsonl"), [scorer]))
    assert scorer._compared == ["row 1", "row 3"] and found["cat_Latn"]["likeness"]["of"] == 2


def test_a_resumed_scoring_has_the_same_table(ten: str, tmp_path: Path) -> None:
    whole = table(Scoring([ten], str(tmp_path / "whole.jsonl"), [Likeness()], chunk=3))
    failing = Likeness()
    failing._fails_at = "row 7"
    with pytest.raises(RuntimeError):
        add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [failing], chunk=3))
    again = add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [Likeness()], chunk=3))
    assert again["this_process"]["scored"] == {"likeness": 4} and again["corpus"] == whole
    assert again["corpus"]["cat_Latn"]["likeness"]["units"] == 10


def test_a_scoring_translates_nothing_back_twice(
    scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for the table nor after it was stopped, however little the process remembers."""
    path = write(tmp_path / "in.jsonl", [translated(number, f"La casa {number}.") for number in range(9)])
    stop = [True]

    def reply(text: str) -> str:
        if "7" in text and stop.pop():
            raise KeyboardInterrupt
        return text

    engine = scripted(reply)
    monkeypatch.setattr(Engine, "make", lambda self: engine)
    monkeypatch.setattr(roundtrip, "REMEMBERED", 0)
    order = Scoring([path], str(tmp_path / "out.jsonl"), [Roundtrip()], chunk=2)
    with pytest.raises(KeyboardInterrupt):
        add_scores(order)
    stop.append(False)
    assert table(order)["cat_Latn"]["roundtrip"]["units"] == 9
    assert {text for text, times in Counter(engine.seen).items() if times > 1} <= {"La casa 6.", "La casa 7."}
    assert not list(tmp_path.glob("out.work*"))


@given(sizes=st.lists(st.integers(0, 400), max_size=60), most=st.integers(1, 20), seed=st.integers())
def test_a_draw_is_bounded_and_keeps_the_order(sizes: list[int], most: int, seed: int) -> None:
    draw, chance = Draw(most), Random(seed)
    for number, size in enumerate(sizes):
        draw.offer(chance.random(), Scored(f"{number:03}", "x" * size, PAIR))
    found = [unit.source for unit in draw.units()]
    assert len(found) == min(most, len(sizes)) and draw.seen == len(sizes)
    assert found == sorted({*found}) and draw.size == sum(corpora._size(unit) for unit in draw.units())


def test_each_unit_has_the_same_chance() -> None:
    taken = Counter[str]()
    for seed in range(2000):
        draw, chance = Draw(5), Random(seed)
        for number in range(20):
            draw.offer(chance.random(), Scored(str(number), "", PAIR))
        taken.update(unit.source for unit in draw.units())
    assert taken.total() == 10_000 and all(400 < times < 600 for times in taken.values())


def test_long_units_leave_room_for_fewer_and_endless_ones_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Draw()
    for number in range(400):
        draw.offer(Random(number).random(), Scored("x" * 10_000, "y" * 10_000, PAIR))
        draw.offer(0.0, Scored("z" * 1_000_000, "z", PAIR))
    assert draw.seen == 800 and len(draw.heap) == corpora.LARGEST // 20_200 and draw.size <= corpora.LARGEST


def test_many_languages_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "HELD", 40 * 300)
    codes = ["cat_Latn", "spa_Latn", "fra_Latn", "por_Latn"]
    rows = [
        translated(0, *[f"{n:09}" for n in range(count)], language=code, source="x" * 91, likeness=[0.5] * count)
        for code, count in zip(codes, (60, 50, 3, 40), strict=True)
    ]
    found = corpus_tables([Likeness()], rows)
    assert list(found) == sorted(codes)
    units = {code: told["likeness"]["units"] for code, told in found.items()}
    assert units["fra_Latn"] == 3 and sum(units.values()) == 40
    assert all(
        told["likeness"]["of"] == count for told, count in zip(map(found.get, codes), (60, 50, 3, 40), strict=True)
    )
    assert min(units[code] for code in codes if code != "fra_Latn") >= 12


def test_what_is_compared_is_told() -> None:
    said: list[str] = []
    corpus_tables([Likeness()], [translated(0, "a b", "c d", likeness=[0.5, None])], said.append)
    assert said == ["likeness: comparing 1 of 1 segments, cat_Latn"]
