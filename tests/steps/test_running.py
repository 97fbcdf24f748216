"""A step that works row by row accounts for every row, and goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from babelset.contracts.step import Failed, Made, Rejected, RowStep, Running, Stage, StepOutcome, StepRow
from babelset.errors import BabelsetError, ContractError
from babelset.steps.running import run_step
from babelset.work.watch import Watch
from tests.rows import rows_of

WHAT = ("use", "two", "none", "reject", "fail")


class Acting(RowStep, frozen=True):
    """Does with each row what the row says."""

    chunk: ClassVar[int] = 3
    stop_at: ClassVar[int] = -1

    def rows(self, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        if any(row.row.number == self.stop_at for row in batch):
            raise KeyboardInterrupt
        return [self._one(row) for row in batch]

    def _one(self, row: StepRow) -> StepOutcome:
        many = {"use": 1, "two": 2, "none": 0}
        if row.data["do"] == "reject":
            return Rejected("it says so")
        if row.data["do"] == "fail":
            return Failed("it cannot be read", "do")
        return Made([{**row.data, "copy": number} for number in range(many[row.data["do"]])])


class Upwards(RowStep, frozen=True):
    """Sorts by chance."""

    @property
    def sorts(self) -> bool:
        return True

    @contextmanager
    def open(self, running: Running) -> Iterator[Callable[[Sequence[StepRow]], list[Made]]]:
        draw = running.stage.draw
        yield lambda batch: [Made([row.data], place=(draw(row.id).random(),)) for row in batch]


class Seen(RowStep, frozen=True):
    """Counts what it saw before."""

    chunk: ClassVar[int] = 2
    remembers: ClassVar[bool] = True
    stop_at: ClassVar[int] = -1

    @contextmanager
    def open(self, running: Running) -> Iterator[Callable[[Sequence[StepRow]], list[Made]]]:
        seen = 0

        def rows(batch: Sequence[StepRow]) -> list[Made]:
            nonlocal seen
            if any(row.row.number == self.stop_at for row in batch):
                raise KeyboardInterrupt
            seen += len(batch)
            return [Made([{**row.data, "seen": seen}]) for row in batch]

        yield rows


class ByLanguage(RowStep, frozen=True):
    @property
    def splits(self) -> bool:
        return True

    def rows(self, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        return [Made([row.data], language=row.data["lang"]) for row in batch]


class Short(RowStep, frozen=True):
    def rows(self, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        return []


def stage(folder: Path, rows: Sequence[Any], output: str = "out.jsonl", **more: Any) -> Stage:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "in.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return Stage(inputs=(str(folder / "in.jsonl"),), output=str(folder / output), source="eng_Latn", name="act", **more)


def read(path: Path) -> list[dict[str, Any]]:
    return rows_of(path)


def test_every_row_is_used_rejected_or_failed(tmp_path: Path) -> None:
    order = stage(tmp_path, [*({"do": do} for do in (*WHAT, *WHAT)), "no row"])
    rows = run_step(Acting(), order, Watch())["rows"]
    assert rows == {"read": 11, "used": 6, "rejected": 2, "failed": 3, "written": 6}
    assert [row["_babelset"]["verdicts"][-1]["reason"] for row in read(tmp_path / "out.rejected.jsonl")] == [
        "it says so"
    ] * 2
    assert [row["reason"].partition(":")[0] for row in read(tmp_path / "out.failed.jsonl")].count("do") == 2


def test_what_is_made_says_of_what(tmp_path: Path) -> None:
    run_step(Acting(), stage(tmp_path, [{"do": "use"}, {"do": "two"}], recipe="mine", seed=4), Watch())
    made = [row["_babelset"]["made"] for row in read(tmp_path / "out.jsonl")]
    assert [one["id"] for one in made] == ["in.jsonl:0", "in.jsonl:1/act/0", "in.jsonl:1/act/1"]
    assert [one["parents"] for one in made] == [["in.jsonl:0"], ["in.jsonl:1"], ["in.jsonl:1"]]
    assert {(one["recipe"], one["step"], one["seed"]) for one in made} == {("mine", "act", 4)}


def test_a_second_step_names_the_first_rows(tmp_path: Path) -> None:
    run_step(Acting(), stage(tmp_path, [{"do": "two"}]), Watch())
    (tmp_path / "second").mkdir()
    run_step(Acting(), stage(tmp_path / "second", (tmp_path / "out.jsonl").read_text().splitlines()), Watch())
    made = [row["_babelset"]["made"] for row in read(tmp_path / "second/out.jsonl")]
    assert {one["parents"][0] for one in made} == {"in.jsonl:0"} and len({one["id"] for one in made}) == len(made) == 4


@pytest.mark.parametrize("step", [Acting, Seen])
@pytest.mark.parametrize("at", [0, 4, 9])
def test_stopped_it_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: type[Any], at: int
) -> None:
    rows = [*({"do": do} for do in (*WHAT, *WHAT)), "no row"]
    for folder in ("whole", "cut"):
        (tmp_path / folder).mkdir()
    run_step(step(), stage(tmp_path / "whole", rows), Watch())
    monkeypatch.setattr(step, "stop_at", at)
    with pytest.raises(KeyboardInterrupt):
        run_step(step(), stage(tmp_path / "cut", rows), Watch())
    assert not (tmp_path / "cut/out.jsonl").exists()
    monkeypatch.setattr(step, "stop_at", -1)
    run_step(step(), stage(tmp_path / "cut", rows), Watch())
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == sorted(
        path.name for path in (tmp_path / "whole").iterdir()
    )
    for path in (tmp_path / "whole").glob("out*.jsonl"):
        theirs = path.read_text().replace(str(tmp_path / "whole"), str(tmp_path / "cut"))
        assert (tmp_path / "cut" / path.name).read_text() == theirs


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_bytes_do_not_depend_on_the_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("babelset.steps.sorting.SIZE", 100 * chunk)
    rows = [{"n": number} for number in range(50)]
    run_step(Upwards(), stage(tmp_path, rows, "a.jsonl"), Watch())
    monkeypatch.setattr(Upwards, "chunk", chunk)
    run_step(Upwards(), stage(tmp_path, rows, "b.jsonl"), Watch())
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    order = [row["n"] for row in read(tmp_path / "a.jsonl")]
    assert sorted(order) == list(range(50)) and order != list(range(50))
    run_step(Upwards(), stage(tmp_path, rows, "c.jsonl", seed=1), Watch())
    assert [row["n"] for row in read(tmp_path / "c.jsonl")] != order


def test_a_file_for_each_language(tmp_path: Path) -> None:
    rows = [{"lang": lang} for lang in ("ca", "es", "ca")]
    manifest = run_step(ByLanguage(), stage(tmp_path, rows, "out.{lang}.jsonl"), Watch())
    assert manifest["rows"]["written"] == 3
    assert {path.name: len(read(path)) for path in tmp_path.glob("out.??.jsonl")} == {
        "out.ca.jsonl": 2,
        "out.es.jsonl": 1,
    }


def test_what_a_translation_knows_stays(tmp_path: Path) -> None:
    known = {"row": 7, "file": "x/a.jsonl", "target": "cat_Latn", "status": "accepted", "verdicts": []}
    run_step(
        Acting(), stage(tmp_path, [{"do": "use", "_babelset": known}, {"do": "reject", "_babelset": known}]), Watch()
    )
    (row,) = read(tmp_path / "out.jsonl")
    assert row["_babelset"]["target"] == "cat_Latn" and row["_babelset"]["made"]["id"] == "a.jsonl:7"
    (row,) = read(tmp_path / "out.rejected.jsonl")
    assert row["_babelset"]["status"] == "rejected" and row["_babelset"]["file"] == "x/a.jsonl"


def test_a_step_that_breaks_its_contract_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"the step 'act' .* rows"):
        run_step(Short(), stage(tmp_path, [{"do": "use"}]), Watch())


def test_a_finished_output_of_another_seed_is_refused(tmp_path: Path) -> None:
    run_step(Acting(), stage(tmp_path, [{"do": "use"}]), Watch())
    assert run_step(Acting(), stage(tmp_path, [{"do": "use"}]), Watch())["rows"]["used"] == 1
    with pytest.raises(BabelsetError, match="was made differently"):
        run_step(Acting(), stage(tmp_path, [{"do": "use"}], seed=3), Watch())
